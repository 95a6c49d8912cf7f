-- The events that sold the most tickets, with all their details.
--
-- Parameters: :organizer_id  whose events are ranked; NULL ranks all
--             :limit         how many
--
-- Nothing is counted here. Counting ten million tickets takes seconds; each
-- event's tickets_sold is kept true by a trigger as its tickets come and go
-- (count_tickets_sold in migrations/), in the transaction in which they do.
--
-- What is left is to find the largest of a million numbers without reading
-- them. An index on tickets_sold itself would do, but every sale would have to
-- change it, and with it every other index of the events table. So the index
-- is on sales_tier, a generated column that tells in which of fifteen size
-- classes tickets_sold falls (0, 1-9, 10-19, 20-49, ... 100,000 and more) and
-- changes only when a class is left. It yields the events class by class from
-- the top; an incremental sort orders those of one class by the exact number,
-- and stops as soon as it has :limit rows. How many rows it looks at depends
-- on how many events share the top classes, not on how many there are.
--
-- Index: events_by_sales (sales_tier DESC), or for one organizer
-- events_by_organizer_and_sales (organizer_id, sales_tier DESC).
-- The plan on a million events and ten million tickets is in docs/top-events.md.
SELECT e.id, e.name, e.description, e.start_time, e.end_time, e.timezone, e.location,
       e.visibility, e.access_code, e.status, e.image, e.capacity, e.tickets_sold,
       e.sales_start, e.sales_end, e.sessions, e.created_at, e.updated_at, e.version,
       e.organizer_id, u.username AS organizer_username,
       c.slug AS category_slug, c.name AS category_name,
       (SELECT json_agg(json_build_object(
                   'id', t.id, 'name', t.name, 'price', CAST(t.price AS text),
                   'currency', t.currency, 'quantity', t.quantity,
                   'tickets_sold', t.tickets_sold,
                   'sales_start', t.sales_start, 'sales_end', t.sales_end)
               ORDER BY t.position, t.id)
        FROM ticket_types AS t WHERE t.event_id = e.id) AS ticket_types
FROM (
    SELECT *
    FROM events
    WHERE (CAST(:organizer_id AS bigint) IS NULL OR organizer_id = CAST(:organizer_id AS bigint))
      -- Below this class nothing was sold.
      AND sales_tier > 0
    ORDER BY sales_tier DESC, tickets_sold DESC, id
    LIMIT :limit
) AS e
JOIN users AS u ON u.id = e.organizer_id
LEFT JOIN categories AS c ON c.id = e.category_id
ORDER BY e.tickets_sold DESC, e.id
