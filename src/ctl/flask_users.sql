-- People by their names. An account that is here already stays as it is: nobody's rights or password come back by an import.
UPDATE flask_users SET
    login = btrim(regexp_replace(lower(split_part(username, '@', 1)), '[^a-z0-9._-]+', '.', 'g'), '._-'),
    shown = left(coalesce(display_name, nullif(concat_ws(' ', first_name, last_name), ''), username, 'user ' || key), 100),
    our_role = CASE WHEN is_admin THEN 'admin' ELSE coalesce(
        (SELECT ours FROM flask_words WHERE what = 'role' AND theirs = pg_temp.flask_word(role)), current_setting('flask.role')) END;
UPDATE flask_users SET reason = CASE
    WHEN username IS NULL THEN 'has no user name'
    WHEN login !~ '^[a-z0-9][a-z0-9._-]{1,63}$' THEN 'the name makes no user name here: 2 to 64 of a-z, 0-9, ''.'', ''_'' and ''-'''
    END;
UPDATE flask_users f SET reason = 'would have the same user name here as ' || d.first
  FROM (SELECT key, first_value(username) OVER w AS first, row_number() OVER w AS nth FROM flask_users WHERE reason IS NULL
        WINDOW w AS (PARTITION BY login ORDER BY login <> username, created_at, key)) AS d
 WHERE d.key = f.key AND d.nth > 1;
UPDATE flask_users f SET known = true, id = u.id FROM users u WHERE u.username = f.login AND f.reason IS NULL;

INSERT INTO flask_said
SELECT 'users', key, coalesce(username, key), true, reason FROM flask_users WHERE reason IS NOT NULL
 UNION ALL
SELECT 'users', key, username, false, 'logs in as ' || login || ' here' FROM flask_users
 WHERE reason IS NULL AND NOT known AND login <> username
 UNION ALL
SELECT 'users', key, username, false, format('the role %s is not known: %s here', role, our_role) FROM flask_users
 WHERE reason IS NULL AND NOT known AND role IS NOT NULL AND is_admin IS NOT TRUE
   AND NOT EXISTS (SELECT FROM flask_words WHERE what = 'role' AND theirs = pg_temp.flask_word(role))
 UNION ALL
SELECT 'users', key, username, false, 'the password''s hash is of no known kind: needs a new password' FROM flask_users
 WHERE reason IS NULL AND NOT known
   AND coalesce(password_hash, '') !~ '^(pbkdf2:sha(1|256|512)(:[0-9]+)?|scrypt:[0-9]+:[0-9]+:[0-9]+)[$][^$]+[$][0-9a-f]+$'
 UNION ALL
SELECT 'users', f.key, f.username, false,
       format('has an account here, which stays as it is: %s, %s; there %s, %s', u.role, u.status, f.our_role,
              CASE WHEN f.active IS FALSE THEN 'disabled' ELSE 'active' END)
  FROM flask_users f JOIN users u ON u.id = f.id
 WHERE (u.role, u.status) <> (f.our_role, CASE WHEN f.active IS FALSE THEN 'disabled' ELSE 'active' END);

INSERT INTO users (username, display_name, role, password_hash, status, created_at, last_login_at)
SELECT login, shown, our_role,
       substring(password_hash FROM '^(?:pbkdf2:sha(?:1|256|512)(?::[0-9]+)?|scrypt:[0-9]+:[0-9]+:[0-9]+)[$][^$]+[$][0-9a-f]+$'),
       CASE WHEN active IS FALSE THEN 'disabled' ELSE 'active' END, coalesce(created_at, now()), last_login_at
  FROM flask_users WHERE reason IS NULL AND NOT known ORDER BY created_at, key;
UPDATE flask_users f SET id = u.id FROM users u WHERE u.username = f.login AND f.reason IS NULL AND f.id IS NULL;
