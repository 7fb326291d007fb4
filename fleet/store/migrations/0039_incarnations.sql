-- An incarnation is the time of the restore in milliseconds: in seconds, two restores of one back-up within one of them
-- got the same.
ALTER TABLE webhooks ALTER COLUMN incarnation TYPE BIGINT;
