-- What each role may do. spiral_migrate owns everything; spiral_ingest books; spiral_app serves the pages.
GRANT USAGE ON SCHEMA public TO spiral_ingest, spiral_app;

GRANT SELECT ON fleet_settings, operators, products, machines, machine_slots TO spiral_ingest, spiral_app;
GRANT UPDATE (status, last_heartbeat, firmware_version, model, online, birth_epoch, birth_boot, birth_connection,
  door_open, uptime_boot, uptime_began_at) ON machines TO spiral_ingest;
GRANT INSERT, UPDATE ON machine_slots TO spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON sync_cursors, ledger_records, transactions, payments, machine_faults, set_aside,
  telemetry TO spiral_ingest;

GRANT SELECT ON sync_cursors, transactions, payments, machine_faults, machine_telemetry TO spiral_app;
GRANT SELECT ON users TO spiral_app;
GRANT SELECT, INSERT, DELETE ON sessions TO spiral_app;
