-- The queue page at 50,000 open conversations: every list and count is read from an index, and one view says what an item shows.

ALTER TABLE conversations ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0;  -- triage cannot say whether an answer is needed
ALTER TABLE conversations ADD COLUMN last_pid INTEGER;  -- its newest post: what a page says that a person has seen
CREATE INDEX conversations_part ON conversations (unsure, due_at, priority DESC) WHERE state = 'open';
CREATE INDEX conversations_brand_part ON conversations (brand, unsure, due_at, priority DESC) WHERE state = 'open';
CREATE INDEX conversations_rest ON conversations (snoozed_until) WHERE state = 'snoozed';
CREATE INDEX conversations_brand_rest ON conversations (brand, snoozed_until) WHERE state = 'snoozed';
CREATE INDEX conversations_assigned ON conversations (assigned_to, state, due_at) WHERE assigned_to IS NOT NULL;
CREATE INDEX conversations_aid ON conversations (aid) WHERE aid IS NOT NULL;
CREATE INDEX promises_brand_open ON promises (brand, due_at) WHERE kept_at IS NULL;
CREATE INDEX outbox_unsettled ON outbox (oid) WHERE state <> 'sent' AND (state <> 'draft' OR asked_at IS NOT NULL);
CREATE INDEX events_at ON events (at) WHERE actor IS NOT NULL;
CREATE INDEX sessions_seen ON sessions (seen_at);
DELETE FROM progress WHERE job = 'queue';  -- the queue job fills the new columns

CREATE VIEW queue_items AS
SELECT c.cid, c.brand, c.network, c.thread, c.pid, c.state, c.unsure, c.waiting_since, c.due_at, c.priority, c.claimed_by, c.lease_until, c.assigned_to,
  c.snoozed_until, z.id AS newest, p.id, p.text, p.url, p.created_at, a.handle, a.name, a.followers, n.urgency, n.within_s, n.reasons,
  l.label, l.reason, l.model, l.negative, l.neutral, l.positive
FROM conversations c LEFT JOIN posts p ON p.pid = c.pid LEFT JOIN posts z ON z.pid = c.last_pid LEFT JOIN authors a ON a.aid = p.aid
LEFT JOIN needs n ON n.pid = c.pid AND n.brand = c.brand
LEFT JOIN labels l ON l.pid = c.pid
  AND NOT EXISTS (SELECT 1 FROM labels m WHERE m.pid = c.pid AND (m.at > l.at OR m.at = l.at AND m.model > l.model));

CREATE TABLE sign_ins (  -- sign-ins through an identity provider that were finished: each works once
  state TEXT NOT NULL PRIMARY KEY,  -- sha256
  ends_at INTEGER NOT NULL
);
