-- What every list and every write needs: numbers of rows that are kept, versions of rows, moves between statuses, answers to
-- writes that may be sent again.

-- --- what the planner is to think of the disk ------------------------------------------------------------------------
-- Lists go by indexes. PostgreSQL's default, that a page somewhere costs four in a row, is of turning disks: with it, a list of
-- one in a hundred rows would read the whole table. Whoever has set it has had a reason, and keeps it.

DO $$
BEGIN
    IF current_setting('random_page_cost')::float8 = 4 THEN
        EXECUTE format('ALTER DATABASE %I SET random_page_cost = 1.1', current_database());
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'random_page_cost stays as it is: only the owner of the database could set it';
END $$;

-- --- how many rows a table has --------------------------------------------------------------------------------------
-- A list says how long it is without counting. A row for each table and slot: writers of one table seldom share a slot, so
-- they don't wait for each other.

CREATE TABLE row_counts (
    table_name text NOT NULL,
    slot       integer NOT NULL,
    rows       bigint NOT NULL,
    PRIMARY KEY (table_name, slot)
) WITH (fillfactor = 10);

-- Remembers for this transaction that the table got or lost a row; true the first time, as with cache_touch().
CREATE FUNCTION count_touch(counted text, change integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    so_far text := coalesce(current_setting('stevedores.rows_' || counted, true), '');
BEGIN
    PERFORM set_config('stevedores.rows_' || counted, (coalesce(nullif(so_far, ''), '0')::bigint + change)::text, true);
    RETURN so_far = '';
END $$;

-- Runs at the commit.
CREATE FUNCTION count_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    setting constant text := 'stevedores.rows_' || TG_TABLE_NAME;
    change  constant bigint := coalesce(nullif(current_setting(setting, true), ''), '0')::bigint;
BEGIN
    PERFORM set_config(setting, '', true);
    IF change <> 0 THEN
        INSERT INTO row_counts AS c VALUES (TG_TABLE_NAME, pg_backend_pid() % 8, change)
        ON CONFLICT (table_name, slot) DO UPDATE SET rows = c.rows + excluded.rows;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION count_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM row_counts WHERE table_name = TG_TABLE_NAME;
    PERFORM set_config('stevedores.rows_' || TG_TABLE_NAME, '', true);
    RETURN NULL;
END $$;

-- The table's rows are counted from now on.
CREATE FUNCTION count_watch(counted regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', counted);
    EXECUTE format('INSERT INTO row_counts SELECT %L, 0, count(*) FROM %s', counted, counted);
    EXECUTE format('CREATE CONSTRAINT TRIGGER row_counts_insert AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (count_touch(%L, 1)) EXECUTE FUNCTION count_keep()', counted, counted);
    EXECUTE format('CREATE CONSTRAINT TRIGGER row_counts_delete AFTER DELETE ON %s DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (count_touch(%L, -1)) EXECUTE FUNCTION count_keep()', counted, counted);
    EXECUTE format('CREATE TRIGGER row_counts_truncate AFTER TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION count_anew()', counted);
END $$;

SELECT count_watch('audit');

-- --- rows: their version, and the statuses that they may have one after the other -----------------------------------

CREATE TABLE status_moves (
    table_name  text NOT NULL,
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (table_name, from_status, to_status)
);

-- Before an update of any table that has version and updated_at.
CREATE FUNCTION row_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

-- Before an update that changes the column "status".
CREATE FUNCTION row_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM status_moves
                    WHERE table_name = TG_TABLE_NAME AND from_status = OLD.status AND to_status = NEW.status) THEN
        RAISE EXCEPTION '% cannot become %; it can become %', OLD.status, NEW.status,
            coalesce((SELECT string_agg(to_status, ' or ' ORDER BY to_status) FROM status_moves
                       WHERE table_name = TG_TABLE_NAME AND from_status = OLD.status), 'nothing else')
            USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = TG_TABLE_NAME || '_status_move';
    END IF;
    RETURN NEW;
END $$;

ALTER TABLE users ADD COLUMN version integer NOT NULL DEFAULT 1;
DROP TRIGGER users_touch ON users;
DROP FUNCTION touch_updated_at();
-- Being seen is no change.
CREATE TRIGGER users_touch BEFORE UPDATE OF username, display_name, role, status, password_hash ON users
    FOR EACH ROW EXECUTE FUNCTION row_touch();

-- Words that describe: skills, tickets. Lower case, so that two people write them alike, and each once.
CREATE FUNCTION words_are_valid(words jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(words) <> 'array' THEN false
           ELSE jsonb_array_length(words) <= most
                AND NOT EXISTS (SELECT FROM jsonb_array_elements(words) AS w
                                 WHERE jsonb_typeof(w) <> 'string' OR (w #>> '{}') !~ '^[a-z0-9][a-z0-9 _+/-]{0,39}$')
                AND jsonb_array_length(words) = (SELECT count(DISTINCT w) FROM jsonb_array_elements(words) AS w) END
$$;

-- --- answers to writes that are sent again ---------------------------------------------------------------------------
-- A write that carries an Idempotency-Key leaves its answer here, in its own transaction: the same key again gets the same
-- answer, for a day (stevedores-agent removes older ones).

CREATE TABLE idempotency_keys (
    user_id     bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key         text NOT NULL,
    request     bytea NOT NULL,                 -- hash of method, path and body: a key is for one request
    status      integer,                        -- NULL while the transaction is under way
    location    text,
    etag        text,
    body        text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);

-- --- the application's own role --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION grant_application(application text) RETURNS void LANGUAGE plpgsql AS $$
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
                       CASE WHEN t.relname IN ('schema_migrations', 'status_moves', 'audit', 'audit_retention') THEN 'SELECT'
                            WHEN t.relname = 'cargo_tallies' THEN 'SELECT, INSERT'
                            WHEN t.relname = 'cache_versions' THEN 'SELECT, UPDATE'
                            WHEN t.relname IN ('users', 'api_keys', 'payments') THEN 'SELECT, INSERT, UPDATE'
                            ELSE 'SELECT, INSERT, UPDATE, DELETE' END,
                       t.name, application);
    END LOOP;
    -- What runs with its owner's rights is there for the program; a migration may have taken it from everybody.
    FOR t IN SELECT oid::regprocedure AS name FROM pg_proc
              WHERE pronamespace = current_schema()::regnamespace AND prosecdef AND proowner = current_user::regrole LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', t.name, application);
    END LOOP;
    -- An import brings numbers with it, and takes others: of tables that it may add rows to.
    FOR t IN SELECT s.oid::regclass AS name FROM pg_class s
               JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
              WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace
                AND has_table_privilege(application, d.refobjid, 'INSERT') LOOP
        EXECUTE format('GRANT UPDATE ON SEQUENCE %s TO %I', t.name, application);
    END LOOP;
END $$;
