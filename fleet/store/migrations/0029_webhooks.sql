-- Webhooks that follow an operator's feed of changes, in its order. Each has its own place in it (after_seq), which moves
-- in the transaction that keeps the batch behind it: so a batch has one id, however often it is tried, and none is left
-- out. One that cannot be delivered stops its webhook, so that nothing is told out of order unseen.

-- held_until: whoever sends has it until then. stopped_why: what ended it; a person enables it again.
CREATE TABLE webhooks (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  name VARCHAR(100) NOT NULL,
  url TEXT NOT NULL,
  kinds TEXT[] NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT true,
  incarnation INTEGER NOT NULL,
  after_seq BIGINT NOT NULL,
  -- The secret is derived from the master key; the one before is good for a while after it was replaced.
  secret_version INTEGER NOT NULL DEFAULT 1,
  secret_since TIMESTAMPTZ NOT NULL DEFAULT now(),
  held_until TIMESTAMPTZ,
  stopped_at TIMESTAMPTZ,
  stopped_why TEXT,
  UNIQUE (operator_id, name)
);

-- body: gone when it has been sent. last_seq: null of a test.
CREATE TABLE webhook_deliveries (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  webhook_id UUID NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event VARCHAR(10) NOT NULL CHECK (event IN ('changes', 'test')),
  changes SMALLINT NOT NULL,
  last_seq BIGINT,
  body TEXT,
  state VARCHAR(10) NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
  tries SMALLINT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  due_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ended_at TIMESTAMPTZ,
  error TEXT
);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, created_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE state <> 'waiting';

CALL protect_tenants('webhooks');
CALL protect_tenants('webhook_deliveries');
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO spiral_app;
GRANT SELECT, UPDATE (enabled, held_until, stopped_at, stopped_why) ON webhooks TO spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON webhook_deliveries TO spiral_app;
GRANT SELECT, UPDATE, DELETE ON webhook_deliveries TO spiral_ingest;
GRANT SELECT ON change_counters TO spiral_ingest;
