-- Load an event and make everybody else who wants to sell for it wait.
--
-- FOR NO KEY UPDATE is as strong as a change of the row needs it, and weak
-- enough to let pass the checks of foreign keys that point to the event.
-- Whoever waited sees the row as the one before left it: in READ COMMITTED,
-- PostgreSQL reads a row again once it gets its lock. This holds only for the
-- locked table's own columns, so nothing is joined here.
SELECT id, organizer_id, name, description, start_time, end_time, timezone,
       location, capacity, tickets_sold, created_at, updated_at, version
FROM events
WHERE id = :id
FOR NO KEY UPDATE
