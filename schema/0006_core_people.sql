-- People: sessions, API keys, the audit trail, and what the application's own role may do.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

ALTER TABLE users ADD COLUMN status text NOT NULL DEFAULT 'active'
    CONSTRAINT users_status_known CHECK (status IN ('active', 'disabled'));
UPDATE users SET status = 'disabled' WHERE disabled_at IS NOT NULL;
ALTER TABLE users DROP COLUMN disabled_at;
ALTER TABLE users ADD COLUMN last_login_at timestamptz;

CREATE INDEX users_by_created ON users (created_at, id);
CREATE INDEX users_search ON users USING gin ((username || ' ' || display_name) gin_trgm_ops);

-- Of the token itself only its hash is here: whoever reads the table can't log in with it.
CREATE TABLE sessions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   bytea NOT NULL
                 CONSTRAINT sessions_token_unique UNIQUE
                 CONSTRAINT sessions_token_length CHECK (octet_length(token_hash) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    address      text,
    user_agent   text,
    revoked_at   timestamptz
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_use  ON sessions (last_used_at);

CREATE TABLE api_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         text NOT NULL
                 CONSTRAINT api_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    prefix       text NOT NULL,                 -- the key's beginning, by which people recognise it
    token_hash   bytea NOT NULL
                 CONSTRAINT api_keys_token_unique UNIQUE
                 CONSTRAINT api_keys_token_length CHECK (octet_length(token_hash) = 32),
    role         text NOT NULL
                 CONSTRAINT api_keys_role_known
                 CHECK (role IN ('viewer', 'clerk', 'supervisor', 'manager', 'admin')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    expires_at   timestamptz
                 CONSTRAINT api_keys_end_later CHECK (expires_at > created_at),
    revoked_at   timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

CREATE FUNCTION role_rank(role text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_position(ARRAY['viewer', 'clerk', 'supervisor', 'manager', 'admin'], role)
$$;

-- --- what caches know of people -----------------------------------------------------------------------------------
-- A session that a cache knows is good as long as the version of "people" is the one it was found under: it changes
-- when somebody loses something, not when somebody logs in or is seen again.

INSERT INTO cache_versions VALUES ('people', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);

-- CASE: cache_touch() must not be asked where nothing was lost, for it remembers that it was.
CREATE CONSTRAINT TRIGGER cache_versions AFTER UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (CASE WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN cache_touch('people') ELSE false END)
    EXECUTE FUNCTION cache_bump();
CREATE CONSTRAINT TRIGGER cache_versions_delete AFTER DELETE ON sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (CASE WHEN OLD.revoked_at IS NULL THEN cache_touch('people') ELSE false END)
    EXECUTE FUNCTION cache_bump();
CREATE CONSTRAINT TRIGGER cache_versions AFTER UPDATE ON api_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (CASE WHEN (OLD.revoked_at, OLD.role, OLD.expires_at) IS DISTINCT FROM (NEW.revoked_at, NEW.role, NEW.expires_at)
               THEN cache_touch('people') ELSE false END)
    EXECUTE FUNCTION cache_bump();
CREATE CONSTRAINT TRIGGER cache_versions_delete AFTER DELETE ON api_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (cache_touch('people')) EXECUTE FUNCTION cache_bump();
CREATE CONSTRAINT TRIGGER cache_versions AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (CASE WHEN OLD.role <> NEW.role OR OLD.status <> NEW.status OR OLD.display_name <> NEW.display_name
               THEN cache_touch('people') ELSE false END)
    EXECUTE FUNCTION cache_bump();
CREATE CONSTRAINT TRIGGER cache_versions_delete AFTER DELETE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (cache_touch('people')) EXECUTE FUNCTION cache_bump();

-- --- rules that hold whoever writes --------------------------------------------------------------------------------

-- Another role, or none any more: what was open under the old one ends.
CREATE FUNCTION users_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sessions SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER users_end_sessions AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.role <> NEW.role OR OLD.status <> NEW.status) EXECUTE FUNCTION users_end_sessions();

-- Somebody must be left who can let others in. The lock makes two admins who disable each other take turns.
CREATE FUNCTION users_keep_an_admin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7239468122573562);
    IF NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND status = 'active') THEN
        RAISE EXCEPTION 'is the last active admin'
            USING ERRCODE = 'SD409', COLUMN = CASE WHEN TG_OP = 'DELETE' OR NEW.role = OLD.role THEN 'status' ELSE 'role' END,
                  CONSTRAINT = 'users_keep_an_admin';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_keep_an_admin AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.role = 'admin' AND OLD.status = 'active' AND (NEW.role <> 'admin' OR NEW.status <> 'active'))
    EXECUTE FUNCTION users_keep_an_admin();
CREATE TRIGGER users_keep_an_admin_delete AFTER DELETE ON users FOR EACH ROW
    WHEN (OLD.role = 'admin' AND OLD.status = 'active') EXECUTE FUNCTION users_keep_an_admin();

-- --- audit ---------------------------------------------------------------------------------------------------------
-- Who did what, in the same transaction as what was done, by triggers, so that no way of writing goes around it. Who it
-- was, the program says in the transaction's setting stevedores.actor, as JSON; for anybody else it is the session's role.

CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    actor_id    bigint,                         -- a user, who need not exist any more
    actor       text NOT NULL,
    via         text NOT NULL,                  -- session, key, login, ctl, agent, sql
    address     text,
    request_id  text,
    action      text NOT NULL,
    object_type text NOT NULL,
    object_id   text NOT NULL,
    before      jsonb,                          -- of a change, only what changed
    after       jsonb
);
CREATE INDEX audit_by_time   ON audit (at, id);
CREATE INDEX audit_by_actor  ON audit (actor, at, id);
CREATE INDEX audit_by_action ON audit (action, at, id);
CREATE INDEX audit_by_object ON audit (object_type, object_id, at, id);

-- With its owner's rights: the application's role has none on the table but to read it.
CREATE FUNCTION audit_write(action text, object_type text, object_id text, before jsonb, after jsonb)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('stevedores.actor', true), ''), '{}')::jsonb;
BEGIN
    INSERT INTO audit (actor_id, actor, via, address, request_id, action, object_type, object_id, before, after)
    VALUES ((who ->> 'id')::bigint, coalesce(who ->> 'name', session_user), coalesce(who ->> 'via', 'sql'),
            who ->> 'address', who ->> 'request_id', action, object_type, object_id, before, after);
END $$;

-- For one row. Arguments: its id's column, and what to call an insert and an update (default create, update).
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    secrets constant text[] := ARRAY['password_hash', 'token_hash'];
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - secrets END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - secrets END;
    id text := coalesce(new_row, old_row) ->> TG_ARGV[0];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM audit_write(coalesce(TG_ARGV[1], 'create'), TG_TABLE_NAME, id, NULL, new_row);
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM audit_write('delete', TG_TABLE_NAME, id, old_row, NULL);
    ELSE
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value) INTO old_row, new_row
          FROM jsonb_each(old_row) AS o JOIN jsonb_each(new_row) AS n USING (key)
         WHERE o.value IS DISTINCT FROM n.value AND key NOT IN ('updated_at', 'version', 'last_login_at');
        IF new_row IS NULL THEN
            RETURN NULL;                        -- nothing that anybody would ask about
        END IF;
        PERFORM audit_write(coalesce(TG_ARGV[2], 'update'), TG_TABLE_NAME, id, old_row, new_row);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit_insert AFTER INSERT ON sessions
    FOR EACH ROW EXECUTE FUNCTION audit_row('id', 'login');
CREATE TRIGGER audit_end AFTER UPDATE ON sessions
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION audit_row('id', 'login', 'end');
CREATE TRIGGER audit AFTER INSERT OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit_end AFTER UPDATE ON api_keys
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION audit_row('id', 'create', 'revoke');
CREATE TRIGGER audit_change AFTER UPDATE OF user_id, name, prefix, token_hash, role, expires_at ON api_keys
    FOR EACH ROW EXECUTE FUNCTION audit_row('id');

-- For how long the trail is kept: `stevedoresctl migrate` writes it here (AUDIT_RETENTION_DAYS), as the owner, for the
-- application's role must not be able to shorten it.
CREATE TABLE audit_retention (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    days     integer NOT NULL CHECK (days >= 30)
);
INSERT INTO audit_retention (days) VALUES (730);

-- The one way in which the trail gets shorter, and only at its old end. Runs with its owner's rights. Returns how many rows
-- went; they go in pieces, so ask until it is fewer than that.
CREATE FUNCTION audit_sweep(piece integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    swept bigint;
BEGIN
    DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE at < now() - (SELECT days FROM audit_retention) * interval '1 day'
         ORDER BY at, id LIMIT piece);
    GET DIAGNOSTICS swept = ROW_COUNT;
    RETURN swept;
END $$;

-- --- the application's own role ------------------------------------------------------------------------------------
-- What a role that is not the owner may do; `stevedoresctl migrate` calls this after each run, with the role that
-- DATABASE_URL names.

CREATE FUNCTION grant_application(application text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    IF application = current_user THEN
        RETURN;
    END IF;
    -- Whoever can make tables must not be able to have our functions find them in place of ours.
    FOR t IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
              WHERE p.pronamespace = current_schema()::regnamespace AND l.lanname = 'plpgsql' AND p.proconfig IS NULL
                AND p.proowner = current_user::regrole LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', t.name, current_schema());
    END LOOP;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), application);
    FOR t IN SELECT c.oid::regclass AS name, c.relname FROM pg_class c
              WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', t.name, application);
        EXECUTE format('GRANT %s ON %s TO %I',
                       CASE WHEN t.relname IN ('schema_migrations', 'vessel_moves', 'audit', 'audit_retention') THEN 'SELECT'
                            WHEN t.relname = 'cargo_tallies' THEN 'SELECT, INSERT'
                            WHEN t.relname = 'cache_versions' THEN 'SELECT, UPDATE'
                            WHEN t.relname IN ('users', 'api_keys') THEN 'SELECT, INSERT, UPDATE'
                            ELSE 'SELECT, INSERT, UPDATE, DELETE' END,
                       t.name, application);
    END LOOP;
END $$;
