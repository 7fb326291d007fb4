-- What rebuilding needs beside the records: how a sale was dated, and the count a slot was planned with.
-- device_time and time_quality are of records that are sales; null for those booked before this was kept.
ALTER TABLE ledger_records ADD COLUMN device_time TIMESTAMPTZ;
ALTER TABLE ledger_records ADD COLUMN time_quality VARCHAR(10);
-- Null: nobody planned a count; the slot exists because the machine spoke of it.
ALTER TABLE machine_slots ADD COLUMN planned_quantity SMALLINT CHECK (planned_quantity >= 0);

UPDATE ledger_records r SET device_time = t.device_time, time_quality = t.time_quality FROM transactions t
WHERE t.machine_id = r.machine_id AND t.epoch = r.epoch AND t.seq = r.seq AND t.booked_at = r.booked_at;
