-- Card money and what service persons move. A hold is money in; it becomes a capture when its sale is linked to it, or
-- goes out again: released, or due back because nobody can say that it went back (refundDue; 0 where its approval was
-- never seen, the reference then names the amount). fill, emptied and boxTaken are the operator's money, never credit.
ALTER TABLE payments DROP CONSTRAINT payments_kind_check;
ALTER TABLE payments ADD CONSTRAINT payments_kind_check CHECK (kind IN ('coin', 'bill', 'change', 'refund', 'voucher',
  'claim', 'manual', 'hold', 'capture', 'release', 'refundDue', 'revalue', 'fill', 'emptied', 'boxTaken'));

-- The approved hold: its record and amount (0 = none), and the sale that failed with it.
ALTER TABLE sync_cursors ADD COLUMN hold_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_cursors ADD COLUMN hold_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_cursors ADD COLUMN hold_sale_id UUID;
ALTER TABLE sync_cursors ADD COLUMN hold_sale_booked_at TIMESTAMPTZ;
