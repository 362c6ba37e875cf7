-- Members of a session in JSON, from the row v. Never the hash.
SELECT v.id, (SELECT u.username FROM users AS u WHERE u.id = v.user_id) AS username, v.created_at, v.last_used_at,
       v.address, v.user_agent, v.revoked_at, CASE WHEN v.revoked_at IS NULL THEN 'open' ELSE 'ended' END AS state
