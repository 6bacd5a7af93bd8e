-- A source that read back before the start of its monitoring has seen that time, although nothing in it alerts or waits.
ALTER TABLE sources ADD COLUMN complete_from INTEGER;  -- read from here on; NULL where it was not noted: from `since`
