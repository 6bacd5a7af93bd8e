-- What is known of a source beside its cursor: how far it has been read without a hole, what keeps it from being read,
-- and whether somebody was looking at all.
ALTER TABLE sources ADD COLUMN state TEXT NOT NULL DEFAULT 'new';  -- new, ok, waiting, money, down, refused
ALTER TABLE sources ADD COLUMN cause TEXT;  -- of the gap that is growing; NULL while all is seen
ALTER TABLE sources ADD COLUMN unseen_since INTEGER;  -- where that gap begins
ALTER TABLE sources ADD COLUMN complete_to INTEGER;  -- read up to here without any hole but the recorded gaps
ALTER TABLE sources ADD COLUMN alive INTEGER;  -- when the monitor last looked after this source, whatever came of it
ALTER TABLE sources ADD COLUMN every INTEGER NOT NULL DEFAULT 60;  -- seconds between two polls
ALTER TABLE sources ADD COLUMN told TEXT NOT NULL DEFAULT '';  -- troubles that people have been told of since it last worked
ALTER TABLE sources ADD COLUMN key_print TEXT;  -- salted hash of the settings and secrets that were refused

ALTER TABLE authors ADD COLUMN asked_at INTEGER;  -- when the network was asked for the name, which may cost money
CREATE INDEX authors_unnamed ON authors (id) WHERE handle IS NULL AND asked_at IS NULL;
CREATE INDEX IF NOT EXISTS posts_author ON posts (aid) WHERE aid IS NOT NULL;

CREATE TABLE raws (  -- what the network said of a post that has no column, as JSON; never searched
  pid INTEGER PRIMARY KEY REFERENCES posts (pid),
  raw TEXT NOT NULL
);

CREATE TABLE measure_tries (  -- when counts were asked for in vain, so as not to pay again before the next age
  pid INTEGER PRIMARY KEY REFERENCES posts (pid),
  at INTEGER NOT NULL
);

CREATE TABLE spending (
  source TEXT NOT NULL,
  day INTEGER NOT NULL,  -- UTC epoch second at which the day began
  call TEXT NOT NULL,
  requests INTEGER NOT NULL,
  items INTEGER NOT NULL,
  dollars DOUBLE PRECISION NOT NULL,
  most DOUBLE PRECISION NOT NULL,  -- dollars of the costliest step
  PRIMARY KEY (source, day, call)
) /* without rowid */;

CREATE TABLE limits (
  source TEXT NOT NULL,
  call TEXT NOT NULL,
  remaining INTEGER,  -- requests left, as the network said last
  renewed_at INTEGER,
  until INTEGER,  -- left alone until then
  error TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (source, call)
) /* without rowid */;
