-- Sales of one fleet over several PostgreSQL servers with Citus 12 or newer. NOT RUN BY US: the extension was not at
-- hand. No migration runs this file; whoever needs it does, once, as the owner, on a database that is migrated.
--
-- What grows with every sale is spread by machine_id, so that booking a batch, which is of one machine, stays on one
-- server: all of these are colocated. They have no foreign key to what stays behind, and each unique key of theirs
-- carries machine_id; a test reads both from the catalogue. Operators are not what to spread by: a machine that is sold
-- changes its operator, and a distribution column cannot change.
--
-- What stays on the coordinator is what an operator configures (machines and all that refers to them), and:
--   local: sales_days         its sums over the fleet follow by a trigger, which Citus does not run on shards
--   local: changes            numbered one after the other for each operator, whichever its machine
--   local: set_aside          few, under a number of their own
--   local: telemetry          TimescaleDB's where that is used; never both for one table
--   local: telemetry_hours    as telemetry
--
-- Before it is used: row security on shards needs tenant(), sees_all_machines() and machines_in_scope() on each server.

CREATE EXTENSION IF NOT EXISTS citus;
-- SELECT citus_set_coordinator_host('COORDINATOR', 5432);
-- SELECT citus_add_node('WORKER', 5432);

SELECT create_distributed_table('ledger_records', 'machine_id', shard_count => 64);
SELECT create_distributed_table('transactions', 'machine_id', colocate_with => 'ledger_records');
SELECT create_distributed_table('payments', 'machine_id', colocate_with => 'ledger_records');
SELECT create_distributed_table('machine_faults', 'machine_id', colocate_with => 'ledger_records');
SELECT create_distributed_table('sales_quarters', 'machine_id', colocate_with => 'ledger_records');
