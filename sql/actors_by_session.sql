-- Tell whose sessions these are, of those that go on and whose account may act.
--
-- Parameters: :session_ids
--
-- Asked for every request that brings a token, and for all purchases that share
-- a unit of work at once; so signing out, another role and a disabled account
-- count from the next request on, wherever it comes in. A session that has
-- ended is no row any more. Both tables are read by their primary keys: four
-- pages a session, all of them warm.
SELECT session.id, account.id AS user_id, account.username, account.role
FROM sessions AS session
JOIN users AS account ON account.id = session.user_id
WHERE session.id = ANY(CAST(:session_ids AS uuid[])) AND account.disabled_at IS NULL
