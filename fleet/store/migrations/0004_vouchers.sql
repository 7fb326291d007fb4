-- Who redeemed which voucher. The key makes it once, however many present the code at the same moment. pending: the
-- machine's signature is right but its record has not arrived; whoever books that record makes it redeemed.
CREATE TABLE voucher_redemptions (
  machine_id UUID NOT NULL REFERENCES machines (id),
  epoch BIGINT NOT NULL,
  code VARCHAR(14) NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  amount NUMERIC(12, 3) NOT NULL CHECK (amount > 0),
  currency CHAR(3) NOT NULL,
  state VARCHAR(10) NOT NULL CHECK (state IN ('pending', 'redeemed')),
  idempotency_key VARCHAR(100) NOT NULL,
  requested_by UUID NOT NULL REFERENCES users (id),
  requested_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  redeemed_at TIMESTAMPTZ,
  PRIMARY KEY (machine_id, epoch, code),
  CHECK ((state = 'redeemed') = (redeemed_at IS NOT NULL))
);
CREATE INDEX voucher_redemptions_operator ON voucher_redemptions (operator_id, requested_at DESC);
CREATE INDEX payments_voucher ON payments (machine_id, epoch, reference) WHERE kind = 'voucher';

GRANT SELECT, INSERT ON voucher_redemptions TO spiral_app;
GRANT SELECT, UPDATE (state, redeemed_at) ON voucher_redemptions TO spiral_ingest;
