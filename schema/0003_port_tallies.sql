-- Cargo tallies and the totals that are kept from them.
--
-- A tally is never changed or removed: a correction is a new row that voids another. The voiding row repeats
-- what it voids with the count negated and at the same tallied_at, so that every sum over tallies is right
-- without knowing of voids; recorded_at says when the correction was made.

CREATE TABLE cargo_tallies (
    id          uuid PRIMARY KEY,               -- made by the client: sent twice is stored once
    vessel_id   bigint NOT NULL
                CONSTRAINT tallies_vessel_exists REFERENCES vessels (id),
    tally_type  text NOT NULL
                CONSTRAINT tallies_type_known CHECK (tally_type IN ('loaded', 'discharged', 'damaged')),
    cargo_type  cargo_type NOT NULL,
    count       integer NOT NULL
                CONSTRAINT tallies_count_range CHECK (abs(count) BETWEEN 1 AND 10000),
    location    text CONSTRAINT tallies_location_length CHECK (char_length(location) BETWEEN 1 AND 50),
    shift       text CONSTRAINT tallies_shift_known CHECK (shift IN ('morning', 'afternoon', 'night')),
    tallied_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    tallied_by  text CONSTRAINT tallies_by_length CHECK (char_length(tallied_by) BETWEEN 1 AND 100),
    note        text CONSTRAINT tallies_note_length CHECK (char_length(note) BETWEEN 1 AND 500),
    voids       uuid
                CONSTRAINT tallies_voids_exists REFERENCES cargo_tallies (id),
    CONSTRAINT tallies_sign CHECK ((voids IS NULL) = (count > 0)),
    -- A tablet's clock may be off, but not by days.
    CONSTRAINT tallies_not_future CHECK (tallied_at <= recorded_at + interval '24 hours')
);

-- At most one void of a tally; finds it for the list as well.
CREATE UNIQUE INDEX tallies_voided_once ON cargo_tallies (voids) WHERE voids IS NOT NULL;
CREATE INDEX tallies_by_time   ON cargo_tallies (tallied_at, id);
CREATE INDEX tallies_by_vessel ON cargo_tallies (vessel_id, tallied_at, id);

-- Per vessel and cargo type, a column per tally type.
CREATE TABLE vessel_totals (
    vessel_id  bigint NOT NULL REFERENCES vessels (id),
    cargo_type text NOT NULL,
    loaded     bigint NOT NULL,
    discharged bigint NOT NULL,
    damaged    bigint NOT NULL,
    tallies    bigint NOT NULL,                 -- rows, voiding ones included: the exact length of the list
    PRIMARY KEY (vessel_id, cargo_type)
);

-- Per vessel and hour (UTC).
CREATE TABLE vessel_hours (
    vessel_id  bigint NOT NULL REFERENCES vessels (id),
    hour       timestamptz NOT NULL,
    loaded     bigint NOT NULL,
    discharged bigint NOT NULL,
    damaged    bigint NOT NULL,
    tallies    bigint NOT NULL,
    PRIMARY KEY (vessel_id, hour)
);
CREATE INDEX vessel_hours_by_hour ON vessel_hours (hour, vessel_id);

-- Keeps both, once per statement: a COPY of a million rows costs a few thousand upserts. Rows are taken in key
-- order, so that two writers never wait for each other in a circle.
CREATE FUNCTION tallies_keep_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vessel_totals AS t (vessel_id, cargo_type, loaded, discharged, damaged, tallies)
    SELECT vessel_id, cargo_type,
           coalesce(sum(count) FILTER (WHERE tally_type = 'loaded'), 0),
           coalesce(sum(count) FILTER (WHERE tally_type = 'discharged'), 0),
           coalesce(sum(count) FILTER (WHERE tally_type = 'damaged'), 0),
           count(*)
      FROM added GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (vessel_id, cargo_type) DO UPDATE SET
           loaded     = t.loaded + excluded.loaded,
           discharged = t.discharged + excluded.discharged,
           damaged    = t.damaged + excluded.damaged,
           tallies    = t.tallies + excluded.tallies;

    INSERT INTO vessel_hours AS h (vessel_id, hour, loaded, discharged, damaged, tallies)
    SELECT vessel_id, date_trunc('hour', tallied_at, 'UTC'),
           coalesce(sum(count) FILTER (WHERE tally_type = 'loaded'), 0),
           coalesce(sum(count) FILTER (WHERE tally_type = 'discharged'), 0),
           coalesce(sum(count) FILTER (WHERE tally_type = 'damaged'), 0),
           count(*)
      FROM added GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (vessel_id, hour) DO UPDATE SET
           loaded     = h.loaded + excluded.loaded,
           discharged = h.discharged + excluded.discharged,
           damaged    = h.damaged + excluded.damaged,
           tallies    = h.tallies + excluded.tallies;
    RETURN NULL;
END $$;

CREATE TRIGGER tallies_totals AFTER INSERT ON cargo_tallies
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tallies_keep_totals();

-- Append-only, for every client and every tool.
CREATE FUNCTION tallies_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'tallies are never changed or removed; void them instead'
        USING ERRCODE = 'SD409', CONSTRAINT = 'tallies_append_only';
END $$;

CREATE TRIGGER tallies_append_only BEFORE UPDATE OR DELETE ON cargo_tallies
    FOR EACH STATEMENT EXECUTE FUNCTION tallies_refuse_change();
CREATE TRIGGER tallies_no_truncate BEFORE TRUNCATE ON cargo_tallies
    FOR EACH STATEMENT EXECUTE FUNCTION tallies_refuse_change();
