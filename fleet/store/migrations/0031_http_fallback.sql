-- Machines that speak by HTTP because MQTT is blocked where they stand. birth_by_http: so came the newest birth, and so go
-- the orders. The numbers: of the last request of each kind that was taken; one that is not above it is a replay.
ALTER TABLE machines
  ADD COLUMN birth_by_http BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN sync_number BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN orders_number BIGINT NOT NULL DEFAULT 0;
GRANT UPDATE (birth_by_http, sync_number, orders_number) ON machines TO spiral_ingest;
