-- Figures that only other systems know, people's check of the satisfaction proxy, and the ledger of voices.

CREATE TABLE kpi_values (  -- appended; the row that is not replaced holds
  kid INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  week TEXT NOT NULL,
  metric TEXT NOT NULL,
  source TEXT NOT NULL,
  campaign TEXT NOT NULL DEFAULT '',  -- '': the brand as a whole
  value DOUBLE PRECISION NOT NULL,
  note TEXT,
  imported_at INTEGER NOT NULL,
  replaced_at INTEGER
);
CREATE UNIQUE INDEX kpi_values_key ON kpi_values (brand, week, metric, source, campaign) WHERE replaced_at IS NULL;

CREATE TABLE kpi_audits (  -- whether people agree with what the rule read in a post after an answer
  brand TEXT NOT NULL,
  pid INTEGER NOT NULL REFERENCES posts (pid),
  actor TEXT NOT NULL,
  week TEXT NOT NULL,
  verdict TEXT NOT NULL,  -- what the rule said then
  agrees INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (brand, pid, actor)
) /* without rowid */;

CREATE TABLE voices (  -- what a customer said that concerns somebody else in the company
  vid INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  kind TEXT NOT NULL,
  pid INTEGER,  -- the post; NULL for a voice from elsewhere
  addressed INTEGER NOT NULL,  -- the author spoke to the brand, so may be told
  summary TEXT NOT NULL,  -- in a colleague's words; '' once the post is gone
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  status TEXT NOT NULL,  -- this and the rest follow from the log
  owner TEXT NOT NULL DEFAULT '',
  since INTEGER NOT NULL,
  told_at INTEGER,
  blanked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX voices_brand ON voices (brand, made_at);
CREATE INDEX voices_pid ON voices (pid) WHERE pid IS NOT NULL;

CREATE TABLE voices_log (  -- appended
  lid INTEGER PRIMARY KEY,
  vid INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX voices_log_vid ON voices_log (vid)
