-- Records that are gone for good: lost here with what a restore did not bring back, and given up by the machine since. The
-- machine's birth says how far back it can go; only behind a restore is what lies before it a gap, and not waited for.
ALTER TABLE machines ADD COLUMN birth_oldest_seq BIGINT NOT NULL DEFAULT 0;
GRANT UPDATE (birth_oldest_seq) ON machines TO spiral_ingest;

-- chain: chain CRC behind the gap, as the machine says. revenue, vends: what its counters say more than its records
-- here; null until it has told them.
CREATE TABLE ledger_gaps (
  machine_id UUID NOT NULL REFERENCES machines (id),
  epoch BIGINT NOT NULL,
  from_seq BIGINT NOT NULL,
  to_seq BIGINT NOT NULL CHECK (to_seq >= from_seq),
  operator_id UUID NOT NULL REFERENCES operators (id),
  chain BIGINT NOT NULL,
  found_at TIMESTAMPTZ NOT NULL,
  summed_at TIMESTAMPTZ,
  revenue NUMERIC(12, 3),
  vends BIGINT,
  PRIMARY KEY (machine_id, epoch, from_seq)
);
CALL protect_tenants('ledger_gaps');
GRANT SELECT ON ledger_gaps TO spiral_app;
GRANT SELECT, INSERT ON ledger_gaps TO spiral_ingest;
