-- Cancel every order of an event that was cancelled, in one statement.
--
-- The tickets stay, as history. That they no longer count as sold, the trigger
-- count_changed_orders sees to (migrations/versions/0002).
UPDATE orders
SET status = 'cancelled'
WHERE event_id = :event_id AND status <> 'cancelled'
