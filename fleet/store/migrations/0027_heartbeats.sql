-- Telemetry and booking move last_heartbeat of every machine that speaks. A B-tree on it made each such update write
-- every index of the table anew; a block range index does not stand in the way of heap-only updates (PostgreSQL 16 on),
-- which need room in the block.
DROP INDEX machines_last_heartbeat;
CREATE INDEX machines_last_heartbeat ON machines USING brin (last_heartbeat);
-- The UNIQUE constraint is an index of the same column.
DROP INDEX machines_serial_number;
ALTER TABLE machines SET (fillfactor = 60);
ALTER TABLE sync_cursors SET (fillfactor = 70);
ALTER TABLE machine_slots SET (fillfactor = 80);
-- What a machine's status depends on: asked for whenever door, faults or presence change.
CREATE INDEX machine_faults_serious ON machine_faults (machine_id)
  WHERE cleared_at IS NULL AND severity IN ('error', 'critical');
