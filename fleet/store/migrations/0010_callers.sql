-- A program may redeem as well as a person: one of the two is named.
ALTER TABLE voucher_redemptions ALTER COLUMN requested_by DROP NOT NULL;
ALTER TABLE voucher_redemptions ADD COLUMN requested_key UUID REFERENCES api_keys (id);
ALTER TABLE voucher_redemptions ADD CHECK (num_nonnulls(requested_by, requested_key) = 1);
