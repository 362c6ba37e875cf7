-- Takes back the tallies that demo_tallies.sql entered by mistake.
INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at,
                           tallied_by, note, voids)
SELECT md5(current_setting('demo.seed') || ':v:' || u.i || ':' || u.cargo_type)::uuid, t.vessel_id, t.tally_type,
       t.cargo_type, -t.count, t.location, t.shift, t.tallied_at, least(now(), t.recorded_at + interval '4 minutes'),
       t.tallied_by, (array['counted twice', 'wrong cargo type', 'entered for the wrong vessel'])[1 + u.h % 3], t.id
  FROM demo_unit AS u
  JOIN cargo_tallies AS t ON t.id = md5(current_setting('demo.seed') || ':w:' || u.i || ':' || u.cargo_type)::uuid;
