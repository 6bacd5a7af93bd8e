-- What the alert job remembers, so that a run judges only what is new; it can be made anew from the posts at any time.

CREATE TABLE alert_states (
  brand TEXT NOT NULL,
  kind TEXT NOT NULL,
  upto INTEGER NOT NULL,  -- buckets before this have been judged
  rules TEXT NOT NULL,  -- fingerprint of the settings under which they were
  posts INTEGER NOT NULL,  -- how many posts they held
  state TEXT NOT NULL,  -- JSON
  PRIMARY KEY (brand, kind)
) /* without rowid */;

CREATE TABLE alert_fits (  -- strictness that keeps the budget on the brand's own history
  brand TEXT NOT NULL PRIMARY KEY,
  budget DOUBLE PRECISION NOT NULL,
  strictness DOUBLE PRECISION NOT NULL,
  fitted_at INTEGER NOT NULL
);
