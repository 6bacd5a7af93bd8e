-- What people said of posts without seeing the model's opinion: the brand's own test set.
CREATE TABLE exam_answers (
  pid INTEGER NOT NULL REFERENCES posts (pid),
  actor TEXT NOT NULL,
  label TEXT NOT NULL,
  week TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (pid, actor)
);
