-- Members of an account in JSON, from the row v. Never the hash.
SELECT v.id, v.username, v.display_name, v.role, v.status, v.version, v.created_at, v.last_login_at
