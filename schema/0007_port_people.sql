-- Who tallied what, and what of the port board goes into the audit trail.

-- Whose tally it is, and so whose to void: NULL for those from before there were accounts, and from imports.
ALTER TABLE cargo_tallies ADD COLUMN user_id bigint;

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON berths
    FOR EACH ROW EXECUTE FUNCTION audit_row('name');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON vessels
    FOR EACH ROW EXECUTE FUNCTION audit_row('id');

-- Tallies come one by one from people and by the hundred thousand from imports: of many at once, how many.
CREATE FUNCTION audit_tallies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM added LIMIT 101) AS first_ones) <= 100 THEN
        PERFORM audit_write(CASE WHEN voids IS NULL THEN 'create' ELSE 'void' END, 'cargo_tallies', id::text, NULL,
                            to_jsonb(added))
           FROM added;
    ELSE
        PERFORM audit_write('create', 'cargo_tallies', 'many', NULL, jsonb_build_object(
            'rows', count(*), 'first', min(tallied_at), 'last', max(tallied_at)))
           FROM added;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT ON cargo_tallies
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_tallies();

-- When the shift began that runs at the time `at`: the last of the shifts' beginnings (times of day in the zone).
CREATE FUNCTION shift_began(at timestamptz, zone text, starts time[]) RETURNS timestamptz
    LANGUAGE sql STABLE STRICT AS $$
    SELECT max(began)
      FROM (SELECT ((at AT TIME ZONE zone)::date + d + s) AT TIME ZONE zone AS began
              FROM unnest(starts) AS s, generate_series(-1, 0) AS d) AS all_of_them
     WHERE began <= at
$$;
