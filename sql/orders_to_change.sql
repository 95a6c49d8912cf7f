-- Load orders of one event with their tickets, in order to change them.
--
-- Parameters: :event_id
--             :order_ids  NULL loads the waitlist, in order of arrival
--             {order_columns}, {ticket_columns}
--             the columns of both tables, which the program fills in
--
-- Every transaction that changes an order locks its event first
-- (sql/lock_events.sql), so orders need no locks of their own.
-- With one lock per event, taken in the order of the ids, transactions cannot
-- deadlock.
SELECT {order_columns}, {ticket_columns}
FROM orders AS o
JOIN tickets AS t ON t.event_id = o.event_id AND t.order_id = o.id
WHERE o.event_id = :event_id
  AND CASE WHEN CAST(:order_ids AS uuid[]) IS NULL THEN o.status = 'waitlisted'
           ELSE o.id = ANY(CAST(:order_ids AS uuid[])) END
ORDER BY o.waitlist_number, o.id, t.id
