-- What the model makes of a post for triage, as JSON (monitor.types.Opinion); null where it has no opinion.

ALTER TABLE labels ADD COLUMN opinion TEXT;
