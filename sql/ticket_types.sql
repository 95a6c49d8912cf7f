-- The ticket types of events, in the order in which they are shown.
--
-- Sent after sql/lock_events.sql, as a statement of its own: a statement sees
-- what was committed when it began, so this one, which begins with the lock
-- held, sees what the holder before left. They need no lock themselves, since
-- whoever sells or changes a type holds its event.
SELECT id, event_id, name, price, currency, quantity, tickets_sold, sales_start, sales_end
FROM ticket_types
WHERE event_id = ANY(CAST(:event_ids AS bigint[]))
ORDER BY event_id, position, id
