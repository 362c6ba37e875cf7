-- Members of an API key in JSON, from the row v. Never the hash.
SELECT v.id, (SELECT u.username FROM users AS u WHERE u.id = v.user_id) AS username, v.name, v.prefix, v.role,
       v.created_at, v.last_used_at, v.expires_at, v.revoked_at,
       CASE WHEN v.revoked_at IS NOT NULL THEN 'revoked' WHEN v.expires_at <= now() THEN 'expired' ELSE 'valid' END AS state
