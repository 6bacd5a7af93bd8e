-- Every statement the program runs, in the subset that SQLite and PostgreSQL share; see docs/decisions/0001-storage.md.
-- A block is "-- name: purpose" and its SQL. ":name" takes one value or, inside IN (…), a list; "?" is for many rows.

-- lock_counter: take the write lock of a counter until the transaction ends
UPDATE counters SET value = value WHERE name = :name;

-- counter: last number that was given out
SELECT value FROM counters WHERE name = :name;

-- set_counter: remember the last number that was given out
UPDATE counters SET value = :value WHERE name = :name;

-- insert_counter: make a counter
INSERT INTO counters (name, value) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING;

-- posts_by_id: what is stored of these posts
SELECT pid, id, aid, text, thread, brand, edited_at, deleted_at FROM posts WHERE id IN (:ids);

-- pids_by_id: keys of these posts that are not deleted
SELECT pid, id FROM posts WHERE id IN (:ids) AND deleted_at IS NULL;

-- purged: which of these posts were deleted on their network
SELECT id FROM purges WHERE id IN (:ids);

-- insert_post: a new post
INSERT INTO posts (pid, id, rev, aid, text, created_at, seen_at, stored_at, reply_to, thread, quote_of, repost_of, brand, lang, url,
  campaign, edited_at, deleted_at, machine, history)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING;

-- update_text: an edited post
UPDATE posts SET text = :text, edited_at = :edited_at, rev = :rev WHERE pid = :pid;

-- insert_edit: the text that an edit replaced
INSERT INTO edits (pid, replaced_at, text) VALUES (?, ?, ?) ON CONFLICT (pid, replaced_at) DO NOTHING;

-- roots_in_use: which of these posts stand as the root of somebody's thread
SELECT DISTINCT thread FROM posts WHERE thread IN (:ids);

-- move_thread: a thread's root has turned out to lie higher
UPDATE posts SET thread = :new, rev = :rev WHERE thread = :old;

-- authors_by_id: what is stored of these authors
SELECT aid, id, handle, name, followers FROM authors WHERE id IN (:ids);

-- insert_author: a new author
INSERT INTO authors (aid, id, handle, name, followers) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING;

-- update_author: newer facts about an author
UPDATE authors SET handle = ?, name = ?, followers = ? WHERE aid = ?;

-- author_in_use: whether an author still has a post here
SELECT 1 AS one FROM posts WHERE aid = :aid LIMIT 1;

-- delete_author: remove an author without posts
DELETE FROM authors WHERE aid = :aid;

-- forget_customer: take an author out of the conversations, whose timing stays
UPDATE conversations SET aid = NULL WHERE aid = :aid;

-- insert_purge: note that a post is gone, so that a late page does not bring it back
INSERT INTO purges (id, deleted_at, cause, purged_at) VALUES (:id, :deleted_at, :cause, :purged_at) ON CONFLICT (id) DO NOTHING;

-- purge_post: take text and author out of a post; its timing stays
UPDATE posts SET text = NULL, aid = NULL, url = NULL, deleted_at = :deleted_at, rev = :rev WHERE pid = :pid;

-- purge_edits: forget the earlier texts of a post
DELETE FROM edits WHERE pid = :pid;

-- purge_reasons: forget the words that triage quoted from a post
UPDATE needs SET reasons = '[]' WHERE pid = :pid;

-- accounts: which handle is which brand's
SELECT network, handle, brand FROM accounts;

-- insert_brand: a brand, known by name
INSERT INTO brands (brand, zone) VALUES (:brand, :zone) ON CONFLICT (brand) DO NOTHING;

-- upsert_brand: a brand of the settings, with its zone and the fingerprint of its rules
INSERT INTO brands (brand, zone, rules) VALUES (:brand, :zone, :rules)
ON CONFLICT (brand) DO UPDATE SET zone = excluded.zone, rules = excluded.rules;

-- brands: every brand with its zone and the fingerprint of its rules
SELECT brand, zone, rules FROM brands ORDER BY brand;

-- insert_account: a handle of a brand
INSERT INTO accounts (network, handle, brand) VALUES (:network, :handle, :brand) ON CONFLICT (network, handle) DO NOTHING;

-- claim_own_posts: posts of a brand's account that were stored before the account was known
UPDATE posts SET brand = :brand, rev = :rev
WHERE brand IS NULL AND aid IN (SELECT aid FROM authors WHERE (lower(handle) = :handle OR lower(id) = :id) AND id >= :low AND id < :high);

-- unmention_own_posts: posts that were just claimed are nobody's mentions
DELETE FROM mentions WHERE pid IN (SELECT pid FROM posts WHERE rev = :rev AND brand IS NOT NULL);

-- insert_mention: a post of somebody else that is about a brand
INSERT INTO mentions (brand, pid, created_at) VALUES (?, ?, ?) ON CONFLICT (brand, created_at, pid) DO NOTHING;

-- mentions_of: the brands that these posts are about
SELECT pid, brand FROM mentions WHERE pid IN (:pids);

-- counts_by_pid: latest counts of these posts
SELECT pid, at, likes, replies, reposts, quotes, saves, impressions, score, upvote_ratio FROM counts WHERE pid IN (:pids);

-- upsert_counts: latest counts of a post
INSERT INTO counts (pid, at, likes, replies, reposts, quotes, saves, impressions, score, upvote_ratio) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (pid) DO UPDATE SET at = excluded.at, likes = excluded.likes, replies = excluded.replies, reposts = excluded.reposts,
  quotes = excluded.quotes, saves = excluded.saves, impressions = excluded.impressions, score = excluded.score,
  upvote_ratio = excluded.upvote_ratio
WHERE counts.at IS NULL OR excluded.at >= counts.at;

-- insert_snapshot: counts of a post at a moment
INSERT INTO snapshots (pid, at, likes, replies, reposts, quotes, saves, impressions, score, upvote_ratio, followers)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pid, at) DO NOTHING;

-- own_snapshots: all snapshots of these posts, where they are a brand's own
SELECT s.pid, s.at, s.likes, s.replies, s.reposts, s.quotes, s.saves, s.impressions, s.score, s.upvote_ratio, s.followers, p.id, p.brand, p.created_at
FROM snapshots s JOIN posts p ON p.pid = s.pid
WHERE s.pid IN (:pids) AND p.brand IS NOT NULL AND p.repost_of IS NULL ORDER BY s.pid, s.at;

-- upsert_reading: the snapshot that stands for an age
INSERT INTO readings (pid, age, at) VALUES (?, ?, ?) ON CONFLICT (pid, age) DO UPDATE SET at = excluded.at WHERE readings.at <> excluded.at;

-- day_readings: own posts of a day with the snapshot chosen for an age, or NULLs
SELECT p.pid, p.id, p.created_at, r.at, s.likes, s.replies, s.reposts, s.quotes, s.saves, s.impressions, s.score, s.upvote_ratio, s.followers
FROM posts p LEFT JOIN readings r ON r.pid = p.pid AND r.age = :age LEFT JOIN snapshots s ON s.pid = r.pid AND s.at = r.at
WHERE p.brand = :brand AND p.created_at >= :start AND p.created_at < :end AND p.repost_of IS NULL
  AND p.id >= :low AND p.id < :high AND p.deleted_at IS NULL AND p.reply_to IS NULL;

-- upsert_day: the rollup of a brand's day on a network at an age
INSERT INTO engagement_days (brand, network, day, age, posts, known, partial, with_impressions, impression_engagements, impressions, rate_sum, with_followers, follower_engagements, followers, with_comments, comments, with_score, score)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (brand, network, day, age) DO UPDATE SET
  posts = excluded.posts,
  known = excluded.known,
  partial = excluded.partial,
  with_impressions = excluded.with_impressions,
  impression_engagements = excluded.impression_engagements,
  impressions = excluded.impressions,
  rate_sum = excluded.rate_sum,
  with_followers = excluded.with_followers,
  follower_engagements = excluded.follower_engagements,
  followers = excluded.followers,
  with_comments = excluded.with_comments,
  comments = excluded.comments,
  with_score = excluded.with_score,
  score = excluded.score;

-- engagement: sums of a brand's days on each network at each age
SELECT brand, network, age,
  CAST(SUM(posts) AS BIGINT) AS posts,
  CAST(SUM(known) AS BIGINT) AS known,
  CAST(SUM(partial) AS BIGINT) AS partial,
  CAST(SUM(with_impressions) AS BIGINT) AS with_impressions,
  CAST(SUM(impression_engagements) AS BIGINT) AS impression_engagements,
  CAST(SUM(impressions) AS BIGINT) AS impressions,
  CAST(SUM(rate_sum) AS DOUBLE PRECISION) AS rate_sum,
  CAST(SUM(with_followers) AS BIGINT) AS with_followers,
  CAST(SUM(follower_engagements) AS BIGINT) AS follower_engagements,
  CAST(SUM(followers) AS BIGINT) AS followers,
  CAST(SUM(with_comments) AS BIGINT) AS with_comments,
  CAST(SUM(comments) AS BIGINT) AS comments,
  CAST(SUM(with_score) AS BIGINT) AS with_score,
  CAST(SUM(score) AS BIGINT) AS score
FROM engagement_days WHERE day >= :start AND day < :end GROUP BY brand, network, age ORDER BY brand, network, age;

-- delete_days: forget a brand's rollups
DELETE FROM engagement_days WHERE brand = :brand;

-- own_pids: a brand's own posts that are not replies
SELECT pid FROM posts WHERE brand = :brand AND reply_to IS NULL AND repost_of IS NULL ORDER BY pid;

-- own_posts: of these posts those that are a brand's own and neither reply nor repost
SELECT pid, id, brand, created_at FROM posts WHERE pid IN (:pids) AND brand IS NOT NULL AND reply_to IS NULL AND repost_of IS NULL;

-- best_own_posts: own posts of a span with the counts read at an age
SELECT p.id, p.text, p.url, p.created_at, p.campaign, s.at, s.likes, s.replies, s.reposts, s.quotes, s.saves, s.impressions, s.score
FROM posts p JOIN readings r ON r.pid = p.pid AND r.age = :age JOIN snapshots s ON s.pid = r.pid AND s.at = r.at
WHERE p.brand = :brand AND p.created_at >= :start AND p.created_at < :end AND p.reply_to IS NULL AND p.deleted_at IS NULL
ORDER BY p.created_at, p.id;

-- progress: how far a job has come
SELECT rev FROM progress WHERE job = :job;

-- set_progress: remember how far a job has come
INSERT INTO progress (job, rev) VALUES (:job, :rev) ON CONFLICT (job) DO UPDATE SET rev = excluded.rev;

-- texts_after: texts that changed after a rev, for a model
SELECT pid, id, rev, text, lang FROM posts WHERE rev > :rev AND deleted_at IS NULL ORDER BY rev LIMIT :limit;

-- last_rev: the newest rev of all
SELECT COALESCE(MAX(rev), 0) AS rev FROM posts;

-- upsert_label: a model's opinion of a post
INSERT INTO labels (pid, model, at, label, negative, neutral, positive, reason, opinion) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (pid, model) DO UPDATE SET at = excluded.at, label = excluded.label, negative = excluded.negative, neutral = excluded.neutral,
  positive = excluded.positive, reason = excluded.reason, opinion = excluded.opinion;

-- labels_of: the newest opinion about each of these posts
SELECT pid, model, at, label, negative, neutral, positive, reason, opinion FROM labels WHERE pid IN (:pids) ORDER BY pid, at, model;

-- changed_posts: posts that changed after a rev, for the queue
SELECT p.pid, p.id, p.rev, p.aid, a.id AS author, a.handle, a.followers, p.text, p.created_at, p.seen_at, p.reply_to, p.thread, p.repost_of, p.brand,
  p.campaign, p.machine, p.history, p.deleted_at
FROM posts p LEFT JOIN authors a ON a.aid = p.aid WHERE p.rev > :rev ORDER BY p.rev LIMIT :limit;

-- posts_with_ids: the same of posts by id
SELECT p.pid, p.id, p.rev, p.aid, a.id AS author, a.handle, a.followers, p.text, p.created_at, p.seen_at, p.reply_to, p.thread, p.repost_of, p.brand,
  p.campaign, p.machine, p.history, p.deleted_at
FROM posts p LEFT JOIN authors a ON a.aid = p.aid WHERE p.id IN (:ids);

-- answers_to: the brands' own posts that answer these posts
SELECT pid, id, brand, reply_to FROM posts WHERE reply_to IN (:ids) AND brand IS NOT NULL AND deleted_at IS NULL;

-- follow_ups_to: customers' posts from before a rev that answer a brand's post changed since, or one of their own, among these
SELECT c.id FROM posts p JOIN posts c ON c.reply_to = p.id
WHERE p.id IN (:ids) AND c.brand IS NULL AND c.deleted_at IS NULL AND c.rev < :rev AND (p.aid = c.aid OR p.brand IS NOT NULL AND p.rev >= :rev);

-- thread_customers: everybody but brands who wrote in these threads
SELECT DISTINCT p.thread, a.id AS author, a.aid, a.handle FROM posts p JOIN authors a ON a.aid = p.aid
WHERE p.thread IN (:threads) AND p.brand IS NULL ORDER BY p.thread, a.id;

-- insert_conversation: a conversation of one customer with a brand
INSERT INTO conversations (brand, network, thread, aid, state) VALUES (:brand, :network, :thread, :aid, 'closed')
ON CONFLICT (brand, thread, aid) DO NOTHING;

-- conversation_by_key: the conversation of a customer with a brand in a thread
SELECT cid FROM conversations WHERE brand = :brand AND thread = :thread AND aid = :aid;

-- conversations_in: conversations of these threads
SELECT cid, brand, thread, aid FROM conversations WHERE thread IN (:threads);

-- conversations_of_posts: the conversations that these posts belong to
SELECT pid, brand, cid FROM turn_posts WHERE pid IN (:pids);

-- upsert_turn_post: put a post into a conversation
INSERT INTO turn_posts (pid, brand, cid) VALUES (?, ?, ?) ON CONFLICT (pid, brand) DO UPDATE SET cid = excluded.cid WHERE turn_posts.cid <> excluded.cid;

-- conversation_posts: all posts of these conversations in order of time
SELECT t.cid, t.brand AS for_brand, p.pid, p.id, p.aid, a.followers, p.text, p.created_at, p.seen_at, p.reply_to, p.brand, p.campaign, p.machine,
  p.history, p.deleted_at
FROM turn_posts t JOIN posts p ON p.pid = t.pid LEFT JOIN authors a ON a.aid = p.aid
WHERE t.cid IN (:cids) ORDER BY t.cid, p.created_at, p.pid;

-- conversations_by_cid: state of these conversations
SELECT cid, brand, network, thread, state, claimed_by, lease_until, snoozed_until FROM conversations WHERE cid IN (:cids);

-- events_of: what happened in these conversations, oldest first
SELECT eid, cid, at, kind, actor, detail FROM events WHERE cid IN (:cids) ORDER BY cid, at, eid;

-- insert_event: append a fact about a conversation
INSERT INTO events (cid, at, kind, actor, detail) VALUES (:cid, :at, :kind, :actor, :detail);

-- same_event: whether this very event is there already
SELECT 1 AS one FROM events
WHERE cid = :cid AND at = :at AND kind = :kind AND COALESCE(actor, '') = COALESCE(CAST(:actor AS TEXT), '') AND detail = :detail;

-- insert_opening: append an event of a turn once
INSERT INTO events (cid, at, kind, actor, detail) SELECT ?, ?, ?, ?, ?
WHERE NOT EXISTS (SELECT 1 FROM events WHERE cid = ? AND at = ? AND kind = ?);

-- move_events: a conversation has been merged into another
UPDATE events SET cid = :new WHERE cid = :old;

-- delete_conversation: remove a conversation that has no posts left
DELETE FROM conversations WHERE cid = :cid;

-- delete_turns: forget what was derived of these conversations
DELETE FROM turns WHERE cid IN (:cids);

-- insert_turn: a turn of a conversation
INSERT INTO turns (cid, brand, started_at, needs_reply, demands, due_at, seen_at, answered_at, answer_pid, excluded, excluded_at, first_pid, start_pid,
  last_pid, last_at, posts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- update_conversation: what a conversation waits for
UPDATE conversations SET state = ?, pid = ?, waiting_since = ?, due_at = ?, priority = ? WHERE cid = ?;

-- upsert_need: triage's verdict on a post
INSERT INTO needs (pid, brand, needs_reply, urgency, priority, within_s, reasons) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (pid, brand) DO UPDATE SET needs_reply = excluded.needs_reply, urgency = excluded.urgency, priority = excluded.priority,
  within_s = excluded.within_s, reasons = excluded.reasons;

-- reset_progress: let a job begin again
DELETE FROM progress WHERE job = :job;

-- open_queue: what waits for an answer, by due time, then by priority
SELECT c.cid, c.brand, c.network, c.thread, c.pid, c.waiting_since, c.due_at, c.priority, c.claimed_by
FROM conversations c WHERE c.state = 'open' ORDER BY c.due_at NULLS LAST, c.priority DESC LIMIT :limit;

-- open_queue_of_brand: the same for one brand
SELECT c.cid, c.brand, c.network, c.thread, c.pid, c.waiting_since, c.due_at, c.priority, c.claimed_by
FROM conversations c WHERE c.state = 'open' AND c.brand = :brand ORDER BY c.due_at NULLS LAST, c.priority DESC LIMIT :limit;

-- queue_posts: what the queue shows of the posts
SELECT p.pid, p.id, p.text, p.url, p.created_at, a.handle, a.name, a.followers FROM posts p LEFT JOIN authors a ON a.aid = p.aid WHERE p.pid IN (:pids);

-- queue_needs: triage's verdicts for the queue
SELECT pid, brand, needs_reply, urgency, priority, within_s, reasons FROM needs WHERE pid IN (:pids);

-- queue_counts: how many wait, and how many of them are late
SELECT brand, COUNT(*) AS waiting, CAST(SUM(CASE WHEN due_at < :now THEN 1 ELSE 0 END) AS BIGINT) AS late
FROM conversations WHERE state = 'open' GROUP BY brand ORDER BY brand;

-- turns_between: a brand's turns that began in a span
SELECT cid, started_at, needs_reply, demands, due_at, seen_at, answered_at, answer_pid, excluded, excluded_at, first_pid, start_pid, last_pid, last_at, posts
FROM turns WHERE brand = :brand AND started_at >= :start AND started_at < :end ORDER BY started_at, cid;

-- direct_answers: each customer post that a brand answered directly, and when
SELECT b.brand, q.pid, q.created_at AS asked_at, MIN(b.created_at) AS answered_at
FROM posts b JOIN posts q ON q.id = b.reply_to
WHERE b.brand IS NOT NULL AND q.brand IS NULL AND b.machine = 0 AND q.created_at >= :start AND q.created_at < :end
GROUP BY b.brand, q.pid, q.created_at ORDER BY b.brand, q.pid;

-- totals: how many posts are stored, and how many of them are of customers
SELECT COUNT(*) AS posts, CAST(COALESCE(SUM(CASE WHEN brand IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS customer_posts,
  MIN(created_at) AS oldest, MAX(created_at) AS newest FROM posts;

-- mention_texts: texts of a brand's mentions in a span, for evidence
SELECT p.pid, p.id, p.text, p.created_at, p.aid, p.reply_to, p.quote_of, p.repost_of, p.campaign, a.handle, a.followers, l.label, l.negative FROM mentions m JOIN posts p ON p.pid = m.pid
LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.deleted_at IS NULL ORDER BY m.created_at, m.pid LIMIT :limit;

-- label_counts: opinions about a brand's mentions in a span
SELECT l.label, COUNT(*) AS n FROM mentions m JOIN labels l ON l.pid = m.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end GROUP BY l.label ORDER BY l.label;

-- count_mentions: posts about a brand in a span, and their authors
SELECT COUNT(*) AS posts, COUNT(DISTINCT p.aid) AS authors FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end;

-- ensure_source: a source, with the start of its monitoring
INSERT INTO sources (source, connector, brand, archive, since, every) VALUES (:source, :connector, :brand, :archive, :since, :every)
ON CONFLICT (source) DO UPDATE SET connector = excluded.connector, brand = excluded.brand, archive = excluded.archive, every = excluded.every;

-- source: one source
SELECT source, connector, brand, archive, since, cursor, last_ok, failures, error, down_since, not_before, state, cause, unseen_since, complete_to,
  alive, every, told, key_print FROM sources WHERE source = :source;

-- sources: all sources
SELECT source, connector, brand, archive, since, cursor, last_ok, failures, error, down_since, not_before, state, cause, unseen_since, complete_to,
  alive, every, told, key_print FROM sources ORDER BY source;

-- set_cursor: how far a source has been read
UPDATE sources SET cursor = :cursor WHERE source = :source;

-- source_ok: a source has been read to its end
UPDATE sources SET last_ok = :at, failures = 0, error = NULL, down_since = NULL, not_before = NULL, state = 'ok', cause = NULL, unseen_since = NULL,
  told = '', key_print = NULL WHERE source = :source;

-- source_failed: a source could not be read
UPDATE sources SET failures = failures + 1, error = :error, down_since = :down_since, not_before = :not_before, state = :state, cause = :cause,
  unseen_since = :unseen_since, told = :told, key_print = :key_print WHERE source = :source;

-- upsert_gap: a span that may not have been seen
INSERT INTO gaps (source, start_at, end_at, cause, state, recorded_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (source, start_at, cause) DO UPDATE SET end_at = excluded.end_at, state = excluded.state
WHERE gaps.end_at <> excluded.end_at OR gaps.state <> excluded.state;

-- gaps_between: spans that may not have been seen
SELECT g.source, g.start_at, g.end_at, g.cause, g.state, s.brand FROM gaps g LEFT JOIN sources s ON s.source = g.source
WHERE g.end_at > :start AND g.start_at < :end ORDER BY g.start_at, g.source;

-- insert_quarantine: a record that could not be taken
INSERT INTO quarantine (source, place, reason, raw, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, place, reason) DO NOTHING;

-- quarantined: records that could not be taken
SELECT source, place, reason, raw, at FROM quarantine ORDER BY qid LIMIT :limit;

-- quarantine_counts: how many records could not be taken, by source
SELECT source, COUNT(*) AS n FROM quarantine GROUP BY source ORDER BY source;

-- note_failure: a job failed
INSERT INTO failures (job, count, first_at, last_at, message) VALUES (:job, 1, :at, :at, :message)
ON CONFLICT (job) DO UPDATE SET count = failures.count + 1, last_at = excluded.last_at, message = excluded.message;

-- clear_failure: a job works again
DELETE FROM failures WHERE job = :job;

-- failures: jobs that fail
SELECT job, count, first_at, last_at, message FROM failures ORDER BY job;

-- upsert_alert: an episode of trouble
INSERT INTO alerts (brand, kind, level, start_at, end_at, observed, expected, p, authors, evidence, state, recorded_at)
VALUES (:brand, :kind, :level, :start_at, :end_at, :observed, :expected, :p, :authors, :evidence, :state, :recorded_at)
ON CONFLICT (brand, kind, start_at) DO UPDATE SET level = excluded.level, end_at = excluded.end_at, observed = excluded.observed,
  expected = excluded.expected, p = excluded.p, authors = excluded.authors, evidence = excluded.evidence, state = excluded.state;

-- alerts_between: episodes of a span, newest first
SELECT alid, brand, kind, level, start_at, end_at, observed, expected, p, authors, evidence, state FROM alerts
WHERE end_at >= :start AND start_at < :end ORDER BY start_at DESC, brand, kind;

-- measurable: own posts that are not replies and young enough to be measured
SELECT p.pid, p.id, p.created_at, (SELECT MAX(s.at) FROM snapshots s WHERE s.pid = p.pid) AS last_at, t.at AS tried_at
FROM posts p LEFT JOIN measure_tries t ON t.pid = p.pid WHERE p.brand = :brand AND p.created_at >= :start AND p.deleted_at IS NULL AND p.reply_to IS NULL AND p.repost_of IS NULL ORDER BY p.created_at;

-- searched: posts found by the search index
SELECT p.pid, p.id, p.text, p.url, p.created_at, p.brand, a.handle, a.id AS author FROM posts p LEFT JOIN authors a ON a.aid = p.aid
WHERE p.pid IN (:pids) ORDER BY p.created_at DESC;

-- put_digest: a brand's week as it was reported
INSERT INTO digests (brand, week, made_at, body) VALUES (:brand, :week, :made_at, :body)
ON CONFLICT (brand, week) DO UPDATE SET made_at = excluded.made_at, body = excluded.body WHERE digests.body <> excluded.body;

-- export_posts: posts for the export, in order
SELECT p.pid, p.id, a.id AS author, a.handle, a.name, a.followers, p.text, p.created_at, p.seen_at, p.reply_to, p.thread, p.quote_of, p.repost_of,
  p.brand, p.lang, p.url, p.campaign, p.edited_at, p.deleted_at, p.machine, p.history, c.at AS counted_at, c.likes, c.replies, c.reposts, c.quotes, c.saves, c.impressions, c.score, c.upvote_ratio
FROM posts p LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN counts c ON c.pid = p.pid WHERE p.pid > :after ORDER BY p.pid LIMIT :limit;

-- export_snapshots: snapshots of these posts
SELECT pid, at, likes, replies, reposts, quotes, saves, impressions, score, upvote_ratio, followers FROM snapshots WHERE pid IN (:pids) ORDER BY pid, at;

-- export_edits: earlier texts of these posts
SELECT pid, replaced_at, text FROM edits WHERE pid IN (:pids) ORDER BY pid, replaced_at;

-- export_labels: opinions about these posts
SELECT pid, model, at, label, negative, neutral, positive, reason, opinion FROM labels WHERE pid IN (:pids) ORDER BY pid, model;

-- export_causes: why posts are gone
SELECT id, deleted_at, cause FROM purges WHERE id IN (:ids);

-- export_events: what people did in conversations
SELECT e.eid, e.at, e.kind, e.actor, e.detail, c.brand, c.thread, a.id AS author FROM events e JOIN conversations c ON c.cid = e.cid JOIN authors a ON a.aid = c.aid
WHERE e.eid > :after AND e.kind NOT IN ('opened', 'reopened', 'replied', 'deleted') ORDER BY e.eid LIMIT :limit;

-- export_gaps: spans that may not have been seen
SELECT source, start_at, end_at, cause, state FROM gaps ORDER BY start_at, source, cause;

-- own_between: a brand's own posts of a span that are not replies
SELECT id, created_at, campaign, text FROM posts
WHERE brand = :brand AND created_at >= :start AND created_at < :end AND reply_to IS NULL AND repost_of IS NULL AND deleted_at IS NULL
ORDER BY created_at, id;

-- forgive_source: read a source again at once
UPDATE sources SET not_before = NULL WHERE source = :source;

-- source_alive: the monitor looks after this source now
UPDATE sources SET alive = :at WHERE source = :source;

-- source_complete: a source has been read up to here without any hole but the recorded gaps
UPDATE sources SET complete_to = :complete_to WHERE source = :source AND (complete_to IS NULL OR complete_to < :complete_to);

-- refill_gaps: what the core could not see has been read since
UPDATE gaps SET state = 'refilled' WHERE source = :source AND state = 'open' AND end_at <= :complete_to
  AND cause IN ('outage', 'rate_limit', 'money', 'not_allowed', 'not_running', 'unreadable');

-- retire_source: a source that the settings no longer name is not watched, and that is no gap
UPDATE sources SET state = 'retired', alive = NULL, unseen_since = NULL, cause = NULL, down_since = NULL, told = '' WHERE source = :source;

-- retry_troubled: a person is here: what only a person can change may have been changed
UPDATE sources SET not_before = NULL WHERE state IN ('refused', 'money', 'down');

-- count_purge: text was purged, and may still lie in the search index
INSERT INTO counters (name, value) VALUES ('unscrubbed', 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1;

-- forget_purges: the search index was scrubbed, unless something was purged meanwhile
UPDATE counters SET value = 0 WHERE name = 'unscrubbed' AND value = :seen;

-- note_counter: a number under a name
INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- upsert_raw: what the network said of a post that has no column
INSERT INTO raws (pid, raw) VALUES (?, ?) ON CONFLICT (pid) DO UPDATE SET raw = excluded.raw WHERE raws.raw <> excluded.raw;

-- purge_raw: forget what the network said of a post
DELETE FROM raws WHERE pid = :pid;

-- raws_of: what the network said of these posts
SELECT pid, raw FROM raws WHERE pid IN (:pids);

-- unnamed_authors: people of a network who wrote since monitoring began and whose name was never asked for
SELECT a.aid, a.id FROM authors a WHERE a.handle IS NULL AND a.asked_at IS NULL AND a.id >= :low AND a.id < :high
  AND EXISTS (SELECT 1 FROM posts p WHERE p.aid = a.aid AND p.history = 0 AND p.repost_of IS NULL AND p.deleted_at IS NULL)
ORDER BY a.aid DESC LIMIT :limit;

-- author_asked: the network was asked for this author's name
UPDATE authors SET asked_at = ? WHERE id = ?;

-- note_try: counts of a post were asked for
INSERT INTO measure_tries (pid, at) VALUES (?, ?) ON CONFLICT (pid) DO UPDATE SET at = excluded.at;

-- add_spending: what calls of a kind took on a day
INSERT INTO spending (source, day, call, requests, items, dollars, most) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, day, call) DO UPDATE SET requests = spending.requests + excluded.requests, items = spending.items + excluded.items,
  dollars = spending.dollars + excluded.dollars, most = CASE WHEN excluded.most > spending.most THEN excluded.most ELSE spending.most END;

-- spending_between: what was spent in a span of days
SELECT source, day, call, requests, items, dollars, most FROM spending WHERE day >= :start AND day < :end ORDER BY source, call, day;

-- dollars_between: dollars of all sources in a span of days
SELECT CAST(COALESCE(SUM(dollars), 0) AS DOUBLE PRECISION) AS dollars FROM spending WHERE day >= :start AND day < :end;

-- costliest_step: the most dollars that one step of a source has taken
SELECT CAST(COALESCE(MAX(most), 0) AS DOUBLE PRECISION) AS most FROM spending WHERE source = :source AND day >= :start;

-- put_limit: what the network says is left of a kind of call
INSERT INTO limits (source, call, remaining, renewed_at, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source, call) DO UPDATE SET remaining = excluded.remaining, renewed_at = excluded.renewed_at, at = excluded.at;

-- block_call: a kind of call is left alone until then
INSERT INTO limits (source, call, until, error, at) VALUES (:source, :call, :until, :error, :at)
ON CONFLICT (source, call) DO UPDATE SET until = excluded.until, error = excluded.error, at = excluded.at;

-- free_call: a kind of call works again
UPDATE limits SET until = NULL, error = NULL WHERE source = :source AND call = :call AND until IS NOT NULL;

-- blocked_call: until when a kind of call is left alone, and why
SELECT until, error FROM limits WHERE source = :source AND call = :call AND until > :at;

-- call_limits: what is left of each kind of call
SELECT source, call, remaining, renewed_at, until, error, at FROM limits ORDER BY source, call;

-- lock_conversations: take the write locks of conversations until the transaction ends
UPDATE conversations SET state = state WHERE cid IN (:cids);

-- desk_row: how a conversation stands
SELECT c.cid, c.brand, c.network, c.thread, c.aid, c.state, c.pid, c.waiting_since, c.due_at, c.claimed_by, c.lease_until, c.assigned_to, c.snoozed_until,
  (SELECT MIN(m.due_at) FROM promises m WHERE m.cid = c.cid AND m.kept_at IS NULL) AS promise_due
FROM conversations c WHERE c.cid = :cid;

-- claim: take a conversation that nobody else holds
UPDATE conversations SET claimed_by = :actor, lease_until = :until, snoozed_until = NULL, state = CASE WHEN state = 'snoozed' THEN 'open' ELSE state END,
  assigned_to = CASE WHEN assigned_to = :actor THEN assigned_to ELSE NULL END
WHERE cid = :cid AND (claimed_by IS NULL OR claimed_by = :actor OR lease_until IS NULL OR lease_until <= :now)
  AND (:anyway = 1 OR state IN ('open', 'snoozed') OR EXISTS (SELECT 1 FROM promises m WHERE m.cid = conversations.cid AND m.kept_at IS NULL))
RETURNING cid;

-- renew_lease: keep what one holds
UPDATE conversations SET lease_until = :until WHERE cid = :cid AND claimed_by = :actor AND lease_until > :now RETURNING cid;

-- let_go: give back what one holds, or act on what nobody else holds
UPDATE conversations SET claimed_by = NULL, lease_until = NULL
WHERE cid = :cid AND (claimed_by IS NULL OR claimed_by = :actor OR lease_until IS NULL OR lease_until <= :now) RETURNING cid;

-- assign: who should take a conversation
UPDATE conversations SET assigned_to = :actor WHERE cid = :cid;

-- holds: whether somebody holds a conversation now
SELECT 1 AS one FROM conversations WHERE cid = :cid AND claimed_by = :actor AND lease_until > :now;

-- lapsed_leases: claims whose lease has run out
SELECT cid, claimed_by, lease_until FROM conversations WHERE claimed_by IS NOT NULL AND (lease_until IS NULL OR lease_until <= :now);

-- end_lease: a lease has run out
UPDATE conversations SET claimed_by = NULL, lease_until = NULL
WHERE cid = :cid AND claimed_by IS NOT NULL AND (lease_until IS NULL OR lease_until <= :now) RETURNING cid;

-- ended_snoozes: conversations that have rested long enough
SELECT cid FROM conversations WHERE snoozed_until IS NOT NULL AND snoozed_until <= :now;

-- update_work: what people's events say of a conversation
UPDATE conversations SET claimed_by = ?, lease_until = CASE WHEN claimed_by = CAST(? AS TEXT) THEN lease_until ELSE NULL END, assigned_to = ?, snoozed_until = ? WHERE cid = ?;

-- set_lease: until when a claim holds
UPDATE conversations SET lease_until = :until WHERE cid = :cid AND claimed_by IS NOT NULL;

-- last_action: what a person did last, undone or not
SELECT eid, cid, at, kind, detail FROM events WHERE actor = :actor AND at >= :since ORDER BY eid DESC LIMIT 20;

-- actions_since: what people did since a time
SELECT actor, kind, COUNT(*) AS n FROM events WHERE actor IS NOT NULL AND at >= :since GROUP BY actor, kind ORDER BY actor, kind;

-- hands: who holds or should take what
SELECT cid, claimed_by, lease_until, assigned_to FROM conversations WHERE claimed_by IS NOT NULL OR assigned_to IS NOT NULL AND state IN ('open', 'snoozed');

-- newest_posts: the newest posts of a conversation, and whose they are
SELECT p.pid, p.id, p.created_at, p.brand, p.machine, p.reply_to, p.text, a.handle FROM turn_posts t JOIN posts p ON p.pid = t.pid LEFT JOIN authors a ON a.aid = p.aid
WHERE t.cid = :cid AND t.brand = :brand AND p.deleted_at IS NULL ORDER BY p.created_at DESC, p.pid DESC LIMIT :limit;

-- customer_of: the customer of a conversation
SELECT a.id, a.handle, a.name FROM conversations c JOIN authors a ON a.aid = c.aid WHERE c.cid = :cid;

-- put_presence: somebody has a conversation open
INSERT INTO presence (cid, actor, looking_until, typing_until) VALUES (:cid, :actor, :looking, :typing)
ON CONFLICT (cid, actor) DO UPDATE SET looking_until = excluded.looking_until, typing_until = excluded.typing_until;

-- presence_of: who has these conversations open
SELECT cid, actor, looking_until, typing_until FROM presence WHERE cid IN (:cids) AND looking_until > :now ORDER BY cid, actor;

-- drop_presence: somebody closed a conversation
DELETE FROM presence WHERE cid = :cid AND actor = :actor;

-- old_presence: forget who was there
DELETE FROM presence WHERE looking_until <= :now;

-- insert_correction: somebody knows better
INSERT INTO corrections (cid, pid, brand, field, was, value, model, actor, at, note)
VALUES (:cid, :pid, :brand, :field, :was, :value, :model, :actor, :at, :note);

-- undo_correction: somebody takes a correction back
UPDATE corrections SET undone = 1 WHERE cid = :cid AND actor = :actor AND at = :at;

-- corrections: everything that people corrected
SELECT x.xid, x.cid, p.id, x.brand, x.field, x.was, x.value, x.model, x.actor, x.at, x.note FROM corrections x JOIN posts p ON p.pid = x.pid
WHERE x.undone = 0 AND p.deleted_at IS NULL ORDER BY x.xid;

-- need_corrections: verdicts that people corrected, oldest first
SELECT pid, brand, value FROM corrections WHERE pid IN (:pids) AND field = 'need' AND undone = 0 ORDER BY xid;

-- delete_promises: forget what was derived of these conversations
DELETE FROM promises WHERE cid IN (:cids);

-- insert_promise: a promise of a brand
INSERT INTO promises (cid, pid, brand, phrase, made_at, due_at, kept_at, kept_pid) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- open_promises: what was promised and not yet kept, by due time
SELECT m.cid, m.brand, m.phrase, m.made_at, m.due_at, p.id, c.network, c.claimed_by, c.state, a.handle,
  (SELECT q.text FROM posts q WHERE q.id = p.reply_to) AS text
FROM promises m JOIN posts p ON p.pid = m.pid JOIN conversations c ON c.cid = m.cid LEFT JOIN authors a ON a.aid = c.aid
WHERE m.kept_at IS NULL AND (CAST(:brand AS TEXT) IS NULL OR m.brand = :brand) ORDER BY m.due_at, m.cid LIMIT :limit;

-- move_promises: a conversation has been merged into another
UPDATE promises SET cid = :new WHERE cid = :old AND NOT EXISTS (SELECT 1 FROM promises o WHERE o.cid = :new AND o.pid = promises.pid);

-- move_corrections: the same for corrections
UPDATE corrections SET cid = :new WHERE cid = :old;

-- move_drafts: the same for drafts
UPDATE drafts SET cid = :new WHERE cid = :old AND NOT EXISTS (SELECT 1 FROM drafts o WHERE o.cid = :new AND o.actor = drafts.actor);

-- move_outbox: the same for replies, unless both have one under way
UPDATE outbox SET cid = :new WHERE cid = :old AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.cid = :new AND o.state NOT IN ('draft', 'sent'));

-- put_draft: what a person has written so far
INSERT INTO drafts (cid, actor, text, saved_at) VALUES (:cid, :actor, :text, :at)
ON CONFLICT (cid, actor) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at;

-- keep_draft: a reply that came back, unless its author has written something else since
INSERT INTO drafts (cid, actor, text, saved_at) VALUES (:cid, :actor, :text, :at) ON CONFLICT (cid, actor) DO NOTHING;

-- draft: what a person has written so far in a conversation
SELECT text FROM drafts WHERE cid = :cid AND actor = :actor;

-- drop_draft: forget a draft
DELETE FROM drafts WHERE cid = :cid AND actor = :actor;

-- insert_saved_reply: a text that is used again and again
INSERT INTO saved_replies (brand, lang, title, text, made_by, made_at) VALUES (:brand, :lang, :title, :text, :actor, :at) RETURNING sid;

-- update_saved_reply: another wording
UPDATE saved_replies SET lang = :lang, title = :title, text = :text, made_by = :actor, made_at = :at WHERE sid = :sid AND brand = :brand AND dropped_at IS NULL RETURNING sid;

-- drop_saved_reply: not to be used any more
UPDATE saved_replies SET dropped_at = :at, made_by = :actor WHERE sid = :sid AND dropped_at IS NULL;

-- saved_replies: texts that a brand uses again and again
SELECT sid, brand, lang, title, text, made_by, made_at FROM saved_replies
WHERE brand = :brand AND dropped_at IS NULL AND (CAST(:lang AS TEXT) IS NULL OR lang = :lang) ORDER BY lang, title, sid;

-- saved_reply: one of them
SELECT sid, brand, lang, title, text, made_by, made_at FROM saved_replies WHERE sid = :sid AND dropped_at IS NULL;

-- reply_target: a post as a connector needs it to say whether it can be answered
SELECT p.pid, p.id, p.text, p.created_at, p.reply_to, p.thread, p.quote_of, p.lang, p.url, p.edited_at, p.brand, a.id AS author, a.handle, a.name, a.followers, r.raw
FROM posts p JOIN authors a ON a.aid = p.aid LEFT JOIN raws r ON r.pid = p.pid WHERE p.id = :id AND p.deleted_at IS NULL;

-- answered_questions: what a brand answered to these posts of customers
SELECT DISTINCT q.pid, q.id AS question_post, q.text AS question, t.cid, t.answered_at, b.id AS answer_post, b.text AS answer
FROM turn_posts m JOIN posts q ON q.pid = m.pid JOIN turns t ON t.cid = m.cid JOIN posts b ON b.pid = t.answer_pid
WHERE m.pid IN (:pids) AND m.brand = :brand AND t.cid <> :cid AND q.brand IS NULL AND q.text IS NOT NULL AND b.text IS NOT NULL AND b.machine = 0
  AND q.created_at >= t.started_at AND q.created_at <= t.last_at;

-- own_answers_since: what a brand answered lately, by any way
SELECT p.id, p.text, p.created_at, m.cid FROM posts p JOIN turn_posts m ON m.pid = p.pid AND m.brand = p.brand
WHERE p.brand = :brand AND p.created_at >= :since AND p.text IS NOT NULL AND p.machine = 0 AND p.reply_to IS NOT NULL ORDER BY p.created_at DESC LIMIT :limit;

-- insert_outgoing: a reply that a person wants to send
INSERT INTO outbox (cid, brand, network, post, text, digest, key, state, author, saved, seen_pid, created_at, asked_at)
VALUES (:cid, :brand, :network, :post, :text, :digest, :key, :state, :author, :saved, :seen_pid, :at, :asked_at) RETURNING oid;

-- outgoing: one reply
SELECT oid, cid, brand, network, post, text, digest, key, state, author, approver, saved, seen_pid, created_at, asked_at, not_before, token, sending_at, boot, ticks,
  checks, attempts, remote, sent_at, doubled, reason, detail FROM outbox WHERE oid = :oid;

-- outgoing_by_key: the reply that was sent under a key
SELECT oid, cid, brand, network, post, text, digest, key, state, author, approver, saved, seen_pid, created_at, asked_at, not_before, token, sending_at, boot, ticks,
  checks, attempts, remote, sent_at, doubled, reason, detail FROM outbox WHERE key = :key;

-- outgoing_of: all replies of a conversation
SELECT oid, cid, brand, network, post, text, digest, key, state, author, approver, saved, seen_pid, created_at, asked_at, not_before, token, sending_at, boot, ticks,
  checks, attempts, remote, sent_at, doubled, reason, detail FROM outbox WHERE cid = :cid ORDER BY oid;

-- unsettled: replies that are on their way or wait for somebody
SELECT oid, cid, brand, network, post, text, digest, key, state, author, approver, saved, seen_pid, created_at, asked_at, not_before, token, sending_at, boot, ticks,
  checks, attempts, remote, sent_at, doubled, reason, detail FROM outbox
WHERE state <> 'sent' AND (state <> 'draft' OR asked_at IS NOT NULL) AND (CAST(:brand AS TEXT) IS NULL OR brand = :brand) ORDER BY oid;

-- sent_since: replies that went out since a time
SELECT oid, cid, brand, network, post, text, digest, key, state, author, approver, saved, seen_pid, created_at, asked_at, not_before, token, sending_at, boot, ticks,
  checks, attempts, remote, sent_at, doubled, reason, detail FROM outbox WHERE state = 'sent' AND sent_at >= :since ORDER BY oid;

-- same_words_sent: the same words to somebody else
SELECT o.oid, o.cid, o.sent_at, o.remote FROM outbox o WHERE o.brand = :brand AND o.digest = :digest AND o.created_at >= :since AND o.cid <> :cid AND o.state IN ('sent', 'sending', 'unknown', 'ready')
ORDER BY o.oid DESC LIMIT 5;

-- move_outgoing: a reply goes from one state to the next, if it still stands where it was seen
UPDATE outbox SET state = :state, reason = :reason, detail = :detail, asked_at = :asked_at, not_before = :not_before, checks = :checks, approver = :approver
WHERE oid = :oid AND state = :was RETURNING oid;

-- begin_sending: the one attempt begins
UPDATE outbox SET state = 'sending', token = :token, sending_at = :at, boot = :boot, ticks = :ticks, attempts = attempts + 1, reason = NULL, detail = NULL, not_before = NULL, checks = 0
WHERE oid = :oid AND state = 'ready' RETURNING oid;

-- end_sending: what came of the attempt
UPDATE outbox SET state = :state, reason = :reason, detail = :detail, not_before = :not_before, remote = :remote, sent_at = :sent_at, token = :next
WHERE oid = :oid AND token = :token AND state IN ('sending', 'unknown') RETURNING oid;

-- settle_sending: what a look on the network said of an attempt
UPDATE outbox SET state = :state, reason = :reason, detail = :detail, not_before = :not_before, checks = :checks, remote = :remote, sent_at = :sent_at, token = :next
WHERE oid = :oid AND token = :token AND state IN ('sending', 'unknown', 'needs_human') RETURNING oid;

-- restart_clock: the machine was started anew since the attempt; it is waited for from now on
UPDATE outbox SET boot = :boot, ticks = :ticks WHERE oid = :oid AND token = :token;

-- late_success: an attempt that was judged too early has come through after all
UPDATE outbox SET state = 'sent', remote = :remote, sent_at = :at, reason = NULL, detail = NULL, not_before = NULL WHERE oid = :oid AND state IN ('draft', 'ready', 'needs_human') RETURNING oid;

-- note_double: somebody else answered the same post
UPDATE outbox SET doubled = :other WHERE oid = :oid AND doubled IS NULL;

-- known_remotes: posts that the outbox has sent
SELECT remote FROM outbox WHERE remote IN (:ids);

-- rival_answers: other answers of the brand to the same post
SELECT p.pid, p.id, p.created_at, a.handle FROM posts p LEFT JOIN authors a ON a.aid = p.aid
WHERE p.reply_to = :post AND p.brand = :brand AND p.machine = 0 AND p.deleted_at IS NULL AND p.id <> :remote AND p.created_at >= :start AND p.created_at <= :end
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.remote = p.id) ORDER BY p.created_at, p.id;

-- log_outgoing: append to the history of a reply
INSERT INTO outbox_log (oid, at, state, actor, detail) VALUES (:oid, :at, :state, :actor, :detail);

-- outgoing_log: the history of a reply
SELECT at, state, actor, detail FROM outbox_log WHERE oid = :oid ORDER BY lid;

-- exam_candidates: customer posts of a span that a person may be asked about
SELECT p.pid, p.id, p.text FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end
  AND p.text IS NOT NULL AND p.brand IS NULL AND p.repost_of IS NULL
ORDER BY p.pid;

-- upsert_exam_answer: keep a blind answer
INSERT INTO exam_answers (pid, actor, label, week, at) VALUES (:pid, :actor, :label, :week, :at)
ON CONFLICT (pid, actor) DO UPDATE SET label = excluded.label, week = excluded.week, at = excluded.at;

-- exam_answered: posts that a person has answered for
SELECT pid FROM exam_answers WHERE actor = :actor;

-- exam_blind: blind answers beside the model's label
SELECT DISTINCT p.id, p.text, e.actor, e.label AS truth, e.at, l.label AS given, l.negative, l.neutral, l.positive
FROM exam_answers e JOIN posts p ON p.pid = e.pid JOIN mentions m ON m.pid = p.pid AND m.brand = :brand
JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE p.text IS NOT NULL ORDER BY e.at, p.id, e.actor;

-- exam_corrected: corrected posts beside the model's label
SELECT p.id, p.text, c.actor, c.value AS truth, c.at, l.label AS given, l.negative, l.neutral, l.positive
FROM corrections c JOIN posts p ON p.pid = c.pid JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE c.brand = :brand AND c.field = 'label' AND c.undone = 0 AND c.value <> 'unsure' AND p.text IS NOT NULL
  AND c.xid = (SELECT MAX(d.xid) FROM corrections d WHERE d.pid = c.pid AND d.brand = c.brand AND d.field = 'label' AND d.undone = 0)
ORDER BY c.at, p.id;

-- alert_buckets: how many posts about a brand each bucket of a span holds, how many of them are negative, how many are history
SELECT m.created_at - m.created_at % 300 AS bucket, COUNT(*) AS posts,
  CAST(SUM(CASE WHEN l.negative >= 0.5 AND l.label <> 'unsure' THEN 1 ELSE 0 END) AS BIGINT) AS negative, CAST(SUM(p.history) AS BIGINT) AS old
FROM mentions m JOIN posts p ON p.pid = m.pid LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.repost_of IS NULL AND p.deleted_at IS NULL
GROUP BY m.created_at - m.created_at % 300 ORDER BY bucket;

-- alert_people: how many people wrote the posts about a brand in a span, or its negative ones
SELECT COUNT(DISTINCT p.aid) AS n FROM mentions m JOIN posts p ON p.pid = m.pid LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.repost_of IS NULL AND p.deleted_at IS NULL
  AND (:negative = 0 OR (l.negative >= 0.5 AND l.label <> 'unsure'));

-- alert_first: the oldest post about a brand since an instant, and how many there are before another
SELECT MIN(created_at) AS first_at, COUNT(*) AS n FROM mentions WHERE brand = :brand AND created_at >= :start AND created_at < :end;

-- alert_state: how far a brand has been judged, and what the detector remembers
SELECT upto, rules, posts, state FROM alert_states WHERE brand = :brand AND kind = :kind;

-- put_alert_state: keep how far a brand has been judged
INSERT INTO alert_states (brand, kind, upto, rules, posts, state) VALUES (:brand, :kind, :upto, :rules, :posts, :state)
ON CONFLICT (brand, kind) DO UPDATE SET upto = excluded.upto, rules = excluded.rules, posts = excluded.posts, state = excluded.state;

-- alert_fit: the strictness that was fitted for a brand
SELECT budget, strictness, fitted_at FROM alert_fits WHERE brand = :brand;

-- put_alert_fit: keep the strictness that was fitted for a brand
INSERT INTO alert_fits (brand, budget, strictness, fitted_at) VALUES (:brand, :budget, :strictness, :fitted_at)
ON CONFLICT (brand) DO UPDATE SET budget = excluded.budget, strictness = excluded.strictness, fitted_at = excluded.fitted_at;

-- note_live: a post that a live source brought, which the sweep looks after from now on
INSERT INTO sweeps (pid) VALUES (?) ON CONFLICT (pid) DO NOTHING;

-- unplanned_sweeps: posts of which it is not yet said when to look at them again
SELECT s.pid, p.created_at, p.stored_at FROM sweeps s JOIN posts p ON p.pid = s.pid WHERE s.due_at IS NULL ORDER BY s.pid LIMIT :limit;

-- plan_sweep: when to look at a post again
UPDATE sweeps SET due_at = ? WHERE pid = ?;

-- replan_sweeps: the ages at which posts are looked at have changed
UPDATE sweeps SET due_at = NULL WHERE due_at IS NOT NULL;

-- due_sweeps: posts of a network to be looked at, the one whose last look is oldest first; shown ones more often
SELECT s.pid AS pid, p.id AS id, p.created_at AS created_at, COALESCE(s.looked_at, p.stored_at) AS looked_at, s.tries AS tries, s.error AS error FROM sweeps s JOIN posts p ON p.pid = s.pid
WHERE s.due_at <= :at AND s.not_before <= :at AND p.deleted_at IS NULL AND p.id >= :low AND p.id < :high
  AND (CAST(:brand AS TEXT) IS NULL OR p.brand = :brand OR EXISTS (SELECT 1 FROM mentions m WHERE m.pid = p.pid AND m.brand = :brand)
    OR p.brand IS NULL AND NOT EXISTS (SELECT 1 FROM mentions m WHERE m.pid = p.pid))
UNION
SELECT s.pid AS pid, p.id AS id, p.created_at AS created_at, COALESCE(s.looked_at, p.stored_at) AS looked_at, s.tries AS tries, s.error AS error
FROM conversations c JOIN turn_posts t ON t.cid = c.cid JOIN sweeps s ON s.pid = t.pid JOIN posts p ON p.pid = s.pid
WHERE c.state IN ('open', 'snoozed') AND COALESCE(s.looked_at, p.stored_at) <= :shown AND s.not_before <= :at AND p.deleted_at IS NULL
  AND p.id >= :low AND p.id < :high AND (CAST(:brand AS TEXT) IS NULL OR c.brand = :brand)
ORDER BY looked_at, pid LIMIT :limit;

-- looked: a post was looked at and is there
UPDATE sweeps SET looked_at = ?, due_at = ?, not_before = 0, tries = 0, error = NULL WHERE pid = ?;

-- unjudged: a post was asked for and could not be judged
UPDATE sweeps SET not_before = ?, tries = tries + 1, error = ? WHERE pid = ?;

-- sweep_troubles: posts that could not be judged the last time, and why
SELECT p.id, s.tries, s.error, s.not_before FROM sweeps s JOIN posts p ON p.pid = s.pid WHERE s.tries > 0 ORDER BY s.tries DESC, p.id LIMIT :limit;

-- sweep_day: how many posts a source's sweep has asked for on a day
SELECT asked, gone, changed, unjudged FROM sweep_days WHERE source = :source AND day = :day;

-- add_sweep_day: add a batch to a source's day
INSERT INTO sweep_days (source, day, asked, gone, changed, unjudged) VALUES (:source, :day, :asked, :gone, :changed, :unjudged)
ON CONFLICT (source, day) DO UPDATE SET asked = sweep_days.asked + excluded.asked, gone = sweep_days.gone + excluded.gone,
  changed = sweep_days.changed + excluded.changed, unjudged = sweep_days.unjudged + excluded.unjudged;

-- purge_sweep: a post that is gone is not looked at any more
DELETE FROM sweeps WHERE pid = :pid;

-- purge_tries: nor measured
DELETE FROM measure_tries WHERE pid = :pid;

-- purge_followers: how many followers the author of a purged post had is a fact about a person
UPDATE snapshots SET followers = NULL WHERE pid = :pid AND followers IS NOT NULL;

-- purge_notes: what people noted when they corrected the label of a purged post
UPDATE corrections SET note = NULL WHERE pid = :pid AND note IS NOT NULL;

-- purge_promises: words of a brand's post that is gone
DELETE FROM promises WHERE pid = :pid;

-- purge_outgoing: our copies of replies to a post that is gone, or of a reply that is gone; what is on its way is left to settle
UPDATE outbox SET text = '', detail = NULL WHERE (post = :id OR remote = :id) AND state IN ('sent', 'draft') AND (text <> '' OR detail IS NOT NULL);

-- purge_outgoing_log: remarks of the network about them
UPDATE outbox_log SET detail = NULL WHERE detail IS NOT NULL AND oid IN (SELECT oid FROM outbox WHERE (post = :id OR remote = :id) AND state IN ('sent', 'draft'));

-- tidy_outgoing: replies that were on their way when their post was purged, and have settled since
UPDATE outbox SET text = '', detail = NULL WHERE (text <> '' OR detail IS NOT NULL) AND state IN ('sent', 'draft') AND post IN (SELECT id FROM purges);

-- drafts_about: drafts of the conversations that a post belongs to, and whether a customer's post is left in them
SELECT d.cid, d.actor, d.text, (SELECT COUNT(*) FROM turn_posts o JOIN posts p ON p.pid = o.pid
  WHERE o.cid = d.cid AND p.brand IS NULL AND p.text IS NOT NULL AND p.pid <> :pid) AS others
FROM turn_posts t JOIN drafts d ON d.cid = t.cid WHERE t.pid = :pid;

-- blank_digests: kept weeks in which a text or an id occurs are emptied, to be written anew
UPDATE digests SET body = '' WHERE body <> '' AND replace(body, :needle, '') <> body;

-- blank_weeks: kept weeks that must be written anew
SELECT brand, week FROM digests WHERE body = '' ORDER BY brand, week;

-- drop_digest: a kept week that cannot be written anew
DELETE FROM digests WHERE brand = :brand AND week = :week AND body = '';

-- outdated_live: posts of other people that a live source brought and that are older than they may be kept
SELECT p.pid, p.id, p.created_at FROM posts p JOIN sweeps s ON s.pid = p.pid
WHERE p.created_at < :before AND p.deleted_at IS NULL AND p.brand IS NULL AND p.id >= :low AND p.id < :high ORDER BY p.created_at, p.pid LIMIT :limit;

-- outdated_files: the same of posts that came from files
SELECT p.pid, p.id, p.created_at FROM posts p
WHERE p.created_at < :before AND p.deleted_at IS NULL AND p.brand IS NULL AND NOT EXISTS (SELECT 1 FROM sweeps s WHERE s.pid = p.pid)
ORDER BY p.created_at, p.pid LIMIT :limit;

-- live_networks: the first of the ids that live sources brought behind a given one
SELECT MIN(p.id) AS id FROM posts p JOIN sweeps s ON s.pid = p.pid WHERE p.id >= :after;

-- outdated_rejects: records that could not be taken, older than they may be kept
UPDATE quarantine SET raw = '' WHERE at < :before AND raw <> '' AND source IN (SELECT source FROM sources WHERE archive = 0);

-- persons: people by id or by case-folded handle
SELECT aid, id, handle, name, followers, asked_at FROM authors WHERE id = :id OR lower(handle) = :handle ORDER BY id;

-- posts_of_person: everything that is stored of somebody's posts
SELECT p.pid, p.id, p.text, p.created_at, p.seen_at, p.stored_at, p.reply_to, p.thread, p.quote_of, p.repost_of, p.brand, p.lang, p.url, p.campaign, p.edited_at,
  p.machine, p.history, r.raw, c.at AS counted_at, c.likes, c.replies, c.reposts, c.quotes, c.saves, c.impressions, c.score, c.upvote_ratio
FROM posts p LEFT JOIN raws r ON r.pid = p.pid LEFT JOIN counts c ON c.pid = p.pid WHERE p.aid = :aid AND p.deleted_at IS NULL ORDER BY p.created_at, p.pid;

-- reposts_of_person: what others repeated of them
SELECT q.id FROM posts p JOIN posts q ON q.repost_of = p.id WHERE p.aid = :aid AND q.deleted_at IS NULL AND q.aid <> :aid ORDER BY q.id;

-- needs_of_person: triage's verdicts on somebody's posts
SELECT p.id, n.brand, n.needs_reply, n.urgency, n.priority, n.within_s, n.reasons FROM posts p JOIN needs n ON n.pid = p.pid
WHERE p.aid = :aid AND p.deleted_at IS NULL ORDER BY p.id, n.brand;

-- conversations_of_person: somebody's conversations with the brands
SELECT cid, brand, network, thread, state, waiting_since, due_at, priority, claimed_by, assigned_to, snoozed_until FROM conversations WHERE aid = :aid ORDER BY cid;

-- corrections_of_person: what people corrected about somebody's posts
SELECT p.id, x.cid, x.brand, x.field, x.was, x.value, x.model, x.actor, x.at, x.note, x.undone FROM corrections x JOIN posts p ON p.pid = x.pid
WHERE p.aid = :aid AND p.deleted_at IS NULL ORDER BY x.xid;

-- answers_of_person: what people said of somebody's posts in the blind test
SELECT p.id, e.actor, e.label, e.week, e.at FROM exam_answers e JOIN posts p ON p.pid = e.pid WHERE p.aid = :aid ORDER BY e.at, p.id;

-- replies_to_person: replies from here to somebody
SELECT o.oid, o.post, o.text, o.state, o.author, o.created_at, o.sent_at, o.remote FROM outbox o JOIN conversations c ON c.cid = o.cid WHERE c.aid = :aid ORDER BY o.oid;

-- drafts_to_person: what is being written to somebody
SELECT d.cid, d.actor, d.text, d.saved_at FROM drafts d JOIN conversations c ON c.cid = d.cid WHERE c.aid = :aid ORDER BY d.cid, d.actor;

-- naming_posts: posts of others, brands' among them, in which a name occurs
SELECT id, brand, text FROM posts WHERE text IS NOT NULL AND (aid IS NULL OR aid <> :aid) AND replace(lower(text), :needle, '') <> lower(text) ORDER BY id;

-- raws_naming: what networks said of other posts in which a name or number occurs
SELECT pid, raw FROM raws WHERE replace(raw, :needle, '') <> raw;

-- rejects_naming: records that could not be taken in which it occurs
SELECT qid, raw FROM quarantine WHERE replace(raw, :needle, '') <> raw;

-- drop_reject: forget a record that could not be taken
DELETE FROM quarantine WHERE qid = ?;

-- drafts_naming: drafts in which it occurs
SELECT cid, actor, text FROM drafts WHERE replace(text, :needle, '') <> text;

-- outgoing_naming: copies of replies in which it occurs
SELECT oid, text FROM outbox WHERE state IN ('sent', 'draft') AND replace(text, :needle, '') <> text;

-- blank_outgoing: empty a copy of a reply
UPDATE outbox SET text = '', detail = NULL WHERE oid = ?;

-- notes_naming: people's notes in which it occurs
SELECT xid, note FROM corrections WHERE note IS NOT NULL AND replace(note, :needle, '') <> note;

-- drop_note: forget a note
UPDATE corrections SET note = NULL WHERE xid = ?;

-- purged_count: how many posts were purged for each cause
SELECT cause, COUNT(*) AS n FROM purges GROUP BY cause ORDER BY cause;

-- people_all: everybody, by name
SELECT uid, name, role, password, language, theme, made_at, disabled_at FROM people ORDER BY name;

-- people_count: how many can sign in
SELECT COUNT(*) AS n FROM people WHERE disabled_at IS NULL AND (password IS NOT NULL OR subject IS NOT NULL);

-- people_folded: somebody by folded name
SELECT uid, name, role, password, language, theme, disabled_at FROM people WHERE folded = :folded;

-- people_uid: somebody by number
SELECT uid, name, role, password, language, theme, disabled_at FROM people WHERE uid = :uid;

-- people_admins: how many administrators can sign in
SELECT COUNT(*) AS n FROM people WHERE role = 'admin' AND disabled_at IS NULL AND password IS NOT NULL;

-- people_insert: somebody new
INSERT INTO people (name, folded, role, password, language, made_at) VALUES (:name, :folded, :role, :password, :language, :at)
ON CONFLICT (folded) DO NOTHING;

-- people_password: a new password
UPDATE people SET password = :password WHERE uid = :uid;

-- people_role: a new role
UPDATE people SET role = :role WHERE uid = :uid;

-- people_disable: from when on somebody may not sign in; NULL lets them in again
UPDATE people SET disabled_at = :at WHERE uid = :uid;

-- people_language: the language somebody chose
UPDATE people SET language = :language WHERE uid = :uid;

-- people_theme: the theme somebody chose
UPDATE people SET theme = :theme WHERE uid = :uid;

-- session_insert: a session
INSERT INTO sessions (token, uid, address, agent, made_at, seen_at) VALUES (:token, :uid, :address, :agent, :at, :at);

-- session_by_token: a session and whose it is
SELECT s.sid, s.made_at, s.seen_at, s.ended_at, p.uid, p.name, p.role, p.language, p.theme, p.disabled_at
FROM sessions s JOIN people p ON p.uid = s.uid WHERE s.token = :token;

-- session_seen: a session was used
UPDATE sessions SET seen_at = :at WHERE sid = :sid;

-- session_end: a session is over
UPDATE sessions SET ended_at = :at WHERE sid = :sid AND uid = :uid AND ended_at IS NULL;

-- sessions_end: all sessions of somebody are over, but one
UPDATE sessions SET ended_at = :at WHERE uid = :uid AND sid <> :but AND ended_at IS NULL;

-- sessions_of: the sessions of somebody that are not over
SELECT sid, address, agent, made_at, seen_at FROM sessions WHERE uid = :uid AND ended_at IS NULL AND seen_at > :since ORDER BY seen_at DESC;

-- session_from: whether somebody has signed in from an address before
SELECT 1 AS one FROM sessions WHERE uid = :uid AND address = :address LIMIT 1;

-- sessions_forget: sessions of long ago
DELETE FROM sessions WHERE seen_at < :before;

-- invitation_insert: a one-time link
INSERT INTO invitations (token, uid, name, role, made_by, made_at, ends_at) VALUES (:token, :uid, :name, :role, :made_by, :at, :ends_at);

-- invitation: a one-time link that can still be used
SELECT token, uid, name, role, made_by FROM invitations WHERE token = :token AND used_at IS NULL AND ends_at > :at;

-- invitation_use: a one-time link is used
UPDATE invitations SET used_at = :at WHERE token = :token AND used_at IS NULL AND ends_at > :at;

-- invitations_end: one-time links for a name or a person do not work any more
UPDATE invitations SET used_at = :at WHERE used_at IS NULL AND (name = :name OR uid = :uid);

-- invitations_open: one-time links that can still be used
SELECT name, role, made_by, made_at, ends_at, uid FROM invitations WHERE used_at IS NULL AND ends_at > :at ORDER BY made_at;

-- sign_in_tries: failures in a row
SELECT what, failures, last_at FROM sign_in_tries WHERE what IN (:whats);

-- sign_in_failed: one more failure; after a day without one the count begins anew
INSERT INTO sign_in_tries (what, failures, last_at) VALUES (?, 1, ?)
ON CONFLICT (what) DO UPDATE SET failures = CASE WHEN sign_in_tries.last_at < excluded.last_at - 86400 THEN 1 ELSE sign_in_tries.failures + 1 END,
  last_at = excluded.last_at;

-- sign_in_worked: failures are forgotten
DELETE FROM sign_in_tries WHERE what IN (:whats);

-- audit_last: the newest line of the audit log
SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1;

-- audit_insert: a line of the audit log
INSERT INTO audit (seq, at, actor, action, subject, detail, prior, hash) VALUES (:seq, :at, :actor, :action, :subject, :detail, :prior, :hash);

-- audit_all: the audit log from a line on
SELECT seq, at, actor, action, subject, detail, prior, hash FROM audit WHERE seq > :after ORDER BY seq LIMIT :limit;

-- audit_newest: the newest lines of the audit log
SELECT seq, at, actor, action, subject, detail FROM audit ORDER BY seq DESC LIMIT :limit;

-- search_conversations: the conversations of posts that a search found
SELECT t.pid, t.cid, c.brand, c.state, c.due_at FROM turn_posts t JOIN conversations c ON c.cid = t.cid WHERE t.pid IN (:pids);
