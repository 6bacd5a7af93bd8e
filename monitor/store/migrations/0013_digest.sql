-- What a week as of an instant needs: when a gap was settled, and promises by when they were due.

ALTER TABLE gaps ADD COLUMN settled_at INTEGER;  -- when it was found refilled or lost; NULL: as it was recorded

CREATE INDEX promises_due ON promises (brand, due_at)
