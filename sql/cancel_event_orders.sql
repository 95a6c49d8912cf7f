-- Cancel all orders of a cancelled event, in one statement.
--
-- Parameters: :event_id
--
-- The tickets remain as history. The trigger count_changed_orders subtracts them
-- from tickets_sold (migrations/versions/0003_registrations.py).
UPDATE orders
SET status = 'cancelled', total = 0
WHERE event_id = :event_id AND status <> 'cancelled'
