-- Sums by a brand's own days and weeks, kept up in the transaction that changes what they sum; all can be worked out anew
-- but week_mentions.gone. "day" and "week" are the UTC epoch seconds at which they begin in the brand's zone.

DROP TABLE engagement_days;  -- day_engagement takes its place: additive, so that a reading costs the same on a full day

CREATE TABLE day_posts (  -- own posts that the days count, and where
  pid INTEGER NOT NULL PRIMARY KEY REFERENCES posts (pid),
  brand TEXT NOT NULL,
  network TEXT NOT NULL,
  day INTEGER NOT NULL
);
CREATE INDEX day_posts_brand ON day_posts (brand);

CREATE TABLE day_engagement (
  brand TEXT NOT NULL,
  day INTEGER NOT NULL,
  network TEXT NOT NULL,
  age INTEGER NOT NULL,
  parts INTEGER NOT NULL,  -- which acts are known of the posts of this row, as bits: likes 1, replies 2, reposts 4, quotes 8, saves 16
  posts INTEGER NOT NULL,
  known INTEGER NOT NULL,  -- of them, with a reading at this age
  with_impressions INTEGER NOT NULL, impression_engagements INTEGER NOT NULL, impressions INTEGER NOT NULL,
  with_rate INTEGER NOT NULL, rate_units INTEGER NOT NULL,  -- sum of the posts' own rates in 1e-12: whole numbers add up in any order
  with_followers INTEGER NOT NULL, follower_engagements INTEGER NOT NULL, followers INTEGER NOT NULL,
  with_comments INTEGER NOT NULL, comments INTEGER NOT NULL, with_score INTEGER NOT NULL, score INTEGER NOT NULL,
  PRIMARY KEY (brand, day, network, age, parts)
) /* without rowid */;

CREATE TABLE day_mentions (
  brand TEXT NOT NULL,
  day INTEGER NOT NULL,
  posts INTEGER NOT NULL,
  PRIMARY KEY (brand, day)
) /* without rowid */;

CREATE TABLE day_labels (
  brand TEXT NOT NULL,
  day INTEGER NOT NULL,
  model TEXT NOT NULL,
  label TEXT NOT NULL,
  posts INTEGER NOT NULL,
  PRIMARY KEY (brand, day, model, label)
) /* without rowid */;

CREATE TABLE week_authors (  -- who wrote about a brand in a week: people cannot be added up over days
  brand TEXT NOT NULL,
  week INTEGER NOT NULL,
  aid INTEGER NOT NULL,
  posts INTEGER NOT NULL,
  PRIMARY KEY (brand, week, aid)
) /* without rowid */;
CREATE INDEX week_authors_aid ON week_authors (aid);

CREATE TABLE week_mentions (
  brand TEXT NOT NULL,
  week INTEGER NOT NULL,
  authors INTEGER NOT NULL,  -- rows of week_authors
  gone INTEGER NOT NULL,  -- people whose last post of the week was purged: how many is kept, who is not
  PRIMARY KEY (brand, week)
) /* without rowid */;

CREATE TABLE day_turns (  -- turns by the day on which their clock started
  brand TEXT NOT NULL,
  day INTEGER NOT NULL,
  outcome TEXT NOT NULL,  -- none, met, late, missed, waiting, or out:reason
  turns INTEGER NOT NULL,
  PRIMARY KEY (brand, day, outcome)
) /* without rowid */;

CREATE TABLE day_hours (  -- turns that needed an answer by the hour in which they began, and answers by theirs
  brand TEXT NOT NULL,
  day INTEGER NOT NULL,
  hour INTEGER NOT NULL,  -- 0 to 23 in the brand's zone
  arrivals INTEGER NOT NULL,
  answers INTEGER NOT NULL,
  PRIMARY KEY (brand, day, hour)
) /* without rowid */;

CREATE INDEX turns_waiting ON turns (brand, due_at) WHERE needs_reply = 1 AND answered_at IS NULL AND excluded IS NULL;
