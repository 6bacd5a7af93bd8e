-- How many posts about a brand its network counted before the first one that was read: they teach the alerts.

CREATE TABLE counted_spans (  -- what a source's network was asked, once
  source TEXT NOT NULL PRIMARY KEY,
  brand TEXT NOT NULL,
  network TEXT NOT NULL,
  start_at INTEGER NOT NULL,  -- counts begin here; end_at where there are none
  end_at INTEGER NOT NULL,  -- from here on the source reads the posts themselves
  state TEXT NOT NULL,  -- kept, none (nothing to ask or nobody who counts), waiting, refused, money
  at INTEGER NOT NULL,
  detail TEXT  -- what the network said
);

CREATE TABLE counted_posts (  -- five minutes in which nothing was counted have no row
  source TEXT NOT NULL,
  bucket INTEGER NOT NULL,  -- epoch second at which the five minutes begin
  posts INTEGER NOT NULL,
  PRIMARY KEY (source, bucket)
) /* without rowid */;

CREATE TABLE alert_recent (  -- the detector's memory of less than an hour ago, beside that of two days ago in alert_states
  brand TEXT NOT NULL,
  kind TEXT NOT NULL,
  since INTEGER NOT NULL,  -- the older memory from which it was made reaches up to here
  upto INTEGER NOT NULL,  -- buckets before this have been judged
  rules TEXT NOT NULL,
  seen TEXT NOT NULL,  -- fingerprint of the buckets in between: where one has changed since, they are judged anew
  state TEXT NOT NULL,  -- JSON
  PRIMARY KEY (brand, kind)
) /* without rowid */;
