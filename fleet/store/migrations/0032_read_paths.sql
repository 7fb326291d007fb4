-- What a page of machines is chosen from, and what is counted of all of them, without reading their rows: an operator
-- may have 50,000. HOT updates (heartbeats) stay what they are; a status that changes was in an index before.
CREATE INDEX machines_listed ON machines (operator_id, serial_number) INCLUDE (id);
DROP INDEX machines_operator;
CREATE INDEX machines_by_status ON machines (operator_id, status, serial_number) INCLUDE (id);
DROP INDEX machines_status;
CREATE INDEX machines_counted ON machines (operator_id, currency, currency_decimals) INCLUDE (status, simulated, id);

-- A product is one operator's. Without knowing that, a sold-out product is guessed in a hundredth of the slots it has.
CREATE STATISTICS machine_slots_products (dependencies) ON operator_id, product_id FROM machine_slots;
