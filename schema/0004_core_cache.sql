-- What caches need to know: how often each kind of thing has changed.
--
-- A tag names what a cached answer is made from. Every transaction that changes a watched table gives its tag a new
-- version as the last thing it does, so that the order of versions is the order of commits: the row's lock is held from
-- there to the commit, and no longer. Triggers do this, so it holds for imports and for psql as well.
--
-- A version is the time in microseconds, or the one before it plus one where the clock doesn't move on (a hybrid logical
-- clock, Kulkarni et al. 2014). So it is never used twice, not even after a backup was restored: what caches still have
-- of the time after the backup belongs to versions that don't come again.

CREATE TABLE cache_versions (
    tag     text PRIMARY KEY CONSTRAINT cache_versions_tag_form CHECK (tag ~ '^[a-z][a-z0-9_]{0,30}$'),
    version bigint NOT NULL
) WITH (fillfactor = 10);       -- updated all the time: room for the row's next versions on its page

-- Remembers for this transaction that the tag is to get a new version; true the first time. The setting belongs to the
-- transaction, and a rollback to a savepoint takes it back together with the event that it is the condition of.
CREATE FUNCTION cache_touch(tag text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    touched text := coalesce(current_setting('stevedores.touched', true), '');
BEGIN
    IF strpos(touched, ' ' || tag || ' ') > 0 THEN
        RETURN false;
    END IF;
    PERFORM set_config('stevedores.touched', touched || ' ' || tag || ' ', true);
    RETURN true;
END $$;

-- Runs at the commit. All tags of the transaction in one order, so that two transactions never wait for each other in a
-- circle.
CREATE FUNCTION cache_bump() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text[] := regexp_split_to_array(trim(coalesce(current_setting('stevedores.touched', true), '')), '\s+');
    one text;
BEGIN
    FOR one IN SELECT unnest(touched) ORDER BY 1 LOOP
        UPDATE cache_versions
           SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
         WHERE tag = one;
    END LOOP;
    PERFORM set_config('stevedores.touched', '', true);
    RETURN NULL;
END $$;

-- Changes of the table give the tag a new version from now on.
CREATE FUNCTION cache_watch(watched regclass, tag text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cache_versions VALUES (tag, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    ON CONFLICT DO NOTHING;
    EXECUTE format('CREATE CONSTRAINT TRIGGER cache_versions AFTER INSERT OR UPDATE OR DELETE ON %s
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (cache_touch(%L)) EXECUTE FUNCTION cache_bump()',
                   watched, tag);
    -- A truncated table has no rows to be deferred for.
    EXECUTE format('CREATE TRIGGER cache_versions_truncate AFTER TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION cache_bump_now(%L)', watched, tag);
END $$;

-- The same for things that are asked for one by one: changes of the row of number 7 give the tag "vessel_07" a new version,
-- which 71 and 135 share: things of one time have numbers near each other, and who watches the versions reads them all.
CREATE FUNCTION cache_bucket(tag text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT tag || '_' || lpad((number % 64)::text, 2, '0') $$;

CREATE FUNCTION cache_watch_each(watched regclass, tag text, number_column text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    event text;
BEGIN
    INSERT INTO cache_versions
    SELECT cache_bucket(tag, n), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM generate_series(0, 63) AS n
    ON CONFLICT DO NOTHING;
    FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER cache_versions_each_%s AFTER %s ON %s DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW WHEN (cache_touch(cache_bucket(%L, %s.%I))) EXECUTE FUNCTION cache_bump()',
                       lower(event), event, watched, tag, CASE event WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END, number_column);
    END LOOP;
    EXECUTE format('CREATE TRIGGER cache_versions_each_truncate AFTER TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION cache_bump_now(%L)', watched, tag || '_[0-9]{2}');
END $$;

CREATE FUNCTION cache_bump_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cache_versions
       SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
     WHERE tag ~ ('^' || TG_ARGV[0] || '$');
    RETURN NULL;
END $$;
