CREATE TABLE search (
  rowid BIGINT PRIMARY KEY,
  terms TSVECTOR NOT NULL
);
CREATE INDEX search_terms ON search USING GIN (terms);
