-- Vessels: what each becomes, which are here already, which can't come. Berths that are missing are made, when it is said how long.
UPDATE flask_vessels f SET
    our_type = CASE WHEN vessel_type IS NULL THEN 'roro' ELSE coalesce(
        (SELECT ours FROM flask_words WHERE what = 'vessel type' AND theirs = pg_temp.flask_word(vessel_type)), 'multipurpose') END,
    our_status = CASE WHEN status IS NULL THEN 'expected' ELSE
        (SELECT ours FROM flask_words WHERE what = 'status' AND theirs = pg_temp.flask_word(status)) END,
    our_imo = CASE WHEN imo_is_valid(regexp_replace(imo, '[^0-9]', '', 'g')) THEN regexp_replace(imo, '[^0-9]', '', 'g') END,
    our_berth = left(berth, 32),
    our_etd = CASE WHEN etd > eta OR eta IS NULL THEN etd END,
    our_notes = left(notes, 2000),
    our_drivers = CASE WHEN drivers BETWEEN 0 AND 1000 THEN drivers ELSE 0 END,
    our_vans = CASE WHEN coalesce(vans, wagons) IS NULL AND ticos BETWEEN 0 AND 500 THEN ticos
                    WHEN vans BETWEEN 0 AND 500 THEN vans ELSE 0 END,
    our_wagons = CASE WHEN wagons BETWEEN 0 AND 500 THEN wagons ELSE 0 END,
    capacity = coalesce(capacity, pg_temp.flask_cargo(pg_temp.flask_json(wizard_cargo), 'total_autos')),
    heavy = coalesce(heavy, pg_temp.flask_cargo(pg_temp.flask_json(wizard_cargo), 'heavy_equipment'));
UPDATE flask_vessels SET our_cargo = CASE
    WHEN cargo_type IS NOT NULL THEN coalesce(
        (SELECT ours FROM flask_words WHERE what = 'cargo type' AND theirs = pg_temp.flask_word(cargo_type)), 'general')
    WHEN our_type = 'roro' THEN 'automobile'
    WHEN our_type = 'container' THEN 'container_20'
    ELSE 'general' END;
UPDATE flask_vessels SET plan = coalesce((SELECT jsonb_object_agg(cargo, sum) FROM (
        SELECT cargo, sum(n) FROM (VALUES (our_cargo, capacity), ('heavy_equipment', heavy)) AS part (cargo, n)
         WHERE n > 0 GROUP BY cargo HAVING sum(n) <= 999999) AS sums), '{}');
-- The first tally and the last say when work began and ended, as nobody else does.
UPDATE flask_vessels f SET began = t.began, ended = t.ended
  FROM (SELECT vessel, min(tallied_at) AS began, max(tallied_at) AS ended FROM flask_tallies
         WHERE count BETWEEN 1 AND 10000 AND tallied_at <= now() + interval '24 hours' GROUP BY vessel) AS t
 WHERE t.vessel = f.key AND f.our_status IN ('operations_active', 'operations_complete', 'departed');

-- Those that nobody has touched here since may be written again.
UPDATE flask_vessels f SET id = v.id, untouched = v.version = m.version FROM vessel_imports m JOIN vessels v ON v.id = m.vessel_id
 WHERE m.source = current_setting('flask.source') AND m.key = f.key;
UPDATE flask_vessels f SET reason = CASE
    WHEN name IS NULL THEN 'has no name'
    WHEN char_length(name) > 100 THEN 'the name has more than 100 characters'
    WHEN our_status IS NULL THEN format('the status %s is not known', status)
    WHEN created_at <> (SELECT v.created_at FROM vessels v WHERE v.id = f.id)
        THEN 'is not the vessel that came under this key: is this another installation (--source), or another time zone (--timezone)?'
    END;
UPDATE flask_vessels f SET reason = format('a vessel of this name and ETA is here already, and not from this import: number %s', v.id)
  FROM vessels v WHERE v.name = f.name AND v.eta IS NOT DISTINCT FROM f.eta AND f.id IS NULL AND f.reason IS NULL;
UPDATE flask_vessels f SET reason = format('the ship of this IMO number is in port already: number %s', v.id)
  FROM vessels v WHERE v.imo = f.our_imo AND v.status <> 'departed' AND f.our_status <> 'departed' AND v.id IS DISTINCT FROM f.id
   AND f.reason IS NULL AND NOT EXISTS (SELECT FROM flask_vessels g WHERE g.id = v.id AND g.untouched AND g.our_status = 'departed');
UPDATE flask_vessels f SET reason = 'the ship of this IMO number is in port already: ' || d.first
  FROM (SELECT key, first_value(name) OVER w AS first, row_number() OVER w AS nth FROM flask_vessels
         WHERE reason IS NULL AND our_imo IS NOT NULL AND our_status <> 'departed'
        WINDOW w AS (PARTITION BY our_imo ORDER BY id IS NULL, created_at, key)) AS d
 WHERE d.key = f.key AND d.nth > 1;

-- A berth takes one vessel at a time, and work takes a berth: of several the one that was touched last lies there.
CREATE TEMPORARY TABLE flask_shifted ON COMMIT DROP AS
SELECT key, our_status AS was, berth FROM (
    SELECT key, our_status, our_berth AS berth,
           row_number() OVER (PARTITION BY our_berth ORDER BY updated_at DESC NULLS LAST, created_at DESC, key) AS nth,
           EXISTS (SELECT FROM vessels v WHERE v.berth = f.our_berth
                      AND v.status IN ('berthed', 'operations_active', 'operations_complete')
                      AND NOT EXISTS (SELECT FROM flask_vessels g WHERE g.id = v.id AND g.untouched AND g.reason IS NULL)) AS taken
      FROM flask_vessels f
     WHERE reason IS NULL AND untouched IS NOT FALSE AND our_status IN ('berthed', 'operations_active', 'operations_complete')) AS d
 WHERE nth > 1 OR taken OR berth IS NULL;
UPDATE flask_vessels f SET our_status = CASE s.was WHEN 'operations_complete' THEN 'departed' ELSE 'arrived' END
  FROM flask_shifted s WHERE s.key = f.key;

INSERT INTO flask_said
SELECT 'vessels', key, coalesce(name, key), true, reason FROM flask_vessels WHERE reason IS NOT NULL;
INSERT INTO flask_said
SELECT 'vessels', f.key, f.name, false, said.reason FROM flask_vessels f LEFT JOIN flask_shifted s ON s.key = f.key
 CROSS JOIN LATERAL (VALUES
    (s.key IS NOT NULL, format('was %s %s: %s here', s.was, CASE WHEN s.berth IS NULL THEN 'without a berth'
        ELSE 'at a berth where another vessel lies, ' || s.berth END, f.our_status)),
    (f.imo IS NOT NULL AND f.our_imo IS NULL, format('%s is no IMO number: left empty', f.imo)),
    (f.vessel_type IS NOT NULL AND NOT EXISTS (SELECT FROM flask_words
        WHERE what = 'vessel type' AND theirs = pg_temp.flask_word(f.vessel_type)),
     format('the vessel type %s is not known: multipurpose here', f.vessel_type)),
    (f.cargo_type IS NOT NULL AND NOT EXISTS (SELECT FROM flask_words
        WHERE what = 'cargo type' AND theirs = pg_temp.flask_word(f.cargo_type)),
     format('the cargo type %s is not known: general here', f.cargo_type)),
    (f.etd IS NOT NULL AND f.our_etd IS NULL, 'ETD is not after ETA: left empty'),
    (char_length(f.notes) > 2000, 'the notes were longer than 2000 characters, which are what is left of them'),
    (f.drivers NOT BETWEEN 0 AND 1000, 'the number of drivers is out of bounds: 0'),
    (greatest(f.vans, f.wagons, f.ticos) > 500 OR least(f.vans, f.wagons, f.ticos) < 0,
     'the number of vans or wagons is out of bounds: 0'),
    (greatest(f.capacity, f.heavy) > 999999 OR least(f.capacity, f.heavy) < 0, 'the cargo is out of bounds: left empty'),
    (f.wizard_cargo IS NOT NULL AND pg_temp.flask_json(f.wizard_cargo) IS NULL,
     'the wizard''s cargo is no JSON: in the notes only')) AS said (holds, reason)
 WHERE f.reason IS NULL AND said.holds;

CREATE TEMPORARY TABLE flask_berths ON COMMIT DROP AS
SELECT DISTINCT our_berth AS name FROM flask_vessels
 WHERE reason IS NULL AND our_berth IS NOT NULL AND our_berth NOT IN (SELECT name FROM berths);
INSERT INTO berths (name, length_m, position)
SELECT name, coalesce(nullif(current_setting('flask.berth_length'), ''), '100')::integer,
       (SELECT coalesce(max(position), 0) FROM berths) + row_number() OVER (ORDER BY name) FROM flask_berths;

-- What is here of them already, and whether they differ.
UPDATE flask_vessels f SET state = CASE
    WHEN (v.name, v.imo, v.vessel_type, v.line, v.status, v.berth, v.eta, v.etd, v.cargo_capacity, v.drivers, v.vans, v.wagons,
          v.notes) IS NOT DISTINCT FROM (f.name, f.our_imo, f.our_type, left(f.line, 100), f.our_status, f.our_berth, f.eta, f.our_etd,
          f.plan, f.our_drivers, f.our_vans, f.our_wagons, f.our_notes) THEN 'same'
    WHEN untouched THEN 'changed'
    ELSE 'edited' END
  FROM vessels v WHERE v.id = f.id AND f.reason IS NULL;
INSERT INTO flask_said
SELECT 'vessels', key, name, false, 'differs there from what people have made of it here since: stays as it is' FROM flask_vessels
 WHERE state = 'edited';
UPDATE flask_vessels SET id = nextval(pg_get_serial_sequence('vessels', 'id')), state = 'new' WHERE id IS NULL AND reason IS NULL;
