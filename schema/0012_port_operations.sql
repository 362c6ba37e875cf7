-- How a call is to be worked: in which shifts, and with which breaks.

-- A list of some of the shifts, none twice.
CREATE FUNCTION shifts_are_valid(shifts jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(shifts) <> 'array' THEN false
           ELSE shifts <@ '["morning", "afternoon", "night"]' AND jsonb_array_length(shifts)
                = (SELECT count(DISTINCT value) FROM jsonb_array_elements(shifts)) END
$$;

-- Breaks are {"when they begin": minutes, ...}, at full quarters of an hour by the port's clock.
CREATE FUNCTION breaks_are_valid(breaks jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(breaks) <> 'object' THEN false ELSE NOT EXISTS (
        SELECT FROM jsonb_each(breaks) AS e(key, value)
         WHERE key !~ '^([01][0-9]|2[0-3]):(00|15|30|45)$'
            OR jsonb_typeof(value) <> 'number'
            OR (value #>> '{}') !~ '^([0-9]|[1-9][0-9]|1[0-7][0-9]|180)$') END
$$;

-- A call that was planned before this was asked is worked round the clock, without breaks.
ALTER TABLE vessels
    ADD COLUMN shifts jsonb NOT NULL DEFAULT '["morning", "afternoon", "night"]'
        CONSTRAINT vessels_shifts_valid CHECK (shifts_are_valid(shifts)),
    ADD COLUMN breaks jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT vessels_breaks_valid CHECK (breaks_are_valid(breaks));
