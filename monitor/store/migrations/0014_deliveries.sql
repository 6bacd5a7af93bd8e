-- What is told to people: why (occasions), by which channel (deliveries), each try, and what they did about an alert.
-- A payload is what goes out, to the byte; it is emptied once the delivery has ended, so that no quote outlives its post.

CREATE TABLE occasions (
  occasion TEXT NOT NULL PRIMARY KEY,  -- the same key is the same occasion: alert:12:warning, digest:brand:2026-W47
  what TEXT NOT NULL,  -- opened, raised, closed, unanswered, handed_over, summary, digest, test
  brand TEXT,
  alid INTEGER,
  level TEXT,
  at INTEGER NOT NULL,  -- when it arose
  due_at INTEGER,  -- held back until then for the morning's summary
  plan TEXT NOT NULL,  -- JSON: lines of [who, channel]
  hole INTEGER NOT NULL DEFAULT 0,  -- nobody was on duty
  state TEXT NOT NULL,  -- held, going, told, unknown, failed, dropped, nobody
  detail TEXT
);
CREATE INDEX occasions_alert ON occasions (alid) WHERE alid IS NOT NULL;
CREATE INDEX occasions_open ON occasions (state) WHERE state IN ('held', 'going');
CREATE INDEX occasions_at ON occasions (at);

CREATE TABLE deliveries (
  did INTEGER PRIMARY KEY,
  occasion TEXT NOT NULL REFERENCES occasions (occasion),
  channel TEXT NOT NULL,
  who TEXT NOT NULL,
  line INTEGER NOT NULL,  -- of the plan
  place INTEGER NOT NULL,  -- in the line
  title TEXT NOT NULL,
  payload TEXT NOT NULL,  -- JSON; '' once it has ended, or when a quoted post was deleted
  state TEXT NOT NULL,  -- waiting, sending, sent, failed, unknown, given_up
  created_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  token TEXT,  -- of the one try under way
  holder TEXT,  -- the process that makes it
  sending_at INTEGER,
  tries INTEGER NOT NULL DEFAULT 0,  -- of this round
  rounds INTEGER NOT NULL DEFAULT 0,  -- how often the line has begun anew
  sent_at INTEGER,
  reason TEXT,
  detail TEXT
);
CREATE UNIQUE INDEX deliveries_key ON deliveries (occasion, channel);
CREATE INDEX deliveries_open ON deliveries (state, not_before) WHERE state IN ('waiting', 'sending', 'unknown');

CREATE TABLE delivery_posts (  -- which posts a payload quotes
  did INTEGER NOT NULL,
  post TEXT NOT NULL,
  PRIMARY KEY (did, post)
) /* without rowid */;
CREATE INDEX delivery_posts_post ON delivery_posts (post);

CREATE TABLE delivery_log (
  lid INTEGER PRIMARY KEY,
  did INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  actor TEXT,
  detail TEXT
);
CREATE INDEX delivery_log_did ON delivery_log (did);

CREATE TABLE alert_facts (  -- appended; how an alert stands is folded from them
  fid INTEGER PRIMARY KEY,
  alid INTEGER NOT NULL REFERENCES alerts (alid),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '{}'  -- JSON
);
CREATE INDEX alert_facts_alid ON alert_facts (alid);

CREATE TABLE alert_links (  -- one-time links that acknowledge; kept as hashes
  token TEXT NOT NULL PRIMARY KEY,
  alid INTEGER NOT NULL REFERENCES alerts (alid),
  who TEXT NOT NULL,
  channel TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX alert_links_alid ON alert_links (alid);
