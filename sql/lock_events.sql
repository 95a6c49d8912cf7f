-- Load events and make everybody else who wants to sell for them wait.
--
-- FOR NO KEY UPDATE is as strong as a change of the row needs it, and weak
-- enough to let pass the checks of foreign keys that point to the event.
-- Whoever waited sees the row as the one before left it: in READ COMMITTED,
-- PostgreSQL reads a row again once it gets its lock. This holds only for the
-- locked table's own columns, so nothing is joined here; the ticket types come
-- with a statement of their own, sql/ticket_types.sql.
--
-- Rows are locked as they come, and they come in the order of their ids: two
-- that want the same events never hold what the other waits for.
SELECT id, organizer_id, reference, name, description, category_id, visibility,
       access_code, status, start_time, end_time, timezone, location, sales_start,
       sales_end, capacity, tickets_sold, sessions, image, created_at, updated_at,
       version
FROM events
WHERE id = ANY(CAST(:ids AS bigint[]))
ORDER BY id
FOR NO KEY UPDATE
