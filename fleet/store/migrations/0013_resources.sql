-- What the API changes: places, products, machines; and answers to POSTs that bear an Idempotency-Key.

-- Written in the transaction of the change that they answer for.
CREATE TABLE idempotency_keys (
  operator_id UUID NOT NULL REFERENCES operators (id),
  caller_id UUID NOT NULL,
  route VARCHAR(200) NOT NULL,
  key VARCHAR(100) NOT NULL,
  request_hash BYTEA NOT NULL,
  status SMALLINT NOT NULL,
  body TEXT NOT NULL,
  kept_until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (operator_id, caller_id, route, key)
);
CREATE INDEX idempotency_keys_over ON idempotency_keys (kept_until);
CALL protect_tenants('idempotency_keys');
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO spiral_app;

-- Sales territory or town, as the operator cuts the country up.
ALTER TABLE locations ADD COLUMN region VARCHAR(100) NOT NULL DEFAULT '';
GRANT DELETE ON locations TO spiral_app;

-- What was sold keeps its product: one that is no longer offered stays, out of the lists.
ALTER TABLE products ADD COLUMN discontinued_at TIMESTAMPTZ;
GRANT INSERT, UPDATE ON products TO spiral_app;

-- A machine that is taken out of service for good: its credentials open nothing, its history stays.
ALTER TABLE machines ADD COLUMN decommissioned_at TIMESTAMPTZ;
GRANT UPDATE (model, decommissioned_at, telemetry_period_s) ON machines TO spiral_app;
