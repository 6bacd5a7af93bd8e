-- Work of people on the queue: who has what, what was promised, what was corrected, and replies on their way out.
-- What can be worked out from posts and events (promises, columns of conversations) is derived; the rest is kept.

ALTER TABLE conversations ADD COLUMN assigned_to TEXT;
CREATE INDEX conversations_claimed ON conversations (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX events_actor ON events (actor, at) WHERE actor IS NOT NULL;

CREATE TABLE presence (  -- who has a conversation open; not a fact, forgotten when it runs out
  cid INTEGER NOT NULL,
  actor TEXT NOT NULL,
  looking_until INTEGER NOT NULL,
  typing_until INTEGER NOT NULL,
  PRIMARY KEY (cid, actor)
) /* without rowid */;

CREATE TABLE corrections (  -- appended; the newest that is not undone holds
  xid INTEGER PRIMARY KEY,
  cid INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  brand TEXT NOT NULL,
  field TEXT NOT NULL,  -- label, or need
  was TEXT,
  value TEXT NOT NULL,
  model TEXT,  -- whose label was corrected
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  note TEXT,
  undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX corrections_pid ON corrections (pid);

CREATE TABLE promises (  -- derived from the brand's own posts, like turns
  cid INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  brand TEXT NOT NULL,
  phrase TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  kept_at INTEGER,
  kept_pid INTEGER,
  PRIMARY KEY (cid, pid)
) /* without rowid */;
CREATE INDEX promises_open ON promises (due_at) WHERE kept_at IS NULL;

CREATE TABLE drafts (
  cid INTEGER NOT NULL,
  actor TEXT NOT NULL,
  text TEXT NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (cid, actor)
) /* without rowid */;

CREATE TABLE saved_replies (
  sid INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  lang TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  dropped_at INTEGER
);
CREATE INDEX saved_replies_brand ON saved_replies (brand) WHERE dropped_at IS NULL;

CREATE TABLE outbox (
  oid INTEGER PRIMARY KEY,
  cid INTEGER NOT NULL,
  brand TEXT NOT NULL,
  network TEXT NOT NULL,
  post TEXT NOT NULL,  -- the customer's post that is answered
  text TEXT NOT NULL,
  digest TEXT NOT NULL,  -- of the text as networks leave it: how a reply is recognised
  key TEXT NOT NULL UNIQUE,  -- made by the caller: the same key is the same send
  state TEXT NOT NULL,
  author TEXT NOT NULL,
  approver TEXT,
  saved INTEGER,
  seen_pid INTEGER NOT NULL,  -- newest post of the conversation when Send was pressed
  created_at INTEGER NOT NULL,
  asked_at INTEGER,  -- waits for a second person since
  not_before INTEGER,
  token TEXT,  -- of the one attempt under way
  sending_at INTEGER,
  boot TEXT,  -- which run of the machine, and how many seconds into it, the attempt began
  ticks DOUBLE PRECISION,
  checks INTEGER NOT NULL DEFAULT 0,  -- looks on the network in a row that failed
  attempts INTEGER NOT NULL DEFAULT 0,
  remote TEXT,
  sent_at INTEGER,
  doubled TEXT,  -- somebody else's answer to the same post
  reason TEXT,
  detail TEXT
);
CREATE UNIQUE INDEX outbox_one ON outbox (cid) WHERE state IN ('approved', 'ready', 'sending', 'unknown', 'needs_human');
CREATE INDEX outbox_cid ON outbox (cid);
CREATE INDEX outbox_state ON outbox (state) WHERE state <> 'sent';
CREATE INDEX outbox_digest ON outbox (brand, digest, created_at);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE state = 'sent';

CREATE TABLE outbox_log (
  lid INTEGER PRIMARY KEY,
  oid INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  actor TEXT,
  detail TEXT
);
CREATE INDEX outbox_log_oid ON outbox_log (oid)
