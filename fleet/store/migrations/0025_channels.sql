-- Where alerts go, and what waits to go there. A delivery is kept in the transaction of what it tells of, and its id is
-- the same at every try: it arrives at least once, and its receiver can tell a repeat.

-- target: {"url"} of a webhook, {"to": [addresses]} of e-mail. rules: null = all. in_quiet_hours: what is not critical
-- is sent, or held until they end. held_until: whoever sends has it until then. left_out: news that found no room.
CREATE TABLE channels (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  name VARCHAR(100) NOT NULL,
  kind VARCHAR(10) NOT NULL CHECK (kind IN ('email', 'webhook')),
  target JSONB NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT true,
  least_severity VARCHAR(10) NOT NULL DEFAULT 'warning'
    CHECK (least_severity IN ('info', 'warning', 'error', 'critical')),
  rules TEXT[],
  resolved BOOLEAN NOT NULL DEFAULT true,
  in_quiet_hours VARCHAR(4) NOT NULL DEFAULT 'hold' CHECK (in_quiet_hours IN ('send', 'hold')),
  -- The secret is derived from the master key; the one before is good for a while after it was replaced.
  secret_version INTEGER NOT NULL DEFAULT 1,
  secret_since TIMESTAMPTZ NOT NULL DEFAULT now(),
  held_until TIMESTAMPTZ,
  left_out INTEGER NOT NULL DEFAULT 0,
  UNIQUE (operator_id, name)
);

CREATE TABLE deliveries (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  event VARCHAR(40) NOT NULL,
  body JSONB NOT NULL,
  state VARCHAR(10) NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
  tries SMALLINT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  due_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ended_at TIMESTAMPTZ,
  error TEXT
);
CREATE INDEX deliveries_due ON deliveries (channel_id, due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_channel ON deliveries (channel_id, created_at DESC, id DESC);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE state = 'sent';

CALL protect_tenants('channels');
CALL protect_tenants('deliveries');
GRANT SELECT, INSERT, UPDATE, DELETE ON channels TO spiral_app;
GRANT SELECT, UPDATE (held_until, left_out) ON channels TO spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON deliveries TO spiral_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries TO spiral_ingest;
