-- What a week as of an earlier instant needs: every word of people on the proxy, not their last alone, what stood before a
-- correction of triage and before it was taken back, and a week's figures from elsewhere, the replaced ones among them.

CREATE TABLE kpi_words (  -- appended; of one person on one post the newest holds
  wid INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  pid INTEGER NOT NULL REFERENCES posts (pid),
  actor TEXT NOT NULL,
  week TEXT NOT NULL,
  verdict TEXT NOT NULL,  -- what the rule said then
  agrees INTEGER NOT NULL,
  at INTEGER NOT NULL
);
INSERT INTO kpi_words (brand, pid, actor, week, verdict, agrees, at)
SELECT brand, pid, actor, week, verdict, agrees, at FROM kpi_audits ORDER BY at, pid, actor;
DROP TABLE kpi_audits;
CREATE INDEX kpi_words_person ON kpi_words (brand, pid, actor, wid);

ALTER TABLE corrections ADD COLUMN was_within INTEGER;  -- target in business seconds before it, NULL: none or not known
ALTER TABLE corrections ADD COLUMN undone_at INTEGER;  -- NULL: it stands, or nobody knows when it was taken back
ALTER TABLE corrections ADD COLUMN undone_within INTEGER;  -- target before it was taken back
UPDATE corrections SET undone_at = (
  SELECT MIN(e.at) FROM events e WHERE e.cid = corrections.cid AND e.actor = corrections.actor AND e.kind = 'undone'
    AND e.detail = '{"at": "' || CAST(corrections.at AS TEXT) || '", "kind": "corrected"}'
) WHERE undone = 1;

CREATE INDEX kpi_values_week ON kpi_values (brand, week);

-- Whether somebody had spoken before is answered by these two alone, without a row of either table.
DROP INDEX turns_cid;
CREATE INDEX turns_cid ON turns (cid, excluded);
DROP INDEX conversations_aid;
CREATE INDEX conversations_aid ON conversations (aid, brand) WHERE aid IS NOT NULL;
