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

-- insert_installation: what tells this database from all others; made once
INSERT INTO counters (name, value) VALUES ('installation', :value) ON CONFLICT (name) DO NOTHING;

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

-- touch_post: something about a post has changed that is not in its row
UPDATE posts SET rev = ? WHERE pid = ?;

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

-- upsert_reading: the snapshot that stands for an age
INSERT INTO readings (pid, age, at) VALUES (?, ?, ?) ON CONFLICT (pid, age) DO UPDATE SET at = excluded.at WHERE readings.at <> excluded.at;

-- readings_of: the snapshots chosen for these posts
SELECT pid, age, at FROM readings WHERE pid IN (:pids);

-- drop_readings: a post that is gone is not compared any more
DELETE FROM readings WHERE pid = ?;

-- day_posts_of: where these posts are counted
SELECT pid, brand, network, day FROM day_posts WHERE pid IN (:pids);

-- upsert_day_post: count a post on a day
INSERT INTO day_posts (pid, brand, network, day) VALUES (?, ?, ?, ?)
ON CONFLICT (pid) DO UPDATE SET brand = excluded.brand, network = excluded.network, day = excluded.day;

-- drop_day_post: a post that no day counts any more
DELETE FROM day_posts WHERE pid = ?;

-- delete_day_posts: forget where a brand's posts are counted
DELETE FROM day_posts WHERE brand = :brand;

-- add_day_engagement: add what posts count for to a brand's day on a network at an age
INSERT INTO day_engagement (brand, day, network, age, parts, posts, known, with_impressions, impression_engagements, impressions, with_rate, rate_units,
  with_followers, follower_engagements, followers, with_comments, comments, with_score, score)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (brand, day, network, age, parts) DO UPDATE SET
  posts = day_engagement.posts + excluded.posts,
  known = day_engagement.known + excluded.known,
  with_impressions = day_engagement.with_impressions + excluded.with_impressions,
  impression_engagements = day_engagement.impression_engagements + excluded.impression_engagements,
  impressions = day_engagement.impressions + excluded.impressions,
  with_rate = day_engagement.with_rate + excluded.with_rate,
  rate_units = day_engagement.rate_units + excluded.rate_units,
  with_followers = day_engagement.with_followers + excluded.with_followers,
  follower_engagements = day_engagement.follower_engagements + excluded.follower_engagements,
  followers = day_engagement.followers + excluded.followers,
  with_comments = day_engagement.with_comments + excluded.with_comments,
  comments = day_engagement.comments + excluded.comments,
  with_score = day_engagement.with_score + excluded.with_score,
  score = day_engagement.score + excluded.score;

-- drop_day_engagement: a row that counts no post any more
DELETE FROM day_engagement WHERE brand = ? AND day = ? AND network = ? AND age = ? AND parts = ? AND posts = 0;

-- engagement: sums of all brands' days on each network at each age, by the acts that are known
SELECT brand, network, age, parts, CAST(SUM(posts) AS BIGINT) AS posts,
  CAST(SUM(known) AS BIGINT) AS known,
  CAST(SUM(with_impressions) AS BIGINT) AS with_impressions,
  CAST(SUM(impression_engagements) AS BIGINT) AS impression_engagements,
  CAST(SUM(impressions) AS BIGINT) AS impressions,
  CAST(SUM(with_rate) AS BIGINT) AS with_rate,
  CAST(SUM(rate_units) AS BIGINT) AS rate_units,
  CAST(SUM(with_followers) AS BIGINT) AS with_followers,
  CAST(SUM(follower_engagements) AS BIGINT) AS follower_engagements,
  CAST(SUM(followers) AS BIGINT) AS followers,
  CAST(SUM(with_comments) AS BIGINT) AS with_comments,
  CAST(SUM(comments) AS BIGINT) AS comments,
  CAST(SUM(with_score) AS BIGINT) AS with_score,
  CAST(SUM(score) AS BIGINT) AS score
FROM day_engagement WHERE day >= :start AND day < :end GROUP BY brand, network, age, parts ORDER BY brand, network, age, parts;

-- engagement_of: the same of one brand
SELECT brand, network, age, parts, CAST(SUM(posts) AS BIGINT) AS posts,
  CAST(SUM(known) AS BIGINT) AS known,
  CAST(SUM(with_impressions) AS BIGINT) AS with_impressions,
  CAST(SUM(impression_engagements) AS BIGINT) AS impression_engagements,
  CAST(SUM(impressions) AS BIGINT) AS impressions,
  CAST(SUM(with_rate) AS BIGINT) AS with_rate,
  CAST(SUM(rate_units) AS BIGINT) AS rate_units,
  CAST(SUM(with_followers) AS BIGINT) AS with_followers,
  CAST(SUM(follower_engagements) AS BIGINT) AS follower_engagements,
  CAST(SUM(followers) AS BIGINT) AS followers,
  CAST(SUM(with_comments) AS BIGINT) AS with_comments,
  CAST(SUM(comments) AS BIGINT) AS comments,
  CAST(SUM(with_score) AS BIGINT) AS with_score,
  CAST(SUM(score) AS BIGINT) AS score
FROM day_engagement WHERE brand = :brand AND day >= :start AND day < :end GROUP BY brand, network, age, parts ORDER BY brand, network, age, parts;

-- delete_days: forget a brand's sums of engagement
DELETE FROM day_engagement WHERE brand = :brand;

-- own_pids: a brand's own posts that are not replies, in order
SELECT pid, created_at FROM posts WHERE brand = :brand AND reply_to IS NULL AND repost_of IS NULL AND (created_at, pid) > (:at, :after)
ORDER BY created_at, pid LIMIT :limit;

-- zones_of: the zones of these brands
SELECT brand, zone FROM brands WHERE brand IN (:brands);

-- mentions_at: which brands these posts are about, and when they were written
SELECT pid, brand, created_at FROM mentions WHERE pid IN (:pids);

-- authors_of: who wrote these posts
SELECT pid, aid FROM posts WHERE pid IN (:pids);

-- label_names: what models said of these posts
SELECT pid, model, label FROM labels WHERE pid IN (:pids);

-- add_day_mentions: add posts about a brand to a day
INSERT INTO day_mentions (brand, day, posts) VALUES (?, ?, ?) ON CONFLICT (brand, day) DO UPDATE SET posts = day_mentions.posts + excluded.posts;

-- add_day_labels: add opinions about a brand's mentions to a day
INSERT INTO day_labels (brand, day, model, label, posts) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (brand, day, model, label) DO UPDATE SET posts = day_labels.posts + excluded.posts;

-- add_week_authors: add posts of a person about a brand to a week
INSERT INTO week_authors (brand, week, aid, posts) VALUES (?, ?, ?, ?)
ON CONFLICT (brand, week, aid) DO UPDATE SET posts = week_authors.posts + excluded.posts;

-- week_authors_known: which of these people a week has
SELECT aid FROM week_authors WHERE brand = :brand AND week = :week AND aid IN (:aids);

-- drop_week_authors: people of whom a week has no post any more
DELETE FROM week_authors WHERE brand = :brand AND week = :week AND aid IN (:aids) AND posts = 0;

-- add_week_mentions: add people to a week
INSERT INTO week_mentions (brand, week, authors, gone) VALUES (?, ?, ?, ?)
ON CONFLICT (brand, week) DO UPDATE SET authors = week_mentions.authors + excluded.authors, gone = week_mentions.gone + excluded.gone;

-- add_day_turns: add turns with an outcome to a day
INSERT INTO day_turns (brand, day, outcome, turns) VALUES (?, ?, ?, ?) ON CONFLICT (brand, day, outcome) DO UPDATE SET turns = day_turns.turns + excluded.turns;

-- add_day_hours: add arrivals and answers to an hour
INSERT INTO day_hours (brand, day, hour, arrivals, answers) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (brand, day, hour) DO UPDATE SET arrivals = day_hours.arrivals + excluded.arrivals, answers = day_hours.answers + excluded.answers;

-- drop_day_mentions: a day without mentions
DELETE FROM day_mentions WHERE brand = ? AND day = ? AND posts = 0;

-- drop_day_labels: a label that no mention of the day has
DELETE FROM day_labels WHERE brand = ? AND day = ? AND model = ? AND label = ? AND posts = 0;

-- drop_week_mentions: a week without people
DELETE FROM week_mentions WHERE brand = ? AND week = ? AND authors = 0 AND gone = 0;

-- drop_day_turns: an outcome that no turn of the day has
DELETE FROM day_turns WHERE brand = ? AND day = ? AND outcome = ? AND turns = 0;

-- drop_day_hours: an hour in which nothing happened
DELETE FROM day_hours WHERE brand = ? AND day = ? AND hour = ? AND arrivals = 0 AND answers = 0;

-- turns_of: what is summed of the turns of these conversations
SELECT brand, started_at, needs_reply, due_at, answered_at, excluded, excluded_at FROM turns WHERE cid IN (:cids);

-- delete_day_mentions: forget a brand's days
DELETE FROM day_mentions WHERE brand = :brand;

-- delete_day_labels: forget a brand's days of labels
DELETE FROM day_labels WHERE brand = :brand;

-- delete_week_authors: forget who wrote about a brand in which week
DELETE FROM week_authors WHERE brand = :brand;

-- delete_week_mentions: forget how many people did
DELETE FROM week_mentions WHERE brand = :brand;

-- delete_day_turns: forget a brand's days of turns
DELETE FROM day_turns WHERE brand = :brand;

-- delete_day_hours: forget a brand's hours
DELETE FROM day_hours WHERE brand = :brand;

-- gone_authors: how many people of each week of a brand were purged
SELECT week, gone FROM week_mentions WHERE brand = :brand AND gone > 0;

-- mentions_after: a brand's mentions in order of time
SELECT brand, pid, created_at FROM mentions WHERE brand = :brand AND (created_at, pid) > (:at, :after) ORDER BY created_at, pid LIMIT :limit;

-- turns_after: a brand's turns in order of time
SELECT brand, started_at, needs_reply, due_at, answered_at, excluded, excluded_at, cid, start_pid FROM turns
WHERE brand = :brand AND (started_at, cid, start_pid) > (:at, :cid, :after) ORDER BY started_at, cid, start_pid LIMIT :limit;

-- rollup_brands: every brand of which something is summed
SELECT brand FROM brands UNION SELECT DISTINCT brand FROM mentions UNION SELECT DISTINCT brand FROM turns ORDER BY brand;

-- rollups_missing: whether there are facts of a kind and no sums of them
SELECT 1 AS one FROM counters WHERE name = 'rev' AND (
  EXISTS (SELECT 1 FROM mentions) AND NOT EXISTS (SELECT 1 FROM day_mentions)
  OR EXISTS (SELECT 1 FROM turns) AND NOT EXISTS (SELECT 1 FROM day_turns)
  OR EXISTS (SELECT 1 FROM readings) AND NOT EXISTS (SELECT 1 FROM day_engagement));

-- unmentioned: mentions that posts just claimed as a brand's own lose
SELECT m.brand, m.pid, m.created_at FROM posts p JOIN mentions m ON m.pid = p.pid WHERE p.rev = :rev AND p.brand IS NOT NULL;

-- sum_mentions: posts about a brand on whole days
SELECT CAST(COALESCE(SUM(posts), 0) AS BIGINT) AS n FROM day_mentions WHERE brand = :brand AND day >= :start AND day < :end;

-- some_mentions: posts about a brand in a span
SELECT COUNT(*) AS n FROM mentions WHERE brand = :brand AND created_at >= :start AND created_at < :end;

-- some_authors: people who wrote about a brand in a span and are still known
SELECT COUNT(DISTINCT p.aid) AS n FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end;

-- week_people: how many people wrote about a brand in a week, those among them whose posts are gone included
SELECT authors + gone AS n FROM week_mentions WHERE brand = :brand AND week = :week;

-- sum_labels: opinions about a brand's mentions on whole days
SELECT label, CAST(SUM(posts) AS BIGINT) AS n FROM day_labels WHERE brand = :brand AND day >= :start AND day < :end AND model = :model GROUP BY label ORDER BY label;

-- sum_turns: turns of whole days by outcome
SELECT outcome, CAST(SUM(turns) AS BIGINT) AS n FROM day_turns WHERE brand = :brand AND day >= :start AND day < :end GROUP BY outcome ORDER BY outcome;

-- waiting_turns: turns of a span that wait, by when they are due
SELECT due_at, COUNT(*) AS n FROM turns WHERE brand = :brand AND needs_reply = 1 AND answered_at IS NULL AND excluded IS NULL
  AND started_at >= :start AND started_at < :end GROUP BY due_at;

-- sum_hours: arrivals and answers of whole days by day and hour
SELECT day, hour, arrivals, answers FROM day_hours WHERE brand = :brand AND day >= :start AND day < :end ORDER BY day, hour;

-- own_posts: of these posts those that are a brand's own and neither reply nor repost
SELECT pid, id, brand, created_at, deleted_at FROM posts WHERE pid IN (:pids) AND brand IS NOT NULL AND reply_to IS NULL AND repost_of IS NULL;

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
UPDATE conversations SET state = ?, pid = ?, waiting_since = ?, due_at = ?, priority = ?, unsure = ?, last_pid = ? WHERE cid = ?;

-- upsert_need: triage's verdict on a post
INSERT INTO needs (pid, brand, needs_reply, urgency, priority, within_s, reasons) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (pid, brand) DO UPDATE SET needs_reply = excluded.needs_reply, urgency = excluded.urgency, priority = excluded.priority,
  within_s = excluded.within_s, reasons = excluded.reasons;

-- reset_progress: let a job begin again
DELETE FROM progress WHERE job = :job;

-- open_queue: what waits for an answer, by due time, then by priority
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' ORDER BY due_at NULLS LAST, priority DESC LIMIT :limit;

-- open_queue_of_brand: the same for one brand
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND brand = :brand ORDER BY due_at NULLS LAST, priority DESC LIMIT :limit;

-- queue_late: what is late
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND due_at < :end ORDER BY due_at, priority DESC LIMIT :limit;

-- queue_late_of_brand: the same for one brand
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND brand = :brand AND due_at < :end ORDER BY due_at, priority DESC LIMIT :limit;

-- queue_part: what is due in a span and needs an answer for certain
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND unsure = 0 AND due_at >= :start AND due_at < :end ORDER BY due_at, priority DESC LIMIT :limit;

-- queue_part_of_brand: the same for one brand
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND brand = :brand AND unsure + 0 = 0 AND due_at >= :start AND due_at < :end
ORDER BY due_at, priority DESC LIMIT :limit;

-- queue_unsure: of what triage cannot say whether it needs an answer
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND unsure = 1 ORDER BY due_at, priority DESC LIMIT :limit;

-- queue_unsure_of_brand: the same for one brand
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'open' AND brand = :brand AND unsure = 1 ORDER BY due_at, priority DESC LIMIT :limit;

-- queue_snoozed: what rests, the one that comes back first leads
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'snoozed' ORDER BY snoozed_until, cid LIMIT :limit;

-- queue_snoozed_of_brand: the same for one brand
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE state = 'snoozed' AND brand = :brand ORDER BY snoozed_until, cid LIMIT :limit;

-- queue_mine: what somebody holds or should take
SELECT cid, brand, network, pid, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, newest, id, text, url, created_at,
  handle, name, followers, urgency, within_s, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE cid IN (SELECT o.cid FROM (SELECT h.cid, h.due_at FROM conversations h
    WHERE h.claimed_by = :actor AND h.lease_until > :now AND (CAST(:brand AS TEXT) IS NULL OR h.brand = :brand)
  UNION SELECT m.cid, m.due_at FROM conversations m
    WHERE m.assigned_to = :actor AND m.state IN ('open', 'snoozed') AND (CAST(:brand AS TEXT) IS NULL OR m.brand = :brand)
  ORDER BY 2 NULLS LAST, 1 LIMIT :limit) o) ORDER BY due_at NULLS LAST, cid;

-- queue_totals: how many wait, are late, are doubtful, rest, and are somebody's own, each counted up to a bound; and when the next is due
SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'open' LIMIT :most) w) AS waiting,
  (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'open' AND due_at < :now LIMIT :most) l) AS late,
  (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'open' AND unsure = 1 LIMIT :most) u) AS unsure,
  (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'snoozed' LIMIT :most) s) AS snoozed,
  (SELECT COUNT(*) FROM (SELECT h.cid FROM conversations h WHERE h.claimed_by = :actor AND h.lease_until > :now
    UNION SELECT m.cid FROM conversations m WHERE m.assigned_to = :actor AND m.state IN ('open', 'snoozed') LIMIT :most) o) AS mine,
  (SELECT MIN(due_at) FROM conversations WHERE state = 'open' AND due_at >= :now) AS next_due;

-- queue_totals_of_brand: the same for one brand
SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'open' AND brand = :brand LIMIT :most) w) AS waiting,
  (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'open' AND brand = :brand AND due_at < :now LIMIT :most) l) AS late,
  (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'open' AND brand = :brand AND unsure = 1 LIMIT :most) u) AS unsure,
  (SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations WHERE state = 'snoozed' AND brand = :brand LIMIT :most) s) AS snoozed,
  (SELECT COUNT(*) FROM (SELECT h.cid FROM conversations h WHERE h.claimed_by = :actor AND h.lease_until > :now AND h.brand = :brand
    UNION SELECT m.cid FROM conversations m WHERE m.assigned_to = :actor AND m.state IN ('open', 'snoozed') AND m.brand = :brand LIMIT :most) o) AS mine,
  (SELECT MIN(due_at) FROM conversations WHERE state = 'open' AND brand = :brand AND due_at >= :now) AS next_due;

-- queue_version: changes whenever what the queue page shows may have changed, time apart
SELECT (SELECT MAX(eid) FROM events) AS event, (SELECT MAX(rev) FROM posts) AS post, (SELECT MAX(lid) FROM outbox_log) AS outgoing,
  (SELECT CAST(SUM(rev) AS BIGINT) FROM progress) AS jobs,
  (SELECT CAST(SUM(COALESCE(last_ok, 0) + 3 * COALESCE(down_since, 0) + 5 * COALESCE(not_before, 0) + 7 * COALESCE(complete_to, 0)) AS BIGINT) FROM sources) AS read,
  (SELECT COUNT(*) FROM presence) AS present, (SELECT CAST(SUM(looking_until + 3 * typing_until + 5 * cid) AS BIGINT) FROM presence) AS doing;

-- newest_post: when the newest post about a brand or of one was written, of all brands or of one
SELECT MAX(CASE WHEN own.at > said.at OR said.at IS NULL THEN own.at ELSE said.at END) AS at
FROM (SELECT b.brand, (SELECT MAX(m.created_at) FROM mentions m WHERE m.brand = b.brand) AS at FROM brands b) said
JOIN (SELECT b.brand, (SELECT MAX(p.created_at) FROM posts p WHERE p.brand = b.brand) AS at FROM brands b) own ON own.brand = said.brand
WHERE CAST(:brand AS TEXT) IS NULL OR said.brand = :brand;

-- why_queued: for posts and each brand they belong to, what triage said and how their conversation stands
SELECT t.pid, t.brand AS for_brand, p.history, n.needs_reply, n.urgency, n.reasons, c.cid, c.state, c.pid AS pressing, c.due_at, c.snoozed_until, c.claimed_by, c.lease_until,
  (SELECT MAX(u.answered_at) FROM turns u WHERE u.cid = c.cid) AS answered_at
FROM turn_posts t JOIN posts p ON p.pid = t.pid JOIN conversations c ON c.cid = t.cid LEFT JOIN needs n ON n.pid = t.pid AND n.brand = t.brand
WHERE t.pid IN (:pids) ORDER BY t.pid, t.brand;

-- queue_posts: what the queue shows of the posts
SELECT p.pid, p.id, p.text, p.url, p.created_at, a.handle, a.name, a.followers FROM posts p LEFT JOIN authors a ON a.aid = p.aid WHERE p.pid IN (:pids);

-- queue_needs: triage's verdicts for the queue
SELECT pid, brand, needs_reply, urgency, priority, within_s, reasons FROM needs WHERE pid IN (:pids);

-- queue_counts: how many wait, and how many of them are late
SELECT brand, COUNT(*) AS waiting, CAST(SUM(CASE WHEN due_at < :now THEN 1 ELSE 0 END) AS BIGINT) AS late
FROM conversations WHERE state = 'open' GROUP BY brand ORDER BY brand;

-- turns_between: a brand's turns that began in a span
SELECT cid, started_at, needs_reply, demands, due_at, seen_at, answered_at, answer_pid, excluded, excluded_at, first_pid, start_pid, last_pid, last_at, posts
FROM turns WHERE brand = :brand AND started_at >= :start AND started_at < :end AND needs_reply >= :least ORDER BY started_at, cid;

-- direct_answers: each customer post that a brand answered directly, and when
SELECT q.pid, q.created_at AS asked_at, MIN(b.created_at) AS answered_at
FROM posts b JOIN posts q ON q.id = b.reply_to
WHERE b.brand = :brand AND b.created_at >= :start AND q.brand IS NULL AND b.machine = 0 AND q.created_at >= :start AND q.created_at < :end
GROUP BY q.pid, q.created_at ORDER BY q.pid;

-- totals: how many posts are stored, and how many of them are of customers
SELECT COUNT(*) AS posts, CAST(COALESCE(SUM(CASE WHEN brand IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS customer_posts,
  MIN(created_at) AS oldest, MAX(created_at) AS newest FROM posts;

-- about_total: how many times a post is about a brand
SELECT COUNT(*) AS n FROM mentions;

-- namesakes: posts of customers who are called like one of these accounts
SELECT a.id, LOWER(a.handle) AS handle, COUNT(*) AS n FROM authors a JOIN posts p ON p.aid = a.aid
WHERE LOWER(a.handle) IN (:handles) AND p.brand IS NULL GROUP BY a.id, LOWER(a.handle) ORDER BY a.id;

-- mention_texts: texts of a brand's mentions in a span for evidence, every so manieth; with least only those as surely negative
WITH chosen AS (
  SELECT m.pid, ROW_NUMBER() OVER (ORDER BY m.created_at, m.pid) AS place FROM mentions m JOIN posts p ON p.pid = m.pid
  LEFT JOIN labels l ON l.pid = m.pid AND l.model = :model
  WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.deleted_at IS NULL
    AND (CAST(:least AS DOUBLE PRECISION) IS NULL OR (l.negative >= :least AND l.label <> 'unsure'))
)
SELECT p.pid, p.id, p.text, p.created_at, p.aid, p.reply_to, p.quote_of, p.repost_of, p.campaign, a.handle, a.followers
FROM chosen c JOIN posts p ON p.pid = c.pid LEFT JOIN authors a ON a.aid = p.aid WHERE c.place % :every = 0 ORDER BY c.place;

-- mention_count: how many posts of a span there are, by how many people, and of the judged ones how many are negative; least as above
SELECT COUNT(*) AS posts, COUNT(DISTINCT COALESCE(p.aid, 0)) AS people,
  CAST(COALESCE(SUM(CASE WHEN l.label <> 'unsure' THEN 1 ELSE 0 END), 0) AS BIGINT) AS judged,
  CAST(COALESCE(SUM(CASE WHEN l.label = 'negative' THEN 1 ELSE 0 END), 0) AS BIGINT) AS negative
FROM mentions m JOIN posts p ON p.pid = m.pid LEFT JOIN labels l ON l.pid = m.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.deleted_at IS NULL
  AND (CAST(:least AS DOUBLE PRECISION) IS NULL OR (l.negative >= :least AND l.label <> 'unsure'));

-- label_counts: opinions about a brand's mentions in a span
SELECT l.label, COUNT(*) AS n FROM mentions m JOIN labels l ON l.pid = m.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end GROUP BY l.label ORDER BY l.label;

-- ensure_source: a source, with the start of its monitoring
INSERT INTO sources (source, connector, brand, archive, since, every) VALUES (:source, :connector, :brand, :archive, :since, :every)
ON CONFLICT (source) DO UPDATE SET connector = excluded.connector, brand = excluded.brand, archive = excluded.archive, every = excluded.every;

-- source: one source
SELECT source, connector, brand, archive, since, cursor, last_ok, failures, error, down_since, not_before, state, cause, unseen_since, complete_to,
  complete_from, alive, every, told, key_print FROM sources WHERE source = :source;

-- sources: all sources
SELECT source, connector, brand, archive, since, cursor, last_ok, failures, error, down_since, not_before, state, cause, unseen_since, complete_to,
  complete_from, alive, every, told, key_print FROM sources ORDER BY source;

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
ON CONFLICT (source, start_at, cause) DO UPDATE SET end_at = excluded.end_at, state = excluded.state,
  settled_at = CASE WHEN gaps.state <> excluded.state THEN excluded.recorded_at ELSE gaps.settled_at END
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

-- restart_source: read a source from its beginning
UPDATE sources SET cursor = NULL WHERE source = :source;

-- forgive_source: read a source again at once
UPDATE sources SET not_before = NULL WHERE source = :source;

-- source_alive: the monitor looks after this source now
UPDATE sources SET alive = :at WHERE source = :source;

-- source_complete: a source has been read up to here without any hole but the recorded gaps
UPDATE sources SET complete_to = :complete_to WHERE source = :source AND (complete_to IS NULL OR complete_to < :complete_to);

-- source_read_from: from when on a source has been read, where that lies before its start
UPDATE sources SET complete_from = :first WHERE source = :source AND complete_from IS NULL AND since > :first;

-- refill_gaps: what the core could not see has been read since
UPDATE gaps SET state = 'refilled', settled_at = :at WHERE source = :source AND state = 'open' AND end_at <= :complete_to
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
SELECT cid FROM conversations WHERE snoozed_until IS NOT NULL AND snoozed_until <= :now LIMIT :limit;

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

-- handed_over_open: what is meant for somebody and waits, with the last note of whoever handed it over
SELECT c.cid, c.brand, c.network, c.assigned_to, c.due_at, c.state, c.claimed_by, c.lease_until, e.actor, e.at, e.detail
FROM conversations c LEFT JOIN events e ON e.eid = (SELECT MAX(x.eid) FROM events x WHERE x.cid = c.cid AND x.kind = 'handed_over')
WHERE c.assigned_to IS NOT NULL AND c.state IN ('open', 'snoozed') ORDER BY c.due_at NULLS LAST, c.cid LIMIT :limit;

-- waits_ended: how long customers waited for the replies that people sent from here since a time
SELECT o.author, o.brand, o.sent_at, o.sent_at - p.created_at AS waited FROM outbox o JOIN posts p ON p.id = o.post
WHERE o.state = 'sent' AND o.sent_at >= :since ORDER BY o.sent_at LIMIT :limit;

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

-- presence_now: who has any conversation open
SELECT cid, actor, looking_until, typing_until FROM presence WHERE looking_until > :now ORDER BY cid, actor LIMIT :limit;

-- drop_presence: somebody closed a conversation
DELETE FROM presence WHERE cid = :cid AND actor = :actor;

-- old_presence: forget who was there
DELETE FROM presence WHERE looking_until <= :now;

-- insert_correction: somebody knows better
INSERT INTO corrections (cid, pid, brand, field, was, was_within, value, model, actor, at, note)
SELECT :cid, :pid, :brand, :field, :was, (SELECT n.within_s FROM needs n WHERE n.pid = :pid AND n.brand = :brand), :value, :model, :actor, :at, :note;

-- undo_correction: somebody takes a correction back
UPDATE corrections SET undone = 1, undone_at = :now,
  undone_within = (SELECT n.within_s FROM needs n WHERE n.pid = corrections.pid AND n.brand = corrections.brand) WHERE cid = :cid AND actor = :actor AND at = :at;

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
WHERE m.kept_at IS NULL ORDER BY m.due_at, m.cid LIMIT :limit;

-- open_promises_of_brand: the same for one brand
SELECT m.cid, m.brand, m.phrase, m.made_at, m.due_at, p.id, c.network, c.claimed_by, c.state, a.handle,
  (SELECT q.text FROM posts q WHERE q.id = p.reply_to) AS text
FROM promises m JOIN posts p ON p.pid = m.pid JOIN conversations c ON c.cid = m.cid LEFT JOIN authors a ON a.aid = c.aid
WHERE m.kept_at IS NULL AND m.brand = :brand ORDER BY m.due_at, m.cid LIMIT :limit;

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

-- alert_buckets: how many posts about a brand each bucket of a span holds, how many of them are negative, judged, history
SELECT m.created_at - m.created_at % 300 AS bucket, COUNT(*) AS posts,
  CAST(SUM(CASE WHEN l.negative >= 0.5 AND l.label <> 'unsure' THEN 1 ELSE 0 END) AS BIGINT) AS negative,
  CAST(SUM(CASE WHEN l.label <> 'unsure' THEN 1 ELSE 0 END) AS BIGINT) AS judged, CAST(SUM(p.history) AS BIGINT) AS old
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

-- alert_recent: what the detector remembered less than an hour ago
SELECT since, upto, rules, seen, state FROM alert_recent WHERE brand = :brand AND kind = :kind;

-- put_alert_recent: keep what the detector remembers now
INSERT INTO alert_recent (brand, kind, since, upto, rules, seen, state) VALUES (:brand, :kind, :since, :upto, :rules, :seen, :state)
ON CONFLICT (brand, kind) DO UPDATE SET since = excluded.since, upto = excluded.upto, rules = excluded.rules, seen = excluded.seen, state = excluded.state;

-- alert_fit: the strictness that was fitted for a brand
SELECT budget, strictness, fitted_at FROM alert_fits WHERE brand = :brand;

-- put_alert_fit: keep the strictness that was fitted for a brand
INSERT INTO alert_fits (brand, budget, strictness, fitted_at) VALUES (:brand, :budget, :strictness, :fitted_at)
ON CONFLICT (brand) DO UPDATE SET budget = excluded.budget, strictness = excluded.strictness, fitted_at = excluded.fitted_at;

-- counted_span: what came of asking a source's network how many posts there were
SELECT source, brand, network, start_at, end_at, state, at, detail FROM counted_spans WHERE source = :source;

-- counted_spans: the same of every live source of a brand
SELECT s.source, s.since, c.network, COALESCE(c.start_at, s.since) AS start_at, COALESCE(c.end_at, s.since) AS end_at, COALESCE(c.state, 'none') AS state, c.at, c.detail
FROM sources s LEFT JOIN counted_spans c ON c.source = s.source WHERE s.brand = :brand AND s.archive = 0 AND s.state <> 'retired' ORDER BY s.source;

-- counted_buckets: posts that a source's network counted before the first one that was read
SELECT bucket, posts FROM counted_posts WHERE source = :source AND bucket >= :start AND bucket < :end;

-- put_counted: posts that a network counted in five minutes
INSERT INTO counted_posts (source, bucket, posts) VALUES (?, ?, ?) ON CONFLICT (source, bucket) DO UPDATE SET posts = excluded.posts;

-- put_counted_span: what came of asking for them
INSERT INTO counted_spans (source, brand, network, start_at, end_at, state, at, detail) VALUES (:source, :brand, :network, :start_at, :end_at, :state, :at, :detail)
ON CONFLICT (source) DO UPDATE SET brand = excluded.brand, network = excluded.network, start_at = excluded.start_at, end_at = excluded.end_at,
  state = excluded.state, at = excluded.at, detail = excluded.detail;

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
SELECT uid, name, role, password, subject, language, theme, disabled_at FROM people WHERE folded = :folded;

-- people_uid: somebody by number
SELECT uid, name, role, password, subject, language, theme, disabled_at FROM people WHERE uid = :uid;

-- people_subject: somebody by issuer|subject of the identity provider
SELECT uid, name, role, password, subject, language, theme, disabled_at FROM people WHERE subject = :subject;

-- people_bind: by whom the identity provider vouches for somebody; NULL: by nobody
UPDATE people SET subject = :subject WHERE uid = :uid;

-- sign_in_once: a sign-in through the identity provider is finished; the second time it is not new
INSERT INTO sign_ins (state, ends_at) VALUES (:state, :ends_at) ON CONFLICT (state) DO NOTHING;

-- sign_ins_forget: finished sign-ins that could not be repeated any more
DELETE FROM sign_ins WHERE ends_at < :at;

-- people_admins: how many administrators can sign in
SELECT COUNT(*) AS n FROM people WHERE role = 'admin' AND disabled_at IS NULL AND (password IS NOT NULL OR subject IS NOT NULL);

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

-- week_mentions: posts about a brand in a span and their authors, as far as they had arrived
SELECT COUNT(*) AS posts, COUNT(DISTINCT p.aid) AS authors FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.stored_at <= :as_of;

-- week_labels: opinions about a brand's mentions in a span, as far as they had arrived
SELECT l.label, COUNT(*) AS n FROM mentions m JOIN posts p ON p.pid = m.pid JOIN labels l ON l.pid = m.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.stored_at <= :as_of AND l.at <= :as_of
GROUP BY l.label ORDER BY l.label;

-- week_models: which models had read a brand's mentions of a span by an instant, the one that read most first
SELECT l.model, COUNT(*) AS n FROM mentions m JOIN labels l ON l.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND l.at <= :as_of GROUP BY l.model ORDER BY n DESC, l.model DESC;

-- week_texts: what people wrote about a brand in a span, reposts left out, as it stood at an instant
SELECT p.pid, p.id, p.aid, a.handle, p.created_at, p.url, l.label, l.negative, n.reasons,
  COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM mentions m JOIN posts p ON p.pid = m.pid LEFT JOIN authors a ON a.aid = p.aid
LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model AND l.at <= :as_of LEFT JOIN needs n ON n.pid = p.pid AND n.brand = m.brand
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.stored_at <= :as_of
  AND p.text IS NOT NULL AND p.repost_of IS NULL AND p.pid % :step = 0 ORDER BY m.created_at, m.pid;

-- week_own: a brand's own posts of a span with their snapshots of about an age, as far as they had been taken
SELECT p.pid, p.id, a.handle, p.url, p.created_at, p.campaign, s.at, s.likes, s.replies, s.reposts, s.quotes, s.saves, s.impressions, s.score, s.upvote_ratio, s.followers,
  COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM posts p LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN snapshots s ON s.pid = p.pid AND s.at >= p.created_at + :youngest AND s.at <= p.created_at + :oldest AND s.at <= :as_of
WHERE p.brand = :brand AND p.created_at >= :start AND p.created_at < :end AND p.stored_at <= :as_of
  AND p.reply_to IS NULL AND p.repost_of IS NULL AND p.deleted_at IS NULL ORDER BY p.created_at, p.pid, s.at;

-- week_gaps: spans that may not have been seen, as far as that was known at an instant
SELECT g.source, g.start_at, g.end_at, g.cause, CASE WHEN g.settled_at > :as_of THEN 'open' ELSE g.state END AS state, s.brand
FROM gaps g LEFT JOIN sources s ON s.source = g.source
WHERE g.end_at > :start AND g.start_at < :end AND g.recorded_at <= :as_of ORDER BY g.start_at, g.source, g.cause;

-- week_touched: of these conversations those in which something arrived after an instant
SELECT DISTINCT m.cid FROM turn_posts m JOIN posts p ON p.pid = m.pid LEFT JOIN purges g ON g.id = p.id
WHERE m.cid IN (:cids) AND (p.stored_at > :as_of OR g.purged_at > :as_of)
UNION SELECT DISTINCT e.cid FROM events e WHERE e.cid IN (:cids) AND e.at > :as_of;

-- week_members: posts of these conversations that had arrived by an instant, with triage's verdicts
SELECT m.cid, m.brand AS of_brand, p.pid, p.created_at, p.seen_at, p.brand, p.machine, p.history, p.deleted_at, g.purged_at, n.needs_reply, n.within_s, n.reasons
FROM turn_posts m JOIN posts p ON p.pid = m.pid LEFT JOIN purges g ON g.id = p.id LEFT JOIN needs n ON n.pid = p.pid AND n.brand = m.brand
WHERE m.cid IN (:cids) AND p.stored_at <= :as_of ORDER BY m.cid, p.created_at, p.pid;

-- week_corrections: what people corrected in triage's verdicts on these posts, oldest first, with when it was taken back
SELECT pid, was, was_within, value, at, undone, undone_at, undone_within FROM corrections WHERE brand = :brand AND pid IN (:pids) AND field = 'need' ORDER BY xid;

-- week_late: whether anything was stored after an instant
SELECT 1 AS one FROM posts WHERE pid = (SELECT MAX(pid) FROM posts) AND stored_at > :as_of;

-- week_newest: when the newest post that had arrived by an instant was written
SELECT MAX(created_at) AS newest FROM posts WHERE stored_at <= :as_of;

-- week_promises: what a brand promised for a span
SELECT m.cid, m.phrase, m.made_at, m.due_at, m.kept_at, p.id, p.url, a.handle FROM promises m JOIN posts p ON p.pid = m.pid
JOIN conversations c ON c.cid = m.cid LEFT JOIN authors a ON a.aid = c.aid
WHERE m.brand = :brand AND m.due_at >= :start AND m.due_at < :end AND p.stored_at <= :as_of ORDER BY m.due_at, m.cid, m.pid;

-- week_old_promises: how many promises that were due in a span stood open at an instant
SELECT COUNT(*) AS n FROM promises m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.due_at >= :start AND m.due_at < :end AND p.stored_at <= :as_of AND (m.kept_at IS NULL OR m.kept_at > :as_of);

-- week_regulars: people who wrote about a brand at least so often in a span, and since an instant of it too
SELECT p.aid, COUNT(*) AS n FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.stored_at <= :as_of AND p.aid IS NOT NULL AND p.deleted_at IS NULL
GROUP BY p.aid HAVING COUNT(*) >= :least AND SUM(CASE WHEN m.created_at >= :since THEN 1 ELSE 0 END) > 0 ORDER BY n DESC, p.aid LIMIT :limit;

-- week_deeds: what these people wrote about a brand in a span, with whose posts they answered and shared
SELECT p.pid, p.id, p.aid, a.id AS author, a.handle, p.created_at, p.url, p.repost_of, l.label, q.aid AS to_aid, q.brand AS to_brand, k.needs_reply AS asked, s.brand AS shared_brand,
  COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM posts p JOIN mentions m ON m.pid = p.pid AND m.brand = :brand JOIN authors a ON a.aid = p.aid
LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model AND l.at <= :as_of
LEFT JOIN posts q ON q.id = p.reply_to LEFT JOIN needs k ON k.pid = q.pid AND k.brand = m.brand
LEFT JOIN posts s ON s.id = COALESCE(p.quote_of, p.repost_of)
WHERE p.aid IN (:aids) AND p.created_at >= :start AND p.created_at < :end AND p.stored_at <= :as_of AND p.text IS NOT NULL ORDER BY p.created_at, p.pid;

-- week_refs: what a report shows of these posts, and the conversation that each belongs to
SELECT p.pid, p.id, p.url, p.created_at, a.handle, t.cid,
  COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM posts p LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN turn_posts t ON t.pid = p.pid AND t.brand = :brand WHERE p.pid IN (:pids) ORDER BY p.pid;

-- week_direct: each customer post of a span that the brand answered directly, as far as it had arrived
SELECT q.pid, q.created_at AS asked_at, MIN(b.created_at) AS answered_at
FROM mentions m JOIN posts q ON q.pid = m.pid JOIN posts b ON b.reply_to = q.id AND b.brand = m.brand
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND q.brand IS NULL AND b.machine = 0 AND q.stored_at <= :as_of AND b.stored_at <= :as_of
GROUP BY q.pid, q.created_at ORDER BY q.pid;

-- digest: a brand's week as it was reported, and the instant as of which
SELECT body, made_at FROM digests WHERE brand = :brand AND week = :week;

-- blank_digest_instants: kept weeks that must be written anew, and the instants as of which they were reported
SELECT brand, week, made_at FROM digests WHERE body = '' ORDER BY brand, week;

-- insert_occasion: something to be told; the same key is told once
INSERT INTO occasions (occasion, what, brand, alid, level, at, due_at, plan, hole, state, detail)
VALUES (:occasion, :what, :brand, :alid, :level, :at, :due_at, :plan, :hole, :state, :detail) ON CONFLICT (occasion) DO NOTHING;

-- occasion: one of them
SELECT occasion, what, brand, alid, level, at, due_at, plan, hole, state, detail FROM occasions WHERE occasion = :occasion;

-- occasions_of: all that was to be told of an alert, oldest first
SELECT occasion, what, brand, alid, level, at, due_at, plan, hole, state, detail FROM occasions WHERE alid = :alid ORDER BY at, occasion;

-- occasions_open: what is being told or held back
SELECT occasion, what, brand, alid, level, at, due_at, plan, hole, state, detail FROM occasions WHERE state IN ('held', 'going') ORDER BY at, occasion;

-- occasions_since: what was to be told since an instant, newest first
SELECT occasion, what, brand, alid, level, at, due_at, plan, hole, state, detail FROM occasions WHERE at >= :since ORDER BY at DESC, occasion LIMIT :limit;

-- summaries_since: what summaries of a brand named which alerts, oldest first
SELECT occasion, what, brand, alid, level, at, due_at, plan, hole, state, detail FROM occasions WHERE at >= :since AND what = 'summary' AND brand = :brand ORDER BY at, occasion;

-- set_occasion: how far it has come
UPDATE occasions SET state = :state, detail = :detail WHERE occasion = :occasion AND state = :was;

-- insert_delivery: a message on its way to a channel; one for each occasion and channel
INSERT INTO deliveries (occasion, channel, who, line, place, title, payload, state, created_at, not_before)
VALUES (:occasion, :channel, :who, :line, :place, :title, :payload, 'waiting', :at, :not_before) ON CONFLICT (occasion, channel) DO NOTHING RETURNING did;

-- insert_delivery_post: a post that a payload quotes
INSERT INTO delivery_posts (did, post) VALUES (?, ?) ON CONFLICT (did, post) DO NOTHING;

-- delivery: one message
SELECT d.did, d.occasion, d.channel, d.who, d.line, d.place, d.title, d.payload, d.state, d.created_at, d.not_before, d.token, d.holder, d.sending_at, d.tries,
  d.rounds, d.sent_at, d.reason, d.detail, o.what, o.brand, o.alid, o.level, o.at AS arose_at, o.plan, o.hole, o.state AS occasion_state
FROM deliveries d JOIN occasions o ON o.occasion = d.occasion WHERE d.did = :did;

-- deliveries_of: the messages of an occasion
SELECT did, occasion, channel, who, line, place, title, payload, state, created_at, not_before, token, holder, sending_at, tries, rounds, sent_at, reason, detail
FROM deliveries WHERE occasion = :occasion ORDER BY line, place, did;

-- deliveries_due: messages that may go out now, oldest first
SELECT did FROM deliveries WHERE state = 'waiting' AND not_before <= :at ORDER BY not_before, did LIMIT :limit;

-- deliveries_sending: messages of which a try is under way
SELECT did, token, holder, sending_at FROM deliveries WHERE state = 'sending' ORDER BY did;

-- deliveries_unsettled: messages that are on their way or of which nobody knows whether they came
SELECT d.did, d.occasion, d.channel, d.who, d.title, d.state, d.created_at, d.not_before, d.sending_at, d.tries, d.sent_at, d.reason, d.detail, o.what, o.brand, o.alid, o.level
FROM deliveries d JOIN occasions o ON o.occasion = d.occasion WHERE d.state IN ('waiting', 'sending', 'unknown') ORDER BY d.did;

-- deliveries_since: messages of the occasions since an instant, newest first
SELECT d.did, d.occasion, d.channel, d.who, d.title, d.state, d.created_at, d.not_before, d.sending_at, d.tries, d.sent_at, d.reason, d.detail, o.what, o.brand, o.alid, o.level
FROM deliveries d JOIN occasions o ON o.occasion = d.occasion WHERE d.created_at >= :since ORDER BY d.did DESC LIMIT :limit;

-- deliveries_of_alert: messages about an alert, oldest first
SELECT d.did, d.occasion, d.channel, d.who, d.title, d.state, d.created_at, d.not_before, d.sending_at, d.tries, d.sent_at, d.reason, d.detail, o.what, o.brand, o.alid, o.level, o.hole
FROM deliveries d JOIN occasions o ON o.occasion = d.occasion WHERE o.alid = :alid ORDER BY d.did;

-- begin_delivery: the one try of a message; who gets no row back must not send
UPDATE deliveries SET state = 'sending', token = :token, holder = :holder, sending_at = :at, tries = tries + 1, reason = NULL, detail = NULL
WHERE did = :did AND state = 'waiting' AND payload <> '' RETURNING did;

-- end_delivery: what came of a try
UPDATE deliveries SET state = :state, token = NULL, not_before = :not_before, sent_at = :sent_at, reason = :reason, detail = :detail
WHERE did = :did AND state = 'sending' AND token = :token RETURNING did;

-- late_delivery: a try that was taken for lost came through after all
UPDATE deliveries SET state = 'sent', sent_at = :at, reason = 'late', detail = NULL WHERE did = :did AND state = 'unknown' AND token = :token RETURNING did;

-- lose_delivery: a try whose process is gone or silent
UPDATE deliveries SET state = 'unknown', reason = 'lost' WHERE did = :did AND state = 'sending' AND token = :token RETURNING did;

-- move_delivery: on without a try
UPDATE deliveries SET state = :state, not_before = :not_before, tries = :tries, rounds = :rounds, sent_at = :sent_at, reason = :reason, detail = :detail
WHERE did = :did AND state = :was RETURNING did;

-- write_delivery: a message that is waiting is written anew
UPDATE deliveries SET title = :title, payload = :payload WHERE did = :did AND state = 'waiting';

-- empty_deliveries: messages that have ended hold no text any more
UPDATE deliveries SET payload = '' WHERE occasion = :occasion AND state IN ('sent', 'given_up') AND payload <> '';

-- drop_delivery_posts: what a message without text quotes is nothing
DELETE FROM delivery_posts WHERE did IN (SELECT did FROM deliveries WHERE occasion = :occasion AND payload = '');

-- purge_deliveries: messages that quote a post are emptied, to be written anew without it
UPDATE deliveries SET payload = '' WHERE payload <> '' AND did IN (SELECT did FROM delivery_posts WHERE post = :id);

-- purge_digest_deliveries: digests of weeks that have to be written anew are emptied
UPDATE deliveries SET payload = '' WHERE payload <> '' AND EXISTS (SELECT 1 FROM occasions o JOIN digests w ON w.brand = o.brand
  WHERE o.occasion = deliveries.occasion AND o.what = 'digest' AND o.detail = w.week AND w.body = '');

-- blank_deliveries: every message that still holds its text is emptied, to be written anew
UPDATE deliveries SET payload = '' WHERE payload <> '';

-- log_delivery: a line of a message's history
INSERT INTO delivery_log (did, at, state, actor, detail) VALUES (:did, :at, :state, :actor, :detail);

-- delivery_log: the history of messages, oldest first
SELECT did, at, state, actor, detail FROM delivery_log WHERE did IN (:dids) ORDER BY lid;

-- channel_standing: when each channel last worked and last failed
SELECT channel, MAX(CASE WHEN state = 'sent' THEN sent_at END) AS sent_at, MAX(CASE WHEN state IN ('failed', 'unknown') OR (state = 'waiting' AND reason IS NOT NULL) THEN sending_at END) AS failed_at
FROM deliveries GROUP BY channel ORDER BY channel;

-- channel_trouble: the newest failure of a channel
SELECT did, state, reason, detail, sending_at FROM deliveries WHERE channel = :channel AND reason IS NOT NULL AND reason NOT IN ('late', 'person', 'needless') ORDER BY sending_at DESC NULLS LAST, did DESC LIMIT 1;

-- alert: one episode
SELECT alid, brand, kind, level, start_at, end_at, observed, expected, p, authors, evidence, state, recorded_at FROM alerts WHERE alid = :alid;

-- alerts_to_tell: episodes that go on or ended lately, oldest first
SELECT alid, brand, kind, level, start_at, end_at, observed, expected, p, authors, evidence, state, recorded_at FROM alerts WHERE state = 'open' OR end_at >= :since ORDER BY start_at, alid;

-- alerts_listed: episodes of a span, newest first
SELECT alid, brand, kind, level, start_at, end_at, observed, expected, p, authors, evidence, state, recorded_at FROM alerts
WHERE end_at >= :start AND start_at < :end AND (CAST(:brand AS TEXT) IS NULL OR brand = :brand) ORDER BY start_at DESC, brand, kind LIMIT :limit;

-- alert_overlaps: other episodes of the same kind at the same time that were told, such as one found anew under other settings
SELECT DISTINCT a.alid, o.level FROM alerts a JOIN occasions o ON o.alid = a.alid AND o.what IN ('opened', 'raised')
WHERE a.brand = :brand AND a.kind = :kind AND a.alid <> :alid AND a.start_at < :end AND a.end_at > :start;

-- insert_alert_fact: what somebody did about an alert
INSERT INTO alert_facts (alid, at, kind, actor, detail) VALUES (:alid, :at, :kind, :actor, :detail) RETURNING fid;

-- alert_facts: what was done about these alerts, oldest first
SELECT fid, alid, at, kind, actor, detail FROM alert_facts WHERE alid IN (:alids) ORDER BY fid;

-- lock_alert: keep others from changing an alert until the transaction ends
UPDATE alerts SET state = state WHERE alid = :alid;

-- alert_verdicts: how many alerts of a span people looked at, and what they judged
SELECT a.brand, f.kind, f.detail, f.alid FROM alert_facts f JOIN alerts a ON a.alid = f.alid
WHERE a.start_at >= :start AND a.start_at < :end AND f.kind IN ('no_crisis', 'reopened') ORDER BY f.fid;

-- notes_on_alerts: people's notes on alerts
SELECT fid, detail FROM alert_facts WHERE kind <> 'acknowledged' AND detail <> '{}' AND replace(detail, :needle, '') <> detail;

-- rewrite_alert_fact: a note without what had to go
UPDATE alert_facts SET detail = ? WHERE fid = ?;

-- first_of_alert: the first post of an episode's span
SELECT MIN(m.created_at) AS first_at FROM mentions m WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end;

-- alert_posts: posts that stand for an episode, as far as they are still there and no history
SELECT p.pid, p.id, p.text, p.url, p.created_at, p.lang, a.handle, a.name, a.followers FROM posts p LEFT JOIN authors a ON a.aid = p.aid
WHERE p.id IN (:ids) AND p.deleted_at IS NULL AND p.history = 0;

-- alert_link: whom a one-time link is for, while it works
SELECT alid, who, channel, ends_at FROM alert_links WHERE token = :token AND used_at IS NULL AND ends_at > :at;

-- insert_alert_link: a one-time link
INSERT INTO alert_links (token, alid, who, channel, made_at, ends_at) VALUES (:token, :alid, :who, :channel, :at, :ends_at);

-- use_alert_link: a one-time link works once
UPDATE alert_links SET used_at = :at WHERE token = :token AND used_at IS NULL AND ends_at > :at;

-- texts_to_embed: customers' posts after a rev that need a reply
SELECT p.pid, p.rev, p.text FROM posts p
WHERE p.rev > :rev AND p.rev <= :upto AND p.brand IS NULL AND p.text IS NOT NULL
  AND EXISTS (SELECT 1 FROM needs n WHERE n.pid = p.pid AND n.needs_reply = 1) ORDER BY p.rev, p.pid LIMIT :limit;

-- revs_with_text: revs of these posts as far as their text is still there
SELECT pid, rev FROM posts WHERE pid IN (:pids) AND text IS NOT NULL;

-- upsert_vector: the direction of a post
INSERT INTO vectors (pid, space, vector) VALUES (?, ?, ?) ON CONFLICT (pid) DO UPDATE SET space = excluded.space, vector = excluded.vector;

-- vector_of: the direction of a post
SELECT space, vector FROM vectors WHERE pid = :pid;

-- vectors_among: directions of these posts in a space
SELECT pid, vector FROM vectors WHERE pid IN (:pids) AND space = :space;

-- vectors_answered: directions of the posts that a brand answered last in other conversations
SELECT v.pid, v.vector FROM (
  SELECT DISTINCT cid, started_at, start_pid FROM turns
  WHERE brand = :brand AND answer_pid IS NOT NULL AND cid <> :cid ORDER BY started_at DESC LIMIT :limit
) t JOIN vectors v ON v.pid = t.start_pid WHERE v.space = :space;

-- purge_vector: the direction of a purged post
DELETE FROM vectors WHERE pid = :pid;

-- kpi_mentions: a page of a brand's mentions in a span as they stood at an instant, with what they answer and quote, in order of time
SELECT p.pid, p.id, p.aid, p.url, p.created_at, p.repost_of, p.campaign, a.handle, t.cid, l.label, q.brand AS answers, w.brand AS quotes, r.brand AS root,
  COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM mentions m JOIN posts p ON p.pid = m.pid LEFT JOIN authors a ON a.aid = p.aid
LEFT JOIN turn_posts t ON t.pid = p.pid AND t.brand = m.brand LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model AND l.at <= :as_of
LEFT JOIN posts q ON q.id = p.reply_to AND q.stored_at <= :as_of LEFT JOIN posts w ON w.id = p.quote_of AND w.stored_at <= :as_of
LEFT JOIN posts r ON r.id = p.thread AND r.stored_at <= :as_of
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND (m.created_at > :start OR m.pid > :after) AND p.stored_at <= :as_of
ORDER BY m.created_at, m.pid LIMIT :limit;

-- kpi_texts: what the mentions of a span said at an instant, reposts and deleted ones left out, in order of time
SELECT m.created_at, p.pid, COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND (m.created_at > :start OR m.pid > :after) AND p.stored_at <= :as_of
  AND p.repost_of IS NULL AND p.text IS NOT NULL
ORDER BY m.created_at, m.pid LIMIT :limit;

-- kpi_new_voices: people who wrote about a brand in a span, how many of them for the first time, and posts without a known author, as far as they had arrived
SELECT (SELECT COUNT(*) FROM mentions m JOIN posts p ON p.pid = m.pid
    WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.stored_at <= :as_of AND p.aid IS NULL AND p.repost_of IS NULL) AS nameless,
  COUNT(*) AS authors, CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM posts q CROSS JOIN mentions n
    WHERE q.aid = v.aid AND q.repost_of IS NULL AND q.created_at < :start AND q.stored_at <= :as_of
      AND n.brand = :brand AND n.created_at = q.created_at AND n.pid = q.pid) THEN 0 ELSE 1 END), 0) AS BIGINT) AS fresh
FROM (SELECT DISTINCT p.aid FROM mentions m JOIN posts p ON p.pid = m.pid
  WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND p.stored_at <= :as_of AND p.aid IS NOT NULL AND p.repost_of IS NULL) v;

-- kpi_watched: the oldest post about a brand before an instant, of those that had arrived by another
SELECT m.created_at FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at < :end AND p.stored_at <= :as_of ORDER BY m.created_at, m.pid LIMIT 1;

-- watch_oldest: the oldest post about a brand before an instant that was recorded or watched, not read back at a start
SELECT m.created_at FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at < :end AND p.stored_at <= :as_of AND (p.seen_at IS NULL OR p.history = 0)
ORDER BY m.created_at, m.pid LIMIT 1;

-- watch_newest: the newest post about a brand before an instant that was recorded or watched, not read back at a start
SELECT m.created_at FROM mentions m JOIN posts p ON p.pid = m.pid
WHERE m.brand = :brand AND m.created_at < :end AND p.stored_at <= :as_of AND (p.seen_at IS NULL OR p.history = 0)
ORDER BY m.created_at DESC, m.pid DESC LIMIT 1;

-- kpi_spoken: turns of a span with the people whose they are, in order of time
SELECT c.aid, t.cid, t.started_at, t.last_at, t.excluded FROM turns t CROSS JOIN conversations c
WHERE t.brand = :brand AND t.started_at >= :first AND t.started_at < :until AND c.cid = t.cid AND c.aid IS NOT NULL ORDER BY t.started_at, t.cid, t.start_pid;

-- kpi_more_before: whether a brand had more turns than so many before an instant
SELECT 1 AS one FROM turns WHERE brand = :brand AND started_at < :first ORDER BY started_at LIMIT 1 OFFSET :limit;

-- kpi_known_before: of these people those who had spoken to a brand before an instant
SELECT a.aid FROM authors a WHERE a.aid IN (:aids) AND EXISTS (SELECT 1 FROM conversations c JOIN turns t ON t.cid = c.cid
  WHERE c.aid = a.aid AND c.brand = :brand AND t.started_at < :first AND (t.excluded IS NULL OR t.excluded NOT IN ('spam', 'dismissed:spam')));

-- kpi_spoken_before: turns from before an instant of these people with a brand
SELECT c.aid, t.cid, t.started_at, t.last_at, t.excluded FROM conversations c JOIN turns t ON t.cid = c.cid
WHERE c.aid IN (:aids) AND c.brand = :brand AND t.started_at < :first;

-- kpi_turns: all turns of the conversations in which one began in a span, in order of time
SELECT t.cid, t.started_at, t.last_at, t.needs_reply, t.answered_at, t.answer_pid, t.excluded, t.start_pid, t.last_pid FROM turns t
WHERE t.cid IN (SELECT f.cid FROM turns f WHERE f.brand = :brand AND f.started_at >= :start AND f.started_at < :end) ORDER BY t.cid, t.started_at, t.start_pid;

-- kpi_said: what is shown of these posts, with their text as it stood at an instant
SELECT p.pid, p.id, p.url, p.created_at, a.handle,
  COALESCE((SELECT e.text FROM edits e WHERE e.pid = p.pid AND e.replaced_at > :as_of ORDER BY e.replaced_at LIMIT 1), p.text) AS text
FROM posts p LEFT JOIN authors a ON a.aid = p.aid WHERE p.pid IN (:pids);

-- kpi_reasons: why triage thinks that these posts need an answer from a brand
SELECT pid, reasons FROM needs WHERE brand = :brand AND pid IN (:pids);

-- kpi_turns_of: all turns of these conversations, in order of time
SELECT t.cid, t.started_at, t.last_at, t.needs_reply, t.answered_at, t.answer_pid, t.excluded, t.start_pid, t.last_pid FROM turns t
WHERE t.cid IN (:cids) ORDER BY t.cid, t.started_at, t.start_pid;


-- kpi_value: what stands of a figure of a source
SELECT kid, value, note FROM kpi_values
WHERE brand = :brand AND week = :week AND metric = :metric AND source = :source AND campaign = :campaign AND replaced_at IS NULL;

-- kpi_replace: a newer figure of the same source takes its place
UPDATE kpi_values SET replaced_at = :at WHERE kid = :kid;

-- kpi_insert: a figure from elsewhere
INSERT INTO kpi_values (brand, week, metric, source, campaign, value, note, imported_at) VALUES (:brand, :week, :metric, :source, :campaign, :value, :note, :at);

-- kpi_values_of: what stood of a brand's week at an instant
SELECT metric, week, source, campaign, value, note, imported_at FROM kpi_values
WHERE brand = :brand AND week = :week AND imported_at <= :as_of AND (replaced_at IS NULL OR replaced_at > :as_of) ORDER BY metric, source, campaign, kid;

-- kpi_sources: which figures of a brand were ever brought, by which source, and of which week last
SELECT source, metric, MAX(week) AS week, COUNT(*) AS n FROM kpi_values WHERE brand = :brand AND replaced_at IS NULL GROUP BY source, metric ORDER BY source, metric;

-- kpi_say: somebody's word on what the rule read
INSERT INTO kpi_words (brand, pid, actor, week, verdict, agrees, at) VALUES (:brand, :pid, :actor, :week, :verdict, :agrees, :at);

-- kpi_words_of: people's words of a span, the newest of each person on each post by its end
SELECT k.pid, p.id, k.actor, k.week, k.verdict, k.agrees, k.at FROM kpi_words k JOIN posts p ON p.pid = k.pid
WHERE k.brand = :brand AND k.at >= :since AND k.at <= :as_of
  AND NOT EXISTS (SELECT 1 FROM kpi_words n WHERE n.brand = k.brand AND n.pid = k.pid AND n.actor = k.actor AND n.wid > k.wid AND n.at <= :as_of)
ORDER BY k.at, k.pid, k.actor;

-- voice_source: a post as the ledger of voices needs it
SELECT p.pid, p.brand AS own, p.text, p.created_at, t.brand, t.cid, q.brand AS answers FROM posts p JOIN turn_posts t ON t.pid = p.pid LEFT JOIN posts q ON q.id = p.reply_to
WHERE p.id = :id AND p.deleted_at IS NULL ORDER BY t.brand;

-- voice_insert: a new entry of the ledger
INSERT INTO voices (brand, kind, pid, addressed, summary, made_by, made_at, status, since) VALUES (:brand, :kind, :pid, :addressed, :summary, :actor, :at, 'reported', :at) RETURNING vid;

-- voice_lock: take the write lock of an entry until the transaction ends
UPDATE voices SET status = status WHERE vid = :vid;

-- voice_update: what follows from the log
UPDATE voices SET status = :status, owner = :owner, since = :since, told_at = :told_at WHERE vid = :vid;

-- voice_log_insert: append to the log of an entry
INSERT INTO voices_log (vid, at, actor, act, note) VALUES (:vid, :at, :actor, :act, :note);

-- voice_log: what happened to these entries
SELECT lid, vid, at, actor, act, note FROM voices_log WHERE vid IN (:vids) ORDER BY lid;

-- voice: one entry
SELECT v.vid, v.brand, v.kind, v.pid, v.addressed, v.summary, v.made_by, v.made_at, v.status, v.owner, v.since, v.told_at, v.blanked, p.id, p.text, p.url, p.created_at, p.deleted_at, a.handle, t.cid
FROM voices v LEFT JOIN posts p ON p.pid = v.pid LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN turn_posts t ON t.pid = v.pid AND t.brand = v.brand WHERE v.vid = :vid;

-- voices_list: entries, newest first
SELECT v.vid, v.brand, v.kind, v.pid, v.addressed, v.summary, v.made_by, v.made_at, v.status, v.owner, v.since, v.told_at, v.blanked, p.id, p.text, p.url, p.created_at, p.deleted_at, a.handle, t.cid
FROM voices v LEFT JOIN posts p ON p.pid = v.pid LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN turn_posts t ON t.pid = v.pid AND t.brand = v.brand
WHERE (CAST(:brand AS TEXT) IS NULL OR v.brand = :brand) AND (CAST(:kind AS TEXT) IS NULL OR v.kind = :kind) AND (CAST(:status AS TEXT) IS NULL OR v.status = :status)
  AND (CAST(:owner AS TEXT) IS NULL OR v.owner = :owner) AND (CAST(:cid AS BIGINT) IS NULL OR t.cid = :cid) AND v.vid < :before ORDER BY v.vid DESC LIMIT :limit;

-- voice_counts: how many entries of a brand were made in a span, by kind
SELECT kind, COUNT(*) AS n FROM voices WHERE brand = :brand AND made_at >= :start AND made_at < :end AND made_at <= :as_of GROUP BY kind ORDER BY kind;

-- voice_states: how a brand's entries stood that were made before an instant, by status, and whose author may be and was told
SELECT v.status, v.addressed, CASE WHEN v.pid IS NULL OR p.deleted_at IS NOT NULL THEN 1 ELSE 0 END AS gone, CASE WHEN v.told_at IS NULL THEN 0 ELSE 1 END AS told, COUNT(*) AS n
FROM voices v LEFT JOIN posts p ON p.pid = v.pid WHERE v.brand = :brand AND v.made_at < :until
GROUP BY v.status, v.addressed, CASE WHEN v.pid IS NULL OR p.deleted_at IS NOT NULL THEN 1 ELSE 0 END, CASE WHEN v.told_at IS NULL THEN 0 ELSE 1 END ORDER BY v.status;

-- voice_entries: a brand's entries that were made before an instant, as far as they stood at another, and whose author could not be told by then
SELECT v.vid, v.addressed, CASE WHEN v.pid IS NULL OR p.deleted_at IS NOT NULL AND (g.purged_at IS NULL OR g.purged_at <= :as_of) THEN 1 ELSE 0 END AS gone
FROM voices v LEFT JOIN posts p ON p.pid = v.pid LEFT JOIN purges g ON g.id = p.id WHERE v.brand = :brand AND v.made_at < :until AND v.made_at <= :as_of ORDER BY v.vid;

-- voice_owners: departments that have entries
SELECT DISTINCT owner FROM voices WHERE owner <> '' AND (CAST(:brand AS TEXT) IS NULL OR brand = :brand) ORDER BY owner;

-- purge_voice: words about a post that is gone
UPDATE voices SET summary = '', blanked = 1 WHERE pid = :pid AND blanked = 0;

-- purge_voice_notes: and what was noted since
UPDATE voices_log SET note = '' WHERE note <> '' AND act <> 'owner' AND vid IN (SELECT vid FROM voices WHERE pid = :pid);

-- blank_voices: entries that quote a text
UPDATE voices SET summary = '', blanked = 1 WHERE summary <> '' AND replace(summary, :needle, '') <> summary;

-- blank_voice_notes: notes that quote a text
UPDATE voices_log SET note = '' WHERE note <> '' AND replace(note, :needle, '') <> note;

-- voices_naming: entries in which a name occurs
SELECT vid, summary FROM voices WHERE summary <> '' AND replace(summary, :needle, '') <> summary;

-- drop_voice: empty an entry
UPDATE voices SET summary = '', blanked = 1 WHERE vid = ?;

-- voice_notes_naming: notes in which it occurs
SELECT lid, note FROM voices_log WHERE note <> '' AND replace(note, :needle, '') <> note;

-- drop_voice_note: empty a note
UPDATE voices_log SET note = '' WHERE lid = ?;

-- voices_of_person: entries about somebody's posts
SELECT p.id, v.brand, v.kind, v.summary, v.status, v.owner, v.made_by, v.made_at, v.told_at FROM voices v JOIN posts p ON p.pid = v.pid WHERE p.aid = :aid ORDER BY v.vid;

-- posts_about: a brand's mentions of a span that are older than a place, newest first
SELECT p.pid, p.id, p.text, p.created_at, p.url, p.brand AS by_brand, a.handle AS author, l.label, l.reason,
  (SELECT t.cid FROM turn_posts t WHERE t.pid = p.pid AND t.brand = :brand) AS cid
FROM mentions m JOIN posts p ON p.pid = m.pid LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND (m.created_at, m.pid) < (:at, :pid)
ORDER BY m.created_at DESC, m.pid DESC LIMIT :limit;

-- posts_about_labelled: the same with a label
SELECT p.pid, p.id, p.text, p.created_at, p.url, p.brand AS by_brand, a.handle AS author, l.label, l.reason,
  (SELECT t.cid FROM turn_posts t WHERE t.pid = p.pid AND t.brand = :brand) AS cid
FROM mentions m JOIN posts p ON p.pid = m.pid JOIN labels l ON l.pid = p.pid AND l.model = :model LEFT JOIN authors a ON a.aid = p.aid
WHERE m.brand = :brand AND m.created_at >= :start AND m.created_at < :end AND (m.created_at, m.pid) < (:at, :pid) AND l.label = :label
ORDER BY m.created_at DESC, m.pid DESC LIMIT :limit;

-- posts_by: a brand's own posts of a span that are older than a place, newest first
SELECT p.pid, p.id, p.text, p.created_at, p.url, p.brand AS by_brand, a.handle AS author, CAST(NULL AS TEXT) AS label, CAST(NULL AS TEXT) AS reason,
  (SELECT MIN(t.cid) FROM turn_posts t WHERE t.pid = p.pid AND t.brand = :brand) AS cid
FROM posts p LEFT JOIN authors a ON a.aid = p.aid
WHERE p.brand = :brand AND p.created_at >= :start AND p.created_at < :end AND (p.created_at, p.pid) < (:at, :pid)
ORDER BY p.created_at DESC, p.pid DESC LIMIT :limit;

-- posts_these: these posts, newest first
SELECT p.pid, p.id, p.text, p.created_at, p.url, p.brand AS by_brand, a.handle AS author, l.label, l.reason,
  (SELECT t.cid FROM turn_posts t WHERE t.pid = p.pid AND t.brand = :brand) AS cid
FROM posts p LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model
WHERE p.pid IN (:pids) ORDER BY p.created_at DESC, p.pid DESC;

-- mentions_among: which of these posts are about a brand and of a span
SELECT m.pid FROM mentions m WHERE m.pid IN (:pids) AND m.brand = :brand AND m.created_at >= :start AND m.created_at < :end;

-- posts_named: keys of these posts, deleted ones too
SELECT pid FROM posts WHERE id IN (:ids);

-- table_queue: conversations of a part of the queue in its order
SELECT cid FROM conversations WHERE (CAST(:brand AS TEXT) IS NULL OR brand = :brand) AND (
  CAST(:show AS TEXT) = 'all' AND state IN ('open', 'snoozed')
  OR CAST(:show AS TEXT) = 'late' AND state = 'open' AND due_at < :now
  OR CAST(:show AS TEXT) IN ('next', 'later') AND state = 'open' AND unsure = 0 AND due_at >= :start AND due_at < :end
  OR CAST(:show AS TEXT) = 'unsure' AND state = 'open' AND unsure = 1
  OR CAST(:show AS TEXT) = 'snoozed' AND state = 'snoozed'
  OR CAST(:show AS TEXT) = 'mine' AND (claimed_by = CAST(:actor AS TEXT) AND lease_until > :now
    OR assigned_to = CAST(:actor AS TEXT) AND state IN ('open', 'snoozed')))
ORDER BY CASE WHEN state = 'snoozed' THEN 1 ELSE 0 END, due_at NULLS LAST, priority DESC, cid;

-- table_queue_items: what the queue shows of these conversations
SELECT cid, brand, network, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to, snoozed_until, id, text, url, created_at,
  handle, name, followers, urgency, reasons, label, reason, model, negative, neutral, positive
FROM queue_items WHERE cid IN (:cids);

-- table_conversations: how conversations stand, in order of their numbers
SELECT c.cid AS conversation, c.brand, c.network, c.thread, a.handle AS customer, c.state, c.waiting_since, c.due_at, c.claimed_by, c.assigned_to, c.snoozed_until,
  COUNT(t.pid) AS posts, MIN(p.created_at) AS first_at, MAX(p.created_at) AS last_at
FROM conversations c LEFT JOIN authors a ON a.aid = c.aid LEFT JOIN turn_posts t ON t.cid = c.cid LEFT JOIN posts p ON p.pid = t.pid
WHERE c.cid > :after AND (CAST(:brand AS TEXT) IS NULL OR c.brand = :brand) AND (CAST(:state AS TEXT) IS NULL OR c.state = :state)
GROUP BY c.cid, c.brand, c.network, c.thread, a.handle, c.state, c.waiting_since, c.due_at, c.claimed_by, c.assigned_to, c.snoozed_until
ORDER BY c.cid LIMIT :limit;

-- table_conversation: the posts of a conversation, oldest first
SELECT t.cid AS conversation, p.id AS post, p.brand AS published_by, p.machine, a.handle AS author, p.text, p.url, p.created_at AS at, p.reply_to, p.edited_at,
  p.deleted_at, l.label, n.needs_reply, n.urgency
FROM turn_posts t JOIN posts p ON p.pid = t.pid LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN labels l ON l.pid = p.pid AND l.model = :model
LEFT JOIN needs n ON n.pid = p.pid AND n.brand = t.brand
WHERE t.cid = :cid ORDER BY p.created_at, p.pid;

-- table_places: when these posts were written
SELECT pid, created_at FROM posts WHERE pid IN (:pids);

-- table_alert: what an alert is about
SELECT brand, start_at, end_at FROM alerts WHERE alid = :alid;

-- table_outbox: replies in order of their numbers
SELECT oid AS reply, cid AS conversation, brand, network, post AS answers, text, state, author, approver, created_at, asked_at, sent_at, remote, doubled, reason
FROM outbox WHERE oid > :after AND (CAST(:brand AS TEXT) IS NULL OR brand = :brand) AND (CAST(:state AS TEXT) IS NULL OR state = :state)
ORDER BY oid LIMIT :limit;
