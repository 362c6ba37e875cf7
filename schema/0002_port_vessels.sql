-- Berths and vessels: what lies where, and how far each call is.
--
-- Errors raised here on purpose carry a SQLSTATE of class SD and the column they are about; the program
-- passes their message on to the client:
--   SD400  the value is wrong                   SD409  the value is right, but not in this state

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What can be tallied. The program's table of choices says the same (a test compares the two).
CREATE DOMAIN cargo_type AS text
    CONSTRAINT cargo_type_known CHECK (VALUE IN (
        'automobile', 'van', 'truck', 'heavy_equipment', 'breakbulk',
        'container_20', 'container_40', 'reefer', 'general'));

CREATE TABLE berths (
    name       text PRIMARY KEY
               CONSTRAINT berths_name_length CHECK (char_length(name) BETWEEN 1 AND 32),
    length_m   integer NOT NULL
               CONSTRAINT berths_length_range CHECK (length_m BETWEEN 10 AND 2000),
    position   integer NOT NULL DEFAULT 0       -- order along the quay, for the page
);

-- IMO ship identification number: seven digits, the last being the checksum of the other six with
-- weights 7..2 (IMO resolution A.1117(30)).
CREATE FUNCTION imo_is_valid(imo text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN imo ~ '^[0-9]{7}$' THEN
        (substr(imo, 1, 1)::int * 7 + substr(imo, 2, 1)::int * 6 + substr(imo, 3, 1)::int * 5
       + substr(imo, 4, 1)::int * 4 + substr(imo, 5, 1)::int * 3 + substr(imo, 6, 1)::int * 2) % 10
       = substr(imo, 7, 1)::int
    ELSE false END
$$;

-- The cargo plan of a call is {"cargo type": how many, ...}.
CREATE FUNCTION cargo_plan_is_valid(plan jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(plan) <> 'object' THEN false ELSE NOT EXISTS (
        SELECT FROM jsonb_each(plan) AS e(key, value)
         WHERE key NOT IN ('automobile', 'van', 'truck', 'heavy_equipment', 'breakbulk',
                           'container_20', 'container_40', 'reefer', 'general')
            OR jsonb_typeof(value) <> 'number'
            OR (value #>> '{}') !~ '^[0-9]{1,6}$') END
$$;

CREATE FUNCTION cargo_plan_total(plan jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(sum((value #>> '{}')::integer), 0)::integer FROM jsonb_each(plan)
$$;

CREATE TABLE vessels (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL
                    CONSTRAINT vessels_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    imo             text
                    CONSTRAINT vessels_imo_valid CHECK (imo_is_valid(imo)),
    vessel_type     text NOT NULL
                    CONSTRAINT vessels_type_known
                    CHECK (vessel_type IN ('roro', 'container', 'general', 'bulk', 'multipurpose')),
    line            text
                    CONSTRAINT vessels_line_length CHECK (char_length(line) BETWEEN 1 AND 100),
    status          text NOT NULL DEFAULT 'expected'
                    CONSTRAINT vessels_status_known
                    CHECK (status IN ('expected', 'arrived', 'berthed', 'operations_active',
                                      'operations_complete', 'departed')),
    berth           text
                    CONSTRAINT vessels_berth_exists REFERENCES berths (name) ON UPDATE CASCADE,
    eta             timestamptz,
    etd             timestamptz,
    arrived_at              timestamptz,
    berthed_at              timestamptz,
    operations_started_at   timestamptz,
    operations_completed_at timestamptz,
    departed_at             timestamptz,
    cargo_capacity  jsonb NOT NULL DEFAULT '{}'
                    CONSTRAINT vessels_cargo_capacity_valid CHECK (cargo_plan_is_valid(cargo_capacity)),
    capacity_total  integer NOT NULL GENERATED ALWAYS AS (cargo_plan_total(cargo_capacity)) STORED,
    gangs           integer NOT NULL DEFAULT 0 CONSTRAINT vessels_gangs_range CHECK (gangs BETWEEN 0 AND 100),
    drivers         integer NOT NULL DEFAULT 0 CONSTRAINT vessels_drivers_range CHECK (drivers BETWEEN 0 AND 1000),
    vans            integer NOT NULL DEFAULT 0 CONSTRAINT vessels_vans_range CHECK (vans BETWEEN 0 AND 500),
    wagons          integer NOT NULL DEFAULT 0 CONSTRAINT vessels_wagons_range CHECK (wagons BETWEEN 0 AND 500),
    notes           text CONSTRAINT vessels_notes_length CHECK (char_length(notes) <= 2000),
    version         integer NOT NULL DEFAULT 1,      -- counts the row's updates
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT vessels_etd_after_eta CHECK (etd IS NULL OR eta IS NULL OR etd > eta),
    CONSTRAINT vessels_berth_needed CHECK (
        berth IS NOT NULL OR status NOT IN ('berthed', 'operations_active', 'operations_complete'))
);

-- A berth takes one vessel at a time. (Serves the dashboard's berth occupancy, too.)
CREATE UNIQUE INDEX vessels_berth_taken ON vessels (berth)
    WHERE status IN ('berthed', 'operations_active', 'operations_complete');

-- One call of a ship at a time: the same IMO number may come back only after it departed.
CREATE UNIQUE INDEX vessels_imo_in_port ON vessels (imo) WHERE status <> 'departed';

-- Lists: each sort key with id behind it is what keyset pagination walks. NULL sorts as infinity.
CREATE INDEX vessels_by_name    ON vessels (name, id);
CREATE INDEX vessels_by_eta     ON vessels (coalesce(eta, 'infinity'), id);
CREATE INDEX vessels_by_etd     ON vessels (coalesce(etd, 'infinity'), id);
CREATE INDEX vessels_by_updated ON vessels (updated_at, id);
CREATE INDEX vessels_by_status  ON vessels (status, coalesce(eta, 'infinity'), id);
CREATE INDEX vessels_search     ON vessels USING gin ((name || ' ' || coalesce(imo, '')) gin_trgm_ops);
-- The dashboard looks at what has not departed, however many calls have been in the past.
CREATE INDEX vessels_current    ON vessels (status, coalesce(eta, 'infinity'), id) WHERE status <> 'departed';

-- The life cycle. Forward one step at a time; back where people correct themselves.
CREATE TABLE vessel_moves (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
INSERT INTO vessel_moves VALUES
    ('expected', 'arrived'),
    ('arrived', 'expected'),                        -- announced by mistake
    ('arrived', 'berthed'),
    ('arrived', 'departed'),                        -- left without being worked
    ('berthed', 'arrived'),                         -- shifted off to the anchorage
    ('berthed', 'operations_active'),
    ('berthed', 'departed'),
    ('operations_active', 'operations_complete'),
    ('operations_complete', 'operations_active'),   -- work is taken up again
    ('operations_complete', 'departed');

-- Checks the move and writes the operation dates that go with it.
CREATE FUNCTION vessels_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status THEN
        IF NOT EXISTS (SELECT FROM vessel_moves
                        WHERE from_status = OLD.status AND to_status = NEW.status) THEN
            RAISE EXCEPTION 'a vessel that is % cannot become %; it can become %',
                OLD.status, NEW.status,
                coalesce((SELECT string_agg(to_status, ' or ' ORDER BY to_status) FROM vessel_moves
                           WHERE from_status = OLD.status), 'nothing else')
                USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = 'vessels_status_move';
        END IF;
        CASE NEW.status
            WHEN 'expected'            THEN NEW.arrived_at := NULL;
            WHEN 'arrived'             THEN NEW.arrived_at := coalesce(OLD.arrived_at, now()); NEW.berthed_at := NULL;
            WHEN 'berthed'             THEN NEW.berthed_at := now();
            WHEN 'operations_active'   THEN NEW.operations_started_at := coalesce(OLD.operations_started_at, now());
                                            NEW.operations_completed_at := NULL;
            WHEN 'operations_complete' THEN NEW.operations_completed_at := now();
            WHEN 'departed'            THEN NEW.departed_at := now();
        END CASE;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER vessels_update BEFORE UPDATE ON vessels
    FOR EACH ROW EXECUTE FUNCTION vessels_before_update();
