-- Which posts a live source brought, and when each was last looked at: what is deleted on its network must go here too.
-- Posts that only came from files are not among them: their ids may be anybody's.

CREATE TABLE sweeps (
  pid INTEGER PRIMARY KEY REFERENCES posts (pid),
  looked_at INTEGER,  -- NULL: not since it was stored
  due_at INTEGER,  -- NULL: not planned yet
  not_before INTEGER NOT NULL DEFAULT 0,  -- left alone until then: it could not be judged
  tries INTEGER NOT NULL DEFAULT 0,  -- how often in a row
  error TEXT
);
CREATE INDEX sweeps_due ON sweeps (due_at);
CREATE INDEX posts_repost_of ON posts (repost_of) WHERE repost_of IS NOT NULL;
CREATE INDEX outbox_post ON outbox (post);

CREATE TABLE sweep_days (  -- what the sweep asked for, by source and UTC day
  source TEXT NOT NULL,
  day INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  unjudged INTEGER NOT NULL,
  PRIMARY KEY (source, day)
) /* without rowid */;
