-- What a machine's slots hold and cost follows from its ledger: a planogram that came into force, a price set at the
-- machine. planned_*: what an installer said, which counts as long as the ledger says nothing else. in_use: false for a
-- slot that the planogram in force does not have; its count stays, as the machine keeps it too.
-- Documents applied before this migration are found by the nightly check of the books and put in by rebuild-books.
ALTER TABLE machine_slots ADD COLUMN planned_product_id UUID REFERENCES products (id);
ALTER TABLE machine_slots ADD COLUMN planned_price NUMERIC(12, 3) CHECK (planned_price >= 0);
ALTER TABLE machine_slots ADD COLUMN planned_capacity SMALLINT CHECK (planned_capacity >= 0);
ALTER TABLE machine_slots ADD COLUMN in_use BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE machine_slots ADD COLUMN by_planogram BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE machine_slots ADD COLUMN price_set BOOLEAN NOT NULL DEFAULT false;
UPDATE machine_slots SET planned_product_id = product_id, planned_price = price, planned_capacity = max_capacity
WHERE planned_quantity IS NOT NULL;

-- The planogram in force by this ledger: told again it changes nothing, so prices set since stay.
ALTER TABLE sync_cursors ADD COLUMN planogram_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_cursors ADD COLUMN planogram_crc BIGINT NOT NULL DEFAULT 0;
