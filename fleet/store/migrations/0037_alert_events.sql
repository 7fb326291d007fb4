-- Each event of an alert is its operator's by the alert it is of, whose operator is checked. Checked once more for every
-- event, that locked the one row of the operator for each, and took a tenth of opening and closing.
ALTER TABLE alert_events DROP CONSTRAINT alert_events_operator_id_fkey;
