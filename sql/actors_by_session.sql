-- The accounts of active login sessions, without disabled accounts.
--
-- Parameters: :session_ids
--
-- Sent for every request with an access token (concurrent requests share one),
-- and once for all purchases that share a unit of work. A logout, a changed role or a disabled account therefore
-- takes effect with the next request, in every process. The row of a session is
-- deleted when the session ends. Both tables are read by their primary keys:
-- four cached pages per session.
SELECT session.id, account.id AS user_id, account.username, account.role,
       account.email, account.first_name, account.last_name
FROM login_sessions AS session
JOIN users AS account ON account.id = session.user_id
WHERE session.id = ANY(CAST(:session_ids AS uuid[])) AND account.disabled_at IS NULL
