-- Load events, and lock them until the transaction ends.
--
-- Parameters: :ids
--             {columns}  the columns of the aggregate, which the program fills in
--
-- FOR NO KEY UPDATE is the lock that an update of the row takes. It does not
-- block inserts of rows that refer to the event by a foreign key.
--
-- A transaction that waited for the lock sees the row as its predecessor left
-- it: in READ COMMITTED, PostgreSQL reads a row again once it has the lock. That
-- holds only for columns of the locked table, so nothing is joined here; the
-- ticket types follow in a statement of their own, sql/ticket_types.sql.
--
-- Rows are locked in the order of their ids, so that two transactions that lock
-- the same events do not wait for each other (a deadlock).
SELECT {columns}
FROM events
WHERE id = ANY(CAST(:ids AS bigint[]))
ORDER BY id
FOR NO KEY UPDATE
