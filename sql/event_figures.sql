-- What one event sold, counted in one pass over its tickets.
--
-- Parameters: :event_id
--             :timezone  whose midnight parts the days
--
-- Each grouping set gives one kind of row: by ticket type, by currency, by day,
-- and, with no group at all, the event as a whole. GROUPING() tells which
-- columns a row is not grouped by, as bits, the first column the highest: 3 is
-- by type, 5 by currency, 6 by day, 7 the whole.
--
-- Index: orders_by_event, tickets_by_event_and_order. A hundred thousand
-- tickets take about a fifth of a second, and nobody else waits for it.
SELECT GROUPING(ticket_type_id, currency, day) AS grouping,
       ticket_type_id, currency, day,
       count(*) FILTER (WHERE is_sold) AS tickets,
       coalesce(sum(price) FILTER (WHERE is_sold), 0) AS amount,
       count(*) FILTER (WHERE is_sold AND checked_in_at IS NOT NULL) AS checked_in,
       count(*) FILTER (WHERE is_cancelled) AS cancelled,
       (SELECT count(*) FROM orders WHERE event_id = :event_id AND status = 'waitlisted')
           AS waitlisted
FROM (
    SELECT ticket.ticket_type_id, orders.currency, ticket.price, ticket.checked_in_at,
           orders.status = 'confirmed' AND ticket.cancelled_at IS NULL AS is_sold,
           orders.status = 'cancelled' OR ticket.cancelled_at IS NOT NULL AS is_cancelled,
           CAST(ticket.issued_at AT TIME ZONE CAST(:timezone AS text) AS date) AS day
    FROM orders
    JOIN tickets AS ticket ON ticket.event_id = orders.event_id AND ticket.order_id = orders.id
    WHERE orders.event_id = :event_id
) AS sold
GROUP BY GROUPING SETS ((ticket_type_id), (currency), (day), ())
