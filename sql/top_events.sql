-- The events that sold the most tickets.
--
-- Parameters: :organizer_id  whose events are ranked; NULL ranks all
--             :limit         how many
--
-- The statement counts nothing. To count ten million tickets takes seconds; a
-- trigger keeps the tickets_sold of each event correct in the transaction that
-- sells or cancels tickets (count_tickets_sold in migrations/).
--
-- What remains is to find the largest of a million numbers without reading
-- them all. An index on tickets_sold would do, but every sale would have to
-- change it, and with it every other index of the events table. So the index
-- is on sales_tier, a generated column: the class of tickets_sold among fifteen
-- (0, 1-9, 10-19, 20-49, ... 100,000 and more), which few sales change. The
-- index yields the events class by class from the top; an incremental sort
-- orders the events of a class by the exact number, and stops once it has
-- :limit rows. How many rows it reads depends on how many events are in the top
-- classes, not on how many events there are.
--
-- The program joins the organizer, the category and the ticket types to these
-- rows, as for every list of events (event_views.py).
--
-- Index: events_by_sales (sales_tier DESC), or for one organizer
-- events_by_organizer_and_sales (organizer_id, sales_tier DESC).
-- The plan on a million events and ten million tickets is in docs/top-events.md.
SELECT *
FROM events
WHERE (CAST(:organizer_id AS bigint) IS NULL OR organizer_id = CAST(:organizer_id AS bigint))
  -- Events of tier 0 sold nothing.
  AND sales_tier > 0
ORDER BY sales_tier DESC, tickets_sold DESC, id
LIMIT :limit
