-- Every sale moves a count. An index whose condition asks for the count itself made each such update write all indexes of
-- the table anew; whether a slot is empty seldom changes, so the update stays within its block.
ALTER TABLE machine_slots ADD COLUMN is_empty BOOLEAN GENERATED ALWAYS AS (quantity = 0) STORED;
DROP INDEX machine_slots_empty;
CREATE INDEX machine_slots_empty ON machine_slots (operator_id, product_id, machine_id) WHERE is_empty AND in_use;

-- Sales are written in the order of their time, nearly.
DROP INDEX transactions_dispensed_at;
CREATE INDEX transactions_dispensed_at ON transactions USING brin (dispensed_at);
