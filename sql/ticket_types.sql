-- The ticket types of events, in display order.
--
-- Parameters: :event_ids
--
-- Sent after sql/lock_events.sql, as a separate statement: a statement sees what
-- was committed before it began, so this one, which begins with the lock held,
-- sees what the previous holder of the lock committed. Ticket types need no
-- locks of their own, because every transaction that sells or changes a type
-- locks its event first.
SELECT *
FROM ticket_types
WHERE event_id = ANY(CAST(:event_ids AS bigint[]))
ORDER BY event_id, position, id
