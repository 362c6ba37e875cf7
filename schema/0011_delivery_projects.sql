-- The delivery board: projects, their features and backlog, the people who work on them, and for how much of their time.
--
-- Locks, in this order: a lock on all moves of backlog items or on all allocations (advisory, before any row); the row that
-- a statement is about; projects, FOR SHARE by whoever changes what is in them, so that nobody closes them meanwhile;
-- resources, by whoever allocates them; and at the commit the kept totals, sorted.

-- --- projects -------------------------------------------------------------------------------------------------------

CREATE TABLE projects (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code           text NOT NULL
                   CONSTRAINT projects_code_form CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$'),
    name           text NOT NULL
                   CONSTRAINT projects_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    description    text
                   CONSTRAINT projects_description_length CHECK (char_length(description) <= 2000),
    status         text NOT NULL DEFAULT 'planned'
                   CONSTRAINT projects_status_known
                   CHECK (status IN ('planned', 'active', 'on_hold', 'completed', 'cancelled')),
    active         boolean NOT NULL GENERATED ALWAYS AS (status = 'active') STORED,
    priority       text NOT NULL DEFAULT 'medium'
                   CONSTRAINT projects_priority_known CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    -- What sorts by it begins with the most urgent.
    priority_order smallint NOT NULL GENERATED ALWAYS AS (
                   CASE priority WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 ELSE 4 END) STORED,
    owner          text
                   CONSTRAINT projects_owner_length CHECK (char_length(owner) BETWEEN 1 AND 100),
    starts_on      date,
    due_on         date,
    closed_at      timestamptz,                 -- when it was completed or cancelled
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT projects_due_after_start CHECK (due_on >= starts_on),
    CONSTRAINT projects_closed_when_over CHECK ((closed_at IS NOT NULL) = (status IN ('completed', 'cancelled')))
);
CREATE UNIQUE INDEX projects_code_once ON projects (lower(code));

CREATE INDEX projects_by_name     ON projects (name, id);
CREATE INDEX projects_by_due      ON projects (coalesce(due_on, 'infinity'), id);
CREATE INDEX projects_by_priority ON projects (priority_order, coalesce(due_on, 'infinity'), id);
CREATE INDEX projects_by_status   ON projects (status, coalesce(due_on, 'infinity'), id);
CREATE INDEX projects_by_urgency  ON projects (status, priority, coalesce(due_on, 'infinity'));
CREATE INDEX projects_by_owner    ON projects (owner, status, priority, coalesce(due_on, 'infinity'));
CREATE INDEX projects_by_updated  ON projects (updated_at, id);
CREATE INDEX projects_search      ON projects USING gin ((code || ' ' || name || ' ' || coalesce(owner, '')) gin_trgm_ops);
-- The dashboard looks at the most urgent active ones, however many there have been.
CREATE INDEX projects_active      ON projects (coalesce(due_on, 'infinity'), priority_order, id) WHERE status = 'active';

INSERT INTO status_moves VALUES
    ('projects', 'planned', 'active'),
    ('projects', 'planned', 'cancelled'),
    ('projects', 'active', 'on_hold'),
    ('projects', 'active', 'completed'),
    ('projects', 'active', 'cancelled'),
    ('projects', 'on_hold', 'active'),
    ('projects', 'on_hold', 'cancelled');

-- The project's row is locked here: whoever adds an item or takes one up again waits, or has been waited for, and what they
-- did is seen.
CREATE FUNCTION projects_close() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open_items bigint;
BEGIN
    IF NEW.status = 'completed' THEN
        SELECT count(*) INTO open_items FROM backlog_items WHERE project_id = NEW.id AND status <> 'done';
        IF open_items > 0 THEN
            RAISE EXCEPTION 'cannot be completed while % of its backlog items are open', open_items
                USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = 'projects_items_done';
        END IF;
    END IF;
    NEW.closed_at := CASE WHEN NEW.status IN ('completed', 'cancelled') THEN now() END;
    RETURN NEW;
END $$;

CREATE TRIGGER a_move BEFORE UPDATE ON projects FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();
CREATE TRIGGER b_close BEFORE UPDATE ON projects FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION projects_close();
CREATE TRIGGER c_touch BEFORE UPDATE ON projects FOR EACH ROW EXECUTE FUNCTION row_touch();

-- Holds the project as it is until the commit, and refuses when it is over. What an import brings back was there before the
-- project was over: it says so by the setting stevedores.restoring.
CREATE FUNCTION project_hold_open(project bigint, refused_column text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found_status text;
BEGIN
    SELECT status INTO found_status FROM projects WHERE id = project FOR SHARE;
    IF found_status IN ('completed', 'cancelled')
       AND coalesce(current_setting('stevedores.restoring', true), '') <> 'on' THEN
        RAISE EXCEPTION 'the project is %', found_status
            USING ERRCODE = 'SD409', COLUMN = refused_column, CONSTRAINT = 'projects_open';
    END IF;
END $$;

-- --- features -------------------------------------------------------------------------------------------------------

CREATE TABLE features (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id     bigint NOT NULL
                   CONSTRAINT features_project_exists REFERENCES projects (id),
    name           text NOT NULL
                   CONSTRAINT features_name_length CHECK (char_length(name) BETWEEN 1 AND 150),
    description    text
                   CONSTRAINT features_description_length CHECK (char_length(description) <= 2000),
    status         text NOT NULL DEFAULT 'proposed'
                   CONSTRAINT features_status_known CHECK (status IN ('proposed', 'in_progress', 'done', 'dropped')),
    priority       text NOT NULL DEFAULT 'medium'
                   CONSTRAINT features_priority_known CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    priority_order smallint NOT NULL GENERATED ALWAYS AS (
                   CASE priority WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 ELSE 4 END) STORED,
    due_on         date,
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT features_of_project UNIQUE (project_id, id)     -- what backlog items refer to
);

CREATE INDEX features_by_name     ON features (name, id);
CREATE INDEX features_by_due      ON features (coalesce(due_on, 'infinity'), id);
CREATE INDEX features_by_priority ON features (priority_order, coalesce(due_on, 'infinity'), id);
CREATE INDEX features_by_status   ON features (status, coalesce(due_on, 'infinity'), id);
CREATE INDEX features_by_updated  ON features (updated_at, id);
CREATE INDEX features_search      ON features USING gin (name gin_trgm_ops);

INSERT INTO status_moves VALUES
    ('features', 'proposed', 'in_progress'),
    ('features', 'proposed', 'dropped'),
    ('features', 'in_progress', 'done'),
    ('features', 'in_progress', 'dropped'),
    ('features', 'done', 'in_progress');        -- taken up again

CREATE FUNCTION features_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM project_hold_open(NEW.project_id, 'project_id');
    RETURN NEW;
END $$;

-- What is in a project that is over stays as it is; nor does anything go from one into another.
CREATE FUNCTION project_hold_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refused_column text := 'project_id';
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM project_hold_open(OLD.project_id, refused_column);
        RETURN OLD;
    ELSIF NEW.project_id = OLD.project_id THEN
        IF NEW.status <> OLD.status THEN
            refused_column := 'status';
        END IF;
        PERFORM project_hold_open(OLD.project_id, refused_column);
    ELSE
        PERFORM project_hold_open(least(OLD.project_id, NEW.project_id), refused_column);
        PERFORM project_hold_open(greatest(OLD.project_id, NEW.project_id), refused_column);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER a_add BEFORE INSERT ON features FOR EACH ROW EXECUTE FUNCTION features_add();
CREATE TRIGGER a_hold BEFORE UPDATE OF project_id, name, description, status, priority, due_on OR DELETE ON features
    FOR EACH ROW EXECUTE FUNCTION project_hold_row();
CREATE TRIGGER a_move BEFORE UPDATE ON features FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();
CREATE TRIGGER c_touch BEFORE UPDATE ON features FOR EACH ROW EXECUTE FUNCTION row_touch();

-- --- resources: people ------------------------------------------------------------------------------------------------

CREATE TABLE resources (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name             text NOT NULL
                     CONSTRAINT resources_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    email            text
                     CONSTRAINT resources_email_form
                     CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND char_length(email) <= 200),
    role_title       text
                     CONSTRAINT resources_role_title_length CHECK (char_length(role_title) BETWEEN 1 AND 100),
    skills           jsonb NOT NULL DEFAULT '[]'
                     CONSTRAINT resources_skills_valid CHECK (words_are_valid(skills, 20)),
    availability     text NOT NULL DEFAULT 'available'
                     CONSTRAINT resources_availability_known
                     CHECK (availability IN ('available', 'unavailable', 'on_leave')),
    capacity_percent integer NOT NULL DEFAULT 100
                     CONSTRAINT resources_capacity_range CHECK (capacity_percent BETWEEN 1 AND 100),
    -- Kept from allocations: the last day with one; the days of which something is left, and at least half a full day.
    allocated_until  date,
    free             datemultirange NOT NULL DEFAULT '{(,)}',
    half_free        datemultirange NOT NULL DEFAULT '{(,)}',
    version          integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX resources_email_once ON resources (lower(email));

CREATE INDEX resources_by_name         ON resources (name, id);
CREATE INDEX resources_by_availability ON resources (availability, name, id);
CREATE INDEX resources_by_allocated    ON resources (coalesce(allocated_until, '-infinity'), id);
CREATE INDEX resources_by_updated      ON resources (updated_at, id);
CREATE INDEX resources_by_skill        ON resources USING gin (skills jsonb_path_ops);
CREATE INDEX resources_search          ON resources
    USING gin ((name || ' ' || coalesce(role_title, '') || ' ' || coalesce(email, '')) gin_trgm_ops);

CREATE TABLE allocations (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id bigint NOT NULL
                CONSTRAINT allocations_resource_exists REFERENCES resources (id),
    project_id  bigint NOT NULL
                CONSTRAINT allocations_project_exists REFERENCES projects (id),
    starts_on   date NOT NULL,
    ends_on     date NOT NULL,                  -- the last day
    percent     integer NOT NULL
                CONSTRAINT allocations_percent_range CHECK (percent BETWEEN 1 AND 100),
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT allocations_end_after_start CHECK (ends_on >= starts_on)
);

CREATE INDEX allocations_by_resource ON allocations (resource_id, starts_on, id);
CREATE INDEX allocations_by_project  ON allocations (project_id, starts_on, id);
CREATE INDEX allocations_by_start    ON allocations (starts_on, id);
CREATE INDEX allocations_by_end      ON allocations (ends_on, id);
CREATE INDEX allocations_by_days     ON allocations USING gist (daterange(starts_on, ends_on, '[]'));

-- The days of this board are those of UTC, so that they are the same for everybody who writes.
CREATE FUNCTION utc_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (at AT TIME ZONE 'UTC')::date
$$;

-- How much of a person is allocated from `day` until before `until` (NULL: what comes after `last`); in one piece after the
-- other from `first` on.
CREATE FUNCTION resource_load(resource bigint, first date, last date) RETURNS TABLE (day date, until date, load bigint)
    LANGUAGE sql STABLE AS $$
    SELECT e.day, lead(e.day) OVER w, (sum(e.change) OVER w)::bigint
      FROM (SELECT d.day, sum(d.change) AS change
              FROM (SELECT first AS day, 0 AS change
                     UNION ALL
                    SELECT greatest(starts_on, first), percent FROM allocations
                     WHERE resource_id = resource AND starts_on <= last AND ends_on >= first
                     UNION ALL
                    SELECT ends_on + 1, -percent FROM allocations
                     WHERE resource_id = resource AND starts_on <= last AND ends_on >= first AND ends_on < last) AS d
             GROUP BY d.day) AS e
    WINDOW w AS (ORDER BY e.day)
$$;

-- The days on which `wanted` percent or more of a person are left.
CREATE FUNCTION resource_free(resource bigint, capacity integer, wanted integer) RETURNS datemultirange
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(range_agg(daterange(nullif(day, '-infinity'), until)) FILTER (WHERE capacity - load >= wanted), '{}')
      FROM resource_load(resource, '-infinity', 'infinity')
$$;

-- Nobody works more than all of the time, nor from today on more than their capacity (what was before it was lowered stays).
-- Looks at the days that something is changed on. The person's row is locked.
CREATE FUNCTION resource_check(resource bigint, capacity integer, first date, last date, refused_column text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    today constant date := utc_day(now());
    over record;
BEGIN
    SELECT CASE WHEN load > 100 THEN day ELSE greatest(day, today) END AS day, load INTO over
      FROM resource_load(resource, first, last)
     WHERE load > 100 OR (load > capacity AND coalesce(until, last + 1) > today)
     ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'on % this would come to % percent of the time of somebody who has %', over.day, over.load,
            CASE WHEN over.day < today THEN 100 ELSE capacity END
            USING ERRCODE = 'SD409', COLUMN = refused_column, CONSTRAINT = 'allocations_within_capacity';
    END IF;
END $$;

-- Runs at the commit, once for each person: see delivery_keep().
CREATE FUNCTION resource_keep(resource bigint, capacity integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE resources
       SET allocated_until = (SELECT max(ends_on) FROM allocations WHERE resource_id = resource),
           free = resource_free(resource, capacity, 1), half_free = resource_free(resource, capacity, 50)
     WHERE id = resource;
END $$;

-- "2026-12-01/2026-12-14": both days and all between them (an interval as in ISO 8601). What is no such thing is the mistake
-- of whoever gave it as `parameter`.
CREATE FUNCTION day_range(days text, parameter text) RETURNS daterange LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF days !~ '^\d{4}-\d\d-\d\d/\d{4}-\d\d-\d\d$' THEN
        RAISE invalid_datetime_format;
    END IF;
    RETURN daterange(split_part(days, '/', 1)::date, split_part(days, '/', 2)::date, '[]');
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION 'must be two days, such as 2026-12-01/2026-12-14'
        USING ERRCODE = 'SD400', COLUMN = parameter, CONSTRAINT = 'resources_free_range_form';
END $$;

-- Writers take turns, because a request may have several people in any order: one lock before any row is.
CREATE FUNCTION allocations_take_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7239468122573563);
    RETURN NULL;
END $$;

CREATE FUNCTION allocations_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM project_hold_open(NEW.project_id, 'project_id');
    RETURN NEW;
END $$;

-- As project_hold_row(). But people become free when a project is over: what goes on beyond today can end earlier, and what
-- has not begun can go.
CREATE FUNCTION allocations_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today constant date := utc_day(now());
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.starts_on <= today THEN
            PERFORM project_hold_open(OLD.project_id, 'project_id');
        END IF;
        RETURN OLD;
    ELSIF NEW.project_id <> OLD.project_id THEN
        PERFORM project_hold_open(least(OLD.project_id, NEW.project_id), 'project_id');
        PERFORM project_hold_open(greatest(OLD.project_id, NEW.project_id), 'project_id');
    ELSIF (NEW.resource_id, NEW.starts_on, NEW.percent) <> (OLD.resource_id, OLD.starts_on, OLD.percent)
          OR OLD.ends_on < today OR NEW.ends_on >= OLD.ends_on THEN
        PERFORM project_hold_open(OLD.project_id, 'project_id');
    END IF;
    RETURN NEW;
END $$;

-- Locks the people, each once and in order, then looks: at what all others have committed, and at all of this statement.
CREATE FUNCTION allocations_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        touched := ARRAY(SELECT DISTINCT resource_id FROM added);
    ELSIF TG_OP = 'DELETE' THEN
        touched := ARRAY(SELECT DISTINCT resource_id FROM removed);
    ELSE
        touched := ARRAY(SELECT resource_id FROM added UNION SELECT resource_id FROM removed);
    END IF;
    PERFORM FROM resources WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
    IF TG_OP <> 'DELETE' THEN
        PERFORM resource_check(r.id, r.capacity_percent, a.first, a.last, 'percent')
           FROM (SELECT resource_id, min(starts_on) AS first, max(ends_on) AS last FROM added GROUP BY resource_id) AS a
           JOIN resources AS r ON r.id = a.resource_id;
    END IF;
    INSERT INTO delivery_pending (resource_id) SELECT unnest(touched);
    RETURN NULL;
END $$;

CREATE TRIGGER a_turns BEFORE INSERT OR UPDATE OR DELETE ON allocations
    FOR EACH STATEMENT EXECUTE FUNCTION allocations_take_turns();
CREATE TRIGGER b_add BEFORE INSERT ON allocations FOR EACH ROW EXECUTE FUNCTION allocations_add();
CREATE TRIGGER b_hold BEFORE UPDATE OR DELETE ON allocations FOR EACH ROW EXECUTE FUNCTION allocations_hold();
CREATE TRIGGER c_touch BEFORE UPDATE ON allocations FOR EACH ROW EXECUTE FUNCTION row_touch();
CREATE TRIGGER check_insert AFTER INSERT ON allocations REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION allocations_check();
CREATE TRIGGER check_update AFTER UPDATE ON allocations REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION allocations_check();
CREATE TRIGGER check_delete AFTER DELETE ON allocations REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION allocations_check();

CREATE FUNCTION resources_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.half_free := CASE WHEN NEW.capacity_percent >= 50 THEN '{(,)}' ELSE '{}' END;
    RETURN NEW;
END $$;

CREATE FUNCTION resources_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM resource_check(NEW.id, NEW.capacity_percent, '-infinity', 'infinity', 'capacity_percent');
    INSERT INTO delivery_pending (resource_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER a_begin BEFORE INSERT ON resources FOR EACH ROW EXECUTE FUNCTION resources_begin();
-- What is kept is no change that somebody made.
CREATE TRIGGER c_touch BEFORE UPDATE OF name, email, role_title, skills, availability, capacity_percent ON resources
    FOR EACH ROW EXECUTE FUNCTION row_touch();
CREATE TRIGGER capacity AFTER UPDATE OF capacity_percent ON resources FOR EACH ROW
    WHEN (OLD.capacity_percent <> NEW.capacity_percent) EXECUTE FUNCTION resources_capacity();

-- --- backlog ----------------------------------------------------------------------------------------------------------

CREATE TABLE backlog_items (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id     bigint NOT NULL
                   CONSTRAINT backlog_project_exists REFERENCES projects (id),
    feature_id     bigint,
    title          text NOT NULL
                   CONSTRAINT backlog_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
    description    text
                   CONSTRAINT backlog_description_length CHECK (char_length(description) <= 4000),
    kind           text NOT NULL DEFAULT 'story'
                   CONSTRAINT backlog_kind_known CHECK (kind IN ('story', 'bug', 'task')),
    status         text NOT NULL DEFAULT 'todo'
                   CONSTRAINT backlog_status_known CHECK (status IN ('todo', 'in_progress', 'review', 'done')),
    points         integer NOT NULL DEFAULT 0
                   CONSTRAINT backlog_points_range CHECK (points BETWEEN 0 AND 100),
    priority       text NOT NULL DEFAULT 'medium'
                   CONSTRAINT backlog_priority_known CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    priority_order smallint NOT NULL GENERATED ALWAYS AS (
                   CASE priority WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 ELSE 4 END) STORED,
    rank           bigint NOT NULL,             -- the order within the project
    before_id      bigint                       -- given, never kept: puts the item before that one, or NULL to the end
                   CONSTRAINT backlog_before_not_kept CHECK (before_id IS NULL),
    resource_id    bigint
                   CONSTRAINT backlog_resource_exists REFERENCES resources (id),
    done_at        timestamptz,
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT backlog_feature_fits FOREIGN KEY (project_id, feature_id) REFERENCES features (project_id, id),
    CONSTRAINT backlog_rank_once UNIQUE (project_id, rank) DEFERRABLE,
    CONSTRAINT backlog_done_has_time CHECK ((done_at IS NOT NULL) = (status = 'done'))
);

CREATE INDEX backlog_by_rank     ON backlog_items (project_id, rank, id);
CREATE INDEX backlog_by_feature  ON backlog_items (feature_id, rank, id) WHERE feature_id IS NOT NULL;
CREATE INDEX backlog_by_resource ON backlog_items (resource_id, status, updated_at, id) WHERE resource_id IS NOT NULL;
CREATE INDEX backlog_by_status   ON backlog_items (status, updated_at, id);
CREATE INDEX backlog_by_priority ON backlog_items (priority_order, updated_at, id);
CREATE INDEX backlog_by_points   ON backlog_items (points, id);
CREATE INDEX backlog_by_updated  ON backlog_items (updated_at, id);
CREATE INDEX backlog_by_done     ON backlog_items (coalesce(done_at, '-infinity'), id);
CREATE INDEX backlog_search      ON backlog_items USING gin (title gin_trgm_ops);
-- What keeps a project from being completed.
CREATE INDEX backlog_open        ON backlog_items (project_id) WHERE status <> 'done';

INSERT INTO status_moves VALUES
    ('backlog_items', 'todo', 'in_progress'),
    ('backlog_items', 'in_progress', 'todo'),
    ('backlog_items', 'in_progress', 'review'),
    ('backlog_items', 'review', 'in_progress'),
    ('backlog_items', 'review', 'done'),
    ('backlog_items', 'done', 'in_progress');   -- taken up again

-- Ranks at the end of a backlog are taken from here, a good distance apart, so that whoever adds an item waits for nobody.
-- (Below 2^53, JavaScript's last whole number, for eight thousand million items.)
CREATE SEQUENCE backlog_ranks;

-- With its owner's rights, because the application's role has none on sequences. So has the next one; see grant_application().
-- The lock, which many can have, keeps the sequence from being set meanwhile. It ends with the block, which is rolled back:
-- but for what is not of the transaction, as sequences and variables aren't.
CREATE FUNCTION backlog_last_rank() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    rank bigint;
BEGIN
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(7239468122573565);
        rank := nextval('backlog_ranks') * 1048576;
        RAISE SQLSTATE 'SD000';
    EXCEPTION WHEN SQLSTATE 'SD000' THEN
    END;
    RETURN rank;
END $$;

-- A rank that comes from elsewhere (an import): later ones are to come behind it, and there must be room for many of them.
-- The sequence never goes back: whoever sets it is alone with it from looking at it on.
CREATE FUNCTION backlog_ranks_reach(rank bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    reached constant bigint := rank / 1048576;
BEGIN
    IF abs(rank) > 4503599627370496 THEN
        RAISE EXCEPTION 'must be from -2^52 to 2^52'
            USING ERRCODE = 'SD400', COLUMN = 'rank', CONSTRAINT = 'backlog_rank_range';
    ELSIF reached > coalesce(pg_sequence_last_value('backlog_ranks'), 0) THEN
        BEGIN
            PERFORM pg_advisory_xact_lock(7239468122573565);
            IF reached > coalesce(pg_sequence_last_value('backlog_ranks'), 0) THEN
                PERFORM setval('backlog_ranks', reached);
            END IF;
            RAISE SQLSTATE 'SD000';
        EXCEPTION WHEN SQLSTATE 'SD000' THEN
        END;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION backlog_last_rank(), backlog_ranks_reach(bigint) FROM PUBLIC;

CREATE FUNCTION backlog_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM project_hold_open(NEW.project_id, 'project_id');
    IF NEW.rank IS NULL THEN
        NEW.rank := backlog_last_rank();
    ELSE
        PERFORM backlog_ranks_reach(NEW.rank);
    END IF;
    NEW.done_at := CASE WHEN NEW.status = 'done' THEN coalesce(NEW.done_at, now()) END;
    RETURN NEW;
END $$;

-- Asked only where the statement gives a feature: that of the old project is none of the new one's.
CREATE FUNCTION backlog_foreign_feature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the project has no such feature'
        USING ERRCODE = 'SD400', COLUMN = 'feature_id', CONSTRAINT = 'backlog_feature_fits';
END $$;

-- To another project: without its feature, unless one of the new project is given, and to the end.
CREATE FUNCTION backlog_take_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.feature_id = OLD.feature_id THEN
        NEW.feature_id := NULL;
    END IF;
    NEW.rank := backlog_last_rank();
    RETURN NEW;
END $$;

CREATE FUNCTION backlog_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.done_at := CASE WHEN NEW.status = 'done' THEN now() END;
    RETURN NEW;
END $$;

-- Whoever orders items takes turns with others who do, before a row is locked: making room moves items that somebody else
-- may be about to move.
CREATE FUNCTION backlog_take_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7239468122573564);
    RETURN NULL;
END $$;

-- Before another item: halfway between that one and the one in front of it. Where there is nothing between the two, those in
-- front move up, as few as give enough room; in front of the first one there is always room.
CREATE FUNCTION backlog_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    behind bigint;                              -- rank of the item that this one comes before
    front bigint;                               -- and of the one in front of that
    room record;
    step bigint;
BEGIN
    IF NEW.before_id IS NULL THEN
        NEW.rank := backlog_last_rank();
        RETURN NEW;
    END IF;
    SELECT rank INTO behind FROM backlog_items
     WHERE id = NEW.before_id AND project_id = NEW.project_id AND id <> NEW.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'is not another item of the same project'
            USING ERRCODE = 'SD400', COLUMN = 'before_id', CONSTRAINT = 'backlog_before_exists';
    END IF;
    NEW.before_id := NULL;
    SELECT max(rank) INTO front FROM backlog_items
     WHERE project_id = NEW.project_id AND rank < behind AND id <> NEW.id;
    IF front IS NULL THEN
        NEW.rank := behind - 1048576;
    ELSIF behind - front >= 2 THEN
        NEW.rank := front + (behind - front) / 2;
    ELSE
        SELECT k, next INTO room
          FROM (SELECT row_number() OVER w AS k, lead(rank) OVER w AS next
                  FROM backlog_items WHERE project_id = NEW.project_id AND rank < behind AND id <> NEW.id
                WINDOW w AS (ORDER BY rank DESC)) AS f
         WHERE next IS NULL OR behind - next >= (k + 2) * 1024
         ORDER BY k LIMIT 1;
        step := CASE WHEN room.next IS NULL THEN 1048576 ELSE (behind - room.next) / (room.k + 2) END;
        SET CONSTRAINTS backlog_rank_once DEFERRED;     -- this item still has its old rank
        UPDATE backlog_items AS b SET rank = behind - (f.nth + 1) * step
          FROM (SELECT id, row_number() OVER (ORDER BY rank DESC) AS nth
                  FROM backlog_items WHERE project_id = NEW.project_id AND rank < behind AND id <> NEW.id
                 ORDER BY rank DESC LIMIT room.k) AS f
         WHERE b.id = f.id AND b.project_id = NEW.project_id;
        NEW.rank := behind - step;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER a_add BEFORE INSERT ON backlog_items FOR EACH ROW EXECUTE FUNCTION backlog_add();
-- Not when it is only moved up so that another has room.
CREATE TRIGGER a_hold BEFORE UPDATE OF project_id, feature_id, title, description, kind, status, points, priority, before_id,
    resource_id OR DELETE ON backlog_items FOR EACH ROW EXECUTE FUNCTION project_hold_row();
CREATE TRIGGER a_turns BEFORE UPDATE OF before_id ON backlog_items
    FOR EACH STATEMENT EXECUTE FUNCTION backlog_take_turns();
CREATE TRIGGER a_move BEFORE UPDATE ON backlog_items FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();
CREATE TRIGGER b_feature BEFORE UPDATE OF feature_id ON backlog_items FOR EACH ROW
    WHEN (OLD.project_id <> NEW.project_id AND OLD.feature_id = NEW.feature_id) EXECUTE FUNCTION backlog_foreign_feature();
CREATE TRIGGER b_project BEFORE UPDATE ON backlog_items FOR EACH ROW
    WHEN (OLD.project_id <> NEW.project_id) EXECUTE FUNCTION backlog_take_over();
CREATE TRIGGER b_status BEFORE UPDATE ON backlog_items FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION backlog_progress();
CREATE TRIGGER c_place BEFORE UPDATE OF before_id ON backlog_items FOR EACH ROW EXECUTE FUNCTION backlog_place();
-- To be moved up so that another has room is no change.
CREATE TRIGGER d_touch BEFORE UPDATE OF project_id, feature_id, title, description, kind, status, points, priority, before_id,
    resource_id ON backlog_items FOR EACH ROW EXECUTE FUNCTION row_touch();

-- --- what is kept -----------------------------------------------------------------------------------------------------
-- Everything here can be worked out anew from the rows as they are.

CREATE TABLE project_totals (
    project_id  bigint PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    items       bigint NOT NULL,
    items_done  bigint NOT NULL,
    points      bigint NOT NULL,
    points_done bigint NOT NULL
);

CREATE TABLE feature_totals (
    feature_id  bigint PRIMARY KEY REFERENCES features (id) ON DELETE CASCADE,
    items       bigint NOT NULL,
    items_done  bigint NOT NULL,
    points      bigint NOT NULL,
    points_done bigint NOT NULL
);

-- Per project and day (UTC): the points of the items that were added on it, and of those that were done.
CREATE TABLE project_days (
    project_id  bigint NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    day         date NOT NULL,
    points      bigint NOT NULL,
    points_done bigint NOT NULL,
    PRIMARY KEY (project_id, day)
);

-- How many rows have a value: of projects "status priority", of resources "availability".
CREATE TABLE delivery_counts (
    table_name  text NOT NULL,
    value       text NOT NULL,
    rows        bigint NOT NULL,
    PRIMARY KEY (table_name, value)
) WITH (fillfactor = 10);

-- What a transaction is about to add. Nobody else ever sees a row of it: all are gone at the commit, which is when the totals
-- are taken, each kind in one order, and no earlier, so that two transactions don't wait for each other in a circle.
CREATE TABLE delivery_pending (
    txid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    table_name  text,                           -- of rows that have a value
    value       text,
    project_id  bigint,                         -- of backlog items
    feature_id  bigint,
    added_on    date,
    done_on     date,
    resource_id bigint,                         -- whose free days are others now
    rows        bigint NOT NULL DEFAULT 0,
    points      bigint NOT NULL DEFAULT 0
);
CREATE INDEX delivery_pending_by_txid ON delivery_pending (txid);

-- True the first time in this transaction, as cache_touch() is.
CREATE FUNCTION delivery_touch() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('stevedores.delivery_touched', true), '') <> '' THEN
        RETURN false;
    END IF;
    PERFORM set_config('stevedores.delivery_touched', 'yes', true);
    RETURN true;
END $$;

-- Runs at the commit.
CREATE FUNCTION delivery_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mine constant xid8 := pg_current_xact_id();
    person record;
BEGIN
    FOR person IN SELECT id, capacity_percent FROM resources
                   WHERE id IN (SELECT resource_id FROM delivery_pending WHERE txid = mine) ORDER BY id LOOP
        PERFORM resource_keep(person.id, person.capacity_percent);
    END LOOP;

    INSERT INTO delivery_counts AS k (table_name, value, rows)
    SELECT c.table_name, c.value, sum(c.rows) FROM delivery_pending AS c
     WHERE txid = mine AND c.table_name IS NOT NULL
     GROUP BY c.table_name, c.value HAVING sum(c.rows) <> 0 ORDER BY c.table_name, c.value
    ON CONFLICT (table_name, value) DO UPDATE SET rows = k.rows + excluded.rows;

    INSERT INTO project_totals AS k (project_id, items, items_done, points, points_done)
    SELECT c.project_id, sum(c.rows), coalesce(sum(c.rows) FILTER (WHERE done_on IS NOT NULL), 0), sum(c.points),
           coalesce(sum(c.points) FILTER (WHERE done_on IS NOT NULL), 0)
      FROM delivery_pending AS c JOIN projects AS p ON p.id = c.project_id
     WHERE txid = mine GROUP BY c.project_id ORDER BY c.project_id
    ON CONFLICT (project_id) DO UPDATE SET items = k.items + excluded.items, items_done = k.items_done + excluded.items_done,
           points = k.points + excluded.points, points_done = k.points_done + excluded.points_done
     WHERE (excluded.items, excluded.items_done, excluded.points, excluded.points_done) <> (0, 0, 0, 0);

    INSERT INTO feature_totals AS k (feature_id, items, items_done, points, points_done)
    SELECT c.feature_id, sum(c.rows), coalesce(sum(c.rows) FILTER (WHERE done_on IS NOT NULL), 0), sum(c.points),
           coalesce(sum(c.points) FILTER (WHERE done_on IS NOT NULL), 0)
      FROM delivery_pending AS c JOIN features AS f ON f.id = c.feature_id
     WHERE txid = mine GROUP BY c.feature_id ORDER BY c.feature_id
    ON CONFLICT (feature_id) DO UPDATE SET items = k.items + excluded.items, items_done = k.items_done + excluded.items_done,
           points = k.points + excluded.points, points_done = k.points_done + excluded.points_done
     WHERE (excluded.items, excluded.items_done, excluded.points, excluded.points_done) <> (0, 0, 0, 0);

    INSERT INTO project_days AS k (project_id, day, points, points_done)
    SELECT c.project_id, d.day, sum(d.points), sum(d.points_done)
      FROM delivery_pending AS c JOIN projects AS p ON p.id = c.project_id
     CROSS JOIN LATERAL (VALUES (c.added_on, c.points, 0::bigint), (c.done_on, 0, c.points)) AS d (day, points, points_done)
     WHERE txid = mine AND d.day IS NOT NULL
     GROUP BY c.project_id, d.day HAVING sum(d.points) <> 0 OR sum(d.points_done) <> 0 ORDER BY c.project_id, d.day
    ON CONFLICT (project_id, day) DO UPDATE SET points = k.points + excluded.points,
           points_done = k.points_done + excluded.points_done;

    DELETE FROM delivery_pending WHERE txid = mine;
    PERFORM set_config('stevedores.delivery_touched', '', true);
    RETURN NULL;
END $$;

-- Rows that were go, rows that are come.
CREATE FUNCTION backlog_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO delivery_pending (project_id, feature_id, added_on, done_on, rows, points)
        SELECT project_id, feature_id, utc_day(created_at), utc_day(done_at), count(*), sum(points)
          FROM added GROUP BY 1, 2, 3, 4;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO delivery_pending (project_id, feature_id, added_on, done_on, rows, points)
        SELECT project_id, feature_id, utc_day(created_at), utc_day(done_at), -count(*), -sum(points)
          FROM removed GROUP BY 1, 2, 3, 4;
    ELSE
        INSERT INTO delivery_pending (project_id, feature_id, added_on, done_on, rows, points)
        SELECT project_id, feature_id, utc_day(created_at), utc_day(done_at), sum(sign), sum(sign * points)
          FROM (SELECT 1 AS sign, project_id, feature_id, created_at, done_at, points FROM added
                 UNION ALL
                SELECT -1, project_id, feature_id, created_at, done_at, points FROM removed) AS both_of_them
         GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0 OR sum(sign * points) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION projects_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO delivery_pending (table_name, value, rows)
        SELECT 'projects', status || ' ' || priority, count(*) FROM added GROUP BY 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO delivery_pending (table_name, value, rows)
        SELECT 'projects', status || ' ' || priority, -count(*) FROM removed GROUP BY 2;
    ELSE
        INSERT INTO delivery_pending (table_name, value, rows)
        SELECT 'projects', status || ' ' || priority, sum(sign)
          FROM (SELECT 1 AS sign, status, priority FROM added UNION ALL SELECT -1, status, priority FROM removed) AS both_of_them
         GROUP BY 2 HAVING sum(sign) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION resources_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO delivery_pending (table_name, value, rows)
        SELECT 'resources', availability, count(*) FROM added GROUP BY 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO delivery_pending (table_name, value, rows)
        SELECT 'resources', availability, -count(*) FROM removed GROUP BY 2;
    ELSE
        INSERT INTO delivery_pending (table_name, value, rows)
        SELECT 'resources', availability, sum(sign)
          FROM (SELECT 1 AS sign, availability FROM added UNION ALL SELECT -1, availability FROM removed) AS both_of_them
         GROUP BY 2 HAVING sum(sign) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION delivery_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'backlog_items' THEN
        DELETE FROM project_totals;
        DELETE FROM feature_totals;
        DELETE FROM project_days;
    ELSIF TG_TABLE_NAME = 'allocations' THEN
        PERFORM resource_keep(id, capacity_percent) FROM resources WHERE allocated_until IS NOT NULL;
    ELSE
        DELETE FROM delivery_counts WHERE table_name = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER kept_truncate AFTER TRUNCATE ON backlog_items FOR EACH STATEMENT EXECUTE FUNCTION delivery_anew();
CREATE TRIGGER kept_truncate AFTER TRUNCATE ON allocations FOR EACH STATEMENT EXECUTE FUNCTION delivery_anew();
CREATE CONSTRAINT TRIGGER a_keep AFTER INSERT OR UPDATE OR DELETE ON allocations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (delivery_touch()) EXECUTE FUNCTION delivery_keep();

-- By name: a_keep before the triggers that give the tags their new versions, which the totals have a part in.
DO $$
DECLARE
    kept record;
BEGIN
    FOR kept IN SELECT * FROM (VALUES ('projects', 'projects_note'), ('resources', 'resources_note'),
                                      ('backlog_items', 'backlog_note')) AS k (name, note) LOOP
        EXECUTE format('CREATE TRIGGER a_note_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS added
                        FOR EACH STATEMENT EXECUTE FUNCTION %I()', kept.name, kept.note);
        EXECUTE format('CREATE TRIGGER a_note_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS added OLD TABLE AS removed
                        FOR EACH STATEMENT EXECUTE FUNCTION %I()', kept.name, kept.note);
        EXECUTE format('CREATE TRIGGER a_note_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS removed
                        FOR EACH STATEMENT EXECUTE FUNCTION %I()', kept.name, kept.note);
        EXECUTE format('CREATE CONSTRAINT TRIGGER a_keep AFTER INSERT OR UPDATE OR DELETE ON %I
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (delivery_touch())
                        EXECUTE FUNCTION delivery_keep()', kept.name);
        IF kept.name <> 'backlog_items' THEN
            EXECUTE format('CREATE TRIGGER kept_truncate AFTER TRUNCATE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION delivery_anew()', kept.name);
        END IF;
    END LOOP;
END $$;

-- --- audit, caches, numbers of rows -------------------------------------------------------------------------------------

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON features FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON allocations FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR DELETE ON resources FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit_change AFTER UPDATE OF name, email, role_title, skills, availability, capacity_percent ON resources
    FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER DELETE ON backlog_items FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit_change AFTER UPDATE OF project_id, feature_id, title, description, kind, status, points, priority,
    before_id, resource_id ON backlog_items FOR EACH ROW EXECUTE FUNCTION audit_row('id');

-- Of many items at once, how many.
CREATE FUNCTION audit_backlog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM added LIMIT 101) AS first_ones) <= 100 THEN
        PERFORM audit_write('create', 'backlog_items', id::text, NULL, to_jsonb(added)) FROM added;
    ELSE
        PERFORM audit_write('create', 'backlog_items', 'many', NULL, jsonb_build_object(
            'rows', count(*), 'first', min(id), 'last', max(id)))
           FROM added;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_insert AFTER INSERT ON backlog_items REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_backlog();

SELECT cache_watch('projects', 'projects');
SELECT cache_watch('features', 'features');
SELECT cache_watch('backlog_items', 'backlog');
SELECT cache_watch('resources', 'resources');
SELECT cache_watch('allocations', 'allocations');
-- What a project shows of its backlog, and a feature.
SELECT cache_watch('project_totals', 'project_totals');
SELECT cache_watch('feature_totals', 'feature_totals');

SELECT count_watch('projects');
SELECT count_watch('features');
SELECT count_watch('backlog_items');
SELECT count_watch('resources');
SELECT count_watch('allocations');
