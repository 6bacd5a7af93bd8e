-- Times are UTC epoch seconds; NULL is "not known". In PostgreSQL INTEGER becomes BIGINT.
-- Counts and workflow live beside the post, not in it: a like must not touch the text or its indexes.

CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
);

CREATE TABLE brands (
  brand TEXT NOT NULL PRIMARY KEY,
  zone TEXT NOT NULL,
  rules TEXT NOT NULL DEFAULT ''  -- fingerprint of calendar and targets: when it changes, due times are recomputed
);

CREATE TABLE accounts (
  network TEXT NOT NULL,
  handle TEXT NOT NULL,  -- case folded, or the id's local part where a network has no handle
  brand TEXT NOT NULL REFERENCES brands (brand),
  PRIMARY KEY (network, handle)
);

CREATE TABLE authors (
  aid INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  handle TEXT,
  name TEXT,
  followers INTEGER
);

CREATE TABLE posts (
  pid INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  rev INTEGER NOT NULL,  -- grows with every change of the post: jobs remember how far they came
  aid INTEGER REFERENCES authors (aid),  -- NULL after a purge
  text TEXT,  -- NULL after a purge
  created_at INTEGER NOT NULL,
  seen_at INTEGER,
  stored_at INTEGER NOT NULL,
  reply_to TEXT,
  thread TEXT NOT NULL,
  quote_of TEXT,
  repost_of TEXT,
  brand TEXT,  -- the brand that published it; NULL for everybody else
  lang TEXT,
  url TEXT,
  campaign TEXT,
  edited_at INTEGER,
  deleted_at INTEGER,
  machine INTEGER NOT NULL DEFAULT 0,
  history INTEGER NOT NULL DEFAULT 0  -- older than the start of monitoring
);
CREATE INDEX posts_rev ON posts (rev);
CREATE INDEX posts_thread ON posts (thread);
CREATE INDEX posts_reply_to ON posts (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX posts_own ON posts (brand, created_at) WHERE brand IS NOT NULL;

CREATE TABLE mentions (
  brand TEXT NOT NULL,
  pid INTEGER NOT NULL REFERENCES posts (pid),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (brand, created_at, pid)
) /* without rowid */;
CREATE INDEX mentions_pid ON mentions (pid);

CREATE TABLE edits (
  pid INTEGER NOT NULL REFERENCES posts (pid),
  replaced_at INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (pid, replaced_at)
);

CREATE TABLE purges (
  id TEXT NOT NULL PRIMARY KEY,
  deleted_at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  purged_at INTEGER NOT NULL
);

CREATE TABLE counts (
  pid INTEGER PRIMARY KEY REFERENCES posts (pid),
  at INTEGER,  -- NULL: the source does not say when they were read
  likes INTEGER, replies INTEGER, reposts INTEGER, quotes INTEGER, saves INTEGER,
  impressions INTEGER, score INTEGER, upvote_ratio DOUBLE PRECISION
);

CREATE TABLE snapshots (
  pid INTEGER NOT NULL REFERENCES posts (pid),
  at INTEGER NOT NULL,
  likes INTEGER, replies INTEGER, reposts INTEGER, quotes INTEGER, saves INTEGER,
  impressions INTEGER, score INTEGER, upvote_ratio DOUBLE PRECISION,
  followers INTEGER,
  PRIMARY KEY (pid, at)
) /* without rowid */;

CREATE TABLE readings (  -- the snapshot chosen for each age at which posts are compared
  pid INTEGER NOT NULL REFERENCES posts (pid),
  age INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (pid, age)
) /* without rowid */;

CREATE TABLE engagement_days (  -- rollup of the readings, by the brand's own day
  brand TEXT NOT NULL,
  network TEXT NOT NULL,
  day INTEGER NOT NULL,  -- UTC epoch second at which the day began in the brand's zone
  age INTEGER NOT NULL,
  posts INTEGER NOT NULL,  -- posts of the day
  known INTEGER NOT NULL,  -- of them, with a reading at this age
  partial INTEGER NOT NULL,  -- of those, with a count missing that others have
  with_impressions INTEGER NOT NULL, impression_engagements INTEGER, impressions INTEGER,
  rate_sum DOUBLE PRECISION,  -- sum of the posts' own rates, for the mean of post rates
  with_followers INTEGER NOT NULL, follower_engagements INTEGER, followers INTEGER,
  with_comments INTEGER NOT NULL, comments INTEGER, with_score INTEGER NOT NULL, score INTEGER,
  PRIMARY KEY (brand, network, day, age)
) /* without rowid */;

CREATE TABLE labels (
  pid INTEGER NOT NULL REFERENCES posts (pid),
  model TEXT NOT NULL,
  at INTEGER NOT NULL,
  label TEXT NOT NULL,
  negative DOUBLE PRECISION NOT NULL,
  neutral DOUBLE PRECISION NOT NULL,
  positive DOUBLE PRECISION NOT NULL,
  reason TEXT,
  PRIMARY KEY (pid, model)
) /* without rowid */;

CREATE TABLE needs (
  pid INTEGER NOT NULL REFERENCES posts (pid),
  brand TEXT NOT NULL,
  needs_reply INTEGER NOT NULL,
  urgency TEXT NOT NULL,
  priority INTEGER NOT NULL,
  within_s INTEGER,
  reasons TEXT NOT NULL,  -- JSON: [[code, evidence], …]
  PRIMARY KEY (pid, brand)
) /* without rowid */;

CREATE TABLE conversations (
  cid INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  network TEXT NOT NULL,
  thread TEXT NOT NULL,
  aid INTEGER REFERENCES authors (aid),  -- the customer; NULL after a purge
  state TEXT NOT NULL,
  pid INTEGER REFERENCES posts (pid),  -- the post that most needs the answer
  waiting_since INTEGER,
  due_at INTEGER,
  priority INTEGER NOT NULL DEFAULT 0,
  claimed_by TEXT,
  lease_until INTEGER,
  snoozed_until INTEGER
);
CREATE UNIQUE INDEX conversations_key ON conversations (brand, thread, aid);
CREATE INDEX conversations_thread ON conversations (thread);
CREATE INDEX conversations_queue ON conversations (due_at, priority DESC) WHERE state = 'open';
CREATE INDEX conversations_brand_queue ON conversations (brand, due_at, priority DESC) WHERE state = 'open';

CREATE TABLE turn_posts (  -- which conversation a post belongs to, for each brand
  pid INTEGER NOT NULL REFERENCES posts (pid),
  brand TEXT NOT NULL,
  cid INTEGER NOT NULL REFERENCES conversations (cid),
  PRIMARY KEY (pid, brand)
) /* without rowid */;
CREATE INDEX turn_posts_cid ON turn_posts (cid);

CREATE TABLE turns (  -- instants only; durations and rates are computed when read
  cid INTEGER NOT NULL REFERENCES conversations (cid),
  brand TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  needs_reply INTEGER NOT NULL,
  demands TEXT NOT NULL,  -- JSON: [[asked at, target in business seconds or null], …]
  due_at INTEGER,
  seen_at INTEGER,
  answered_at INTEGER,
  answer_pid INTEGER,
  excluded TEXT,
  excluded_at INTEGER,
  first_pid INTEGER NOT NULL,
  start_pid INTEGER NOT NULL,
  last_pid INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  posts INTEGER NOT NULL,
  PRIMARY KEY (brand, started_at, cid, start_pid)
) /* without rowid */;
CREATE INDEX turns_cid ON turns (cid);

CREATE TABLE events (
  eid INTEGER PRIMARY KEY,
  cid INTEGER NOT NULL REFERENCES conversations (cid),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT,
  detail TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX events_cid ON events (cid, at);

CREATE TABLE sources (
  source TEXT NOT NULL PRIMARY KEY,
  connector TEXT NOT NULL,
  brand TEXT,
  archive INTEGER NOT NULL,
  since INTEGER NOT NULL,  -- start of monitoring
  cursor TEXT,
  last_ok INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  down_since INTEGER,
  not_before INTEGER
);

CREATE TABLE gaps (
  gid INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  state TEXT NOT NULL,
  recorded_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX gaps_key ON gaps (source, start_at, cause);

CREATE TABLE quarantine (
  qid INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  place TEXT NOT NULL,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE UNIQUE INDEX quarantine_key ON quarantine (source, place, reason);

CREATE TABLE progress (  -- how far each job has come, as a post's rev
  job TEXT NOT NULL PRIMARY KEY,
  rev INTEGER NOT NULL
);

CREATE TABLE failures (  -- what a job could not do, so that nothing fails in silence
  job TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  message TEXT NOT NULL
);

CREATE TABLE alerts (
  alid INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  kind TEXT NOT NULL,
  level TEXT NOT NULL,
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL,
  observed INTEGER NOT NULL,
  expected DOUBLE PRECISION NOT NULL,
  p DOUBLE PRECISION NOT NULL,
  authors INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  state TEXT NOT NULL,
  recorded_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX alerts_key ON alerts (brand, kind, start_at);

CREATE TABLE digests (
  brand TEXT NOT NULL,
  week TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (brand, week)
);
