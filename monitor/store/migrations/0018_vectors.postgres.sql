-- Directions of customers' posts, for finding what was answered to similar ones; removed with the post's text.

CREATE TABLE vectors (
  pid INTEGER PRIMARY KEY REFERENCES posts (pid),
  space TEXT NOT NULL,
  vector BYTEA NOT NULL  -- one signed byte a number
);
