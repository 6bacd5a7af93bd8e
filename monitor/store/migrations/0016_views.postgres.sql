-- For analysts: every fact with names and ISO times, safe to open in Datasette or psql; described in docs/export.md.
-- A brand's "day" is the date in its own zone (for zones from UTC-10:59 to UTC+13), "begins_at" the instant at which it begins.
DROP VIEW view_posts;
DROP VIEW view_turns;
DROP VIEW view_labels;
DROP VIEW view_gaps;

CREATE VIEW view_posts AS
SELECT p.id, a.handle AS author, p.text, to_char(to_timestamp(p.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at, to_char(to_timestamp(p.seen_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS seen_at, to_char(to_timestamp(p.stored_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS stored_at, to_char(to_timestamp(p.edited_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS edited_at,
  to_char(to_timestamp(p.deleted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at, p.brand AS published_by, p.reply_to, p.thread, p.quote_of, p.repost_of, p.lang, p.url, p.campaign, p.history, p.machine,
  c.likes, c.replies, c.reposts, c.quotes, c.saves, c.impressions, c.score, to_char(to_timestamp(c.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS counted_at
FROM posts p LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN counts c ON c.pid = p.pid;

CREATE VIEW view_mentions AS
SELECT m.brand, p.id, to_char(to_timestamp(m.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at FROM mentions m JOIN posts p ON p.pid = m.pid;

CREATE VIEW view_snapshots AS
SELECT p.id, p.brand AS published_by, to_char(to_timestamp(s.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, s.at - p.created_at AS age_s, s.likes, s.replies, s.reposts, s.quotes, s.saves, s.impressions, s.score,
  s.upvote_ratio, s.followers
FROM snapshots s JOIN posts p ON p.pid = s.pid;

CREATE VIEW view_conversations AS
SELECT c.cid AS conversation, c.brand, c.network, c.thread, a.handle AS customer, c.state, to_char(to_timestamp(c.waiting_since) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS waiting_since, to_char(to_timestamp(c.due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at, c.priority,
  c.claimed_by, to_char(to_timestamp(c.lease_until) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS lease_until, c.assigned_to, to_char(to_timestamp(c.snoozed_until) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS snoozed_until
FROM conversations c LEFT JOIN authors a ON a.aid = c.aid;

CREATE VIEW view_turns AS
SELECT t.cid AS conversation, t.brand, v.network, v.thread, a.handle AS customer, f.id AS first_post, to_char(to_timestamp(t.started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at, to_char(to_timestamp(t.due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at,
  to_char(to_timestamp(t.seen_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS seen_at, to_char(to_timestamp(t.answered_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS answered_at, b.id AS answer, t.needs_reply, t.excluded, to_char(to_timestamp(t.excluded_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS excluded_at, t.posts,
  t.answered_at - t.started_at AS first_response_s, CASE WHEN t.answered_at IS NULL THEN NULL WHEN t.answered_at <= t.due_at THEN 1 ELSE 0 END AS within_target
FROM turns t JOIN conversations v ON v.cid = t.cid LEFT JOIN authors a ON a.aid = v.aid LEFT JOIN posts f ON f.pid = t.start_pid LEFT JOIN posts b ON b.pid = t.answer_pid;

CREATE VIEW view_waits AS
SELECT t.cid AS conversation, t.brand, v.network, a.handle AS customer, f.id AS post, to_char(to_timestamp(t.started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS waiting_since, to_char(to_timestamp(t.due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at, v.state,
  v.claimed_by, v.assigned_to
FROM turns t JOIN conversations v ON v.cid = t.cid LEFT JOIN authors a ON a.aid = v.aid LEFT JOIN posts f ON f.pid = t.start_pid
WHERE t.needs_reply = 1 AND t.answered_at IS NULL AND t.excluded IS NULL;

CREATE VIEW view_events AS
SELECT e.cid AS conversation, to_char(to_timestamp(e.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, e.kind, e.actor, e.detail FROM events e;

CREATE VIEW view_labels AS
SELECT p.id, p.text, l.model, l.label, l.negative, l.neutral, l.positive, l.reason, to_char(to_timestamp(l.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at FROM labels l JOIN posts p ON p.pid = l.pid;

CREATE VIEW view_corrections AS
SELECT p.id, x.cid AS conversation, x.brand, x.field, x.was, x.value, x.model, x.actor, to_char(to_timestamp(x.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, x.note, x.undone
FROM corrections x JOIN posts p ON p.pid = x.pid;

CREATE VIEW view_outbox AS
SELECT o.oid AS reply, o.cid AS conversation, o.brand, o.network, o.post AS answers, o.text, o.state, o.author, o.approver, to_char(to_timestamp(o.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
  to_char(to_timestamp(o.asked_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS asked_at, to_char(to_timestamp(o.sent_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS sent_at, o.remote, o.doubled, o.reason
FROM outbox o;

CREATE VIEW view_alerts AS
SELECT alid AS alert, brand, kind, level, state, to_char(to_timestamp(start_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS start_at, to_char(to_timestamp(end_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS end_at, observed, expected, p, authors FROM alerts;

CREATE VIEW view_gaps AS
SELECT source, to_char(to_timestamp(start_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS start_at, to_char(to_timestamp(end_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS end_at, end_at - start_at AS seconds, cause, state, to_char(to_timestamp(recorded_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS recorded_at FROM gaps;

CREATE VIEW view_day_mentions AS
SELECT brand, to_char(to_timestamp(day + 46800) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, to_char(to_timestamp(day) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begins_at, posts FROM day_mentions;

CREATE VIEW view_day_labels AS
SELECT brand, to_char(to_timestamp(day + 46800) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, to_char(to_timestamp(day) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begins_at, model, label, posts FROM day_labels;

CREATE VIEW view_day_turns AS
SELECT brand, to_char(to_timestamp(day + 46800) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, to_char(to_timestamp(day) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begins_at, outcome, turns FROM day_turns;

CREATE VIEW view_day_hours AS
SELECT brand, to_char(to_timestamp(day + 46800) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, to_char(to_timestamp(day) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begins_at, hour, arrivals, answers FROM day_hours;

CREATE VIEW view_day_engagement AS
SELECT brand, to_char(to_timestamp(day + 46800) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, to_char(to_timestamp(day) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begins_at, network, age AS age_s, CAST(SUM(posts) AS BIGINT) AS posts, CAST(SUM(known) AS BIGINT) AS known,
  CAST(SUM(with_impressions) AS BIGINT) AS with_impressions, CAST(SUM(impression_engagements) AS BIGINT) AS impression_engagements,
  CAST(SUM(impressions) AS BIGINT) AS impressions, CAST(SUM(with_followers) AS BIGINT) AS with_followers,
  CAST(SUM(follower_engagements) AS BIGINT) AS follower_engagements, CAST(SUM(followers) AS BIGINT) AS followers,
  CAST(SUM(with_comments) AS BIGINT) AS with_comments, CAST(SUM(comments) AS BIGINT) AS comments, CAST(SUM(with_score) AS BIGINT) AS with_score,
  CAST(SUM(score) AS BIGINT) AS score
FROM day_engagement GROUP BY brand, day, network, age;

CREATE VIEW view_week_people AS
SELECT brand, to_char(to_timestamp(week + 46800) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS monday, to_char(to_timestamp(week) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begins_at, authors + gone AS people, gone FROM week_mentions;
