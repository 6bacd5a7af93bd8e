-- For analysts: the same rows with names and ISO times, safe to open in Datasette or psql.
CREATE VIEW view_posts AS
SELECT p.id, a.handle AS author, p.text, to_char(to_timestamp(p.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at, p.brand AS published_by, p.reply_to, p.thread, p.lang, p.url,
  p.campaign, p.history, p.machine, c.likes, c.replies, c.reposts, c.quotes, c.saves, c.impressions, c.score
FROM posts p LEFT JOIN authors a ON a.aid = p.aid LEFT JOIN counts c ON c.pid = p.pid;

CREATE VIEW view_turns AS
SELECT t.brand, v.network, v.thread, a.handle AS customer, to_char(to_timestamp(t.started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at, to_char(to_timestamp(t.due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at, to_char(to_timestamp(t.answered_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS answered_at,
  t.needs_reply, t.excluded, t.posts, t.answered_at - t.started_at AS first_response_s
FROM turns t JOIN conversations v ON v.cid = t.cid LEFT JOIN authors a ON a.aid = v.aid;

CREATE VIEW view_labels AS
SELECT p.id, p.text, l.model, l.label, l.negative, l.neutral, l.positive, l.reason
FROM labels l JOIN posts p ON p.pid = l.pid;

CREATE VIEW view_gaps AS
SELECT source, to_char(to_timestamp(start_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS start_at, to_char(to_timestamp(end_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS end_at, cause, state FROM gaps
