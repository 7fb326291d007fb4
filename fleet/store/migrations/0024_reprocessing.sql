-- Which version has last tried to book what could not be booked when it came; null: none.
ALTER TABLE fleet_settings ADD COLUMN reprocessed_by TEXT;
