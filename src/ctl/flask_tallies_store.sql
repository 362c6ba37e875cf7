-- What is here already.
CREATE TEMPORARY TABLE flask_known ON COMMIT DROP AS
SELECT r.key, t.id AS old_id, t.vessel_id <> r.vessel_id AS elsewhere,
       EXISTS (SELECT FROM cargo_tallies w WHERE w.voids = t.id) AS voided,
       (t.tally_type, t.cargo_type::text, t.count, t.location, t.tallied_at) IS DISTINCT FROM
       (r.tally_type, r.cargo_type, r.count, r.location, r.tallied_at) AS differs
  FROM flask_rows r JOIN cargo_tallies t ON t.id = r.id WHERE r.reason IS NULL;
ANALYZE flask_known;
UPDATE flask_rows r SET reason = CASE
    WHEN k.elsewhere THEN 'belongs to another vessel here: is this another installation (--source)?'
    ELSE 'was changed there, and voided here' END
  FROM flask_known k WHERE k.key = r.key AND (k.elsewhere OR (k.differs AND k.voided));
DELETE FROM flask_known WHERE elsewhere OR (differs AND voided);

INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, tallied_by, note, voids, user_id)
SELECT pg_temp.flask_id('void', r.key, r.form), t.vessel_id, t.tally_type, t.cargo_type, -t.count, t.location, t.shift, t.tallied_at,
       t.tallied_by, 'was changed in the Flask application', t.id, t.user_id
  FROM flask_known k JOIN flask_rows r ON r.key = k.key JOIN cargo_tallies t ON t.id = k.old_id WHERE k.differs;
UPDATE flask_rows r SET form = r.form + 1, id = pg_temp.flask_id('tally', r.key, r.form + 1)
  FROM flask_known k WHERE k.key = r.key AND k.differs;
INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at, tallied_by, note,
                           user_id)
SELECT id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at, tallied_by, note, user_id
  FROM flask_rows r
 WHERE reason IS NULL AND NOT EXISTS (SELECT FROM flask_known k WHERE k.key = r.key AND NOT k.differs);

INSERT INTO flask_said
SELECT 'tallies', key, format('%s of %s', key, coalesce(vessel_name, 'vessel ' || vessel, 'no vessel')), true, reason FROM flask_rows
 WHERE reason IS NOT NULL
 UNION ALL
SELECT 'tallies', r.key, format('%s of %s', r.key, r.vessel_name), false, 'was changed there: voided here, and stored anew'
  FROM flask_known k JOIN flask_rows r ON r.key = k.key WHERE k.differs
 UNION ALL
SELECT 'tallies', key, format('%s of %s', key, vessel_name), false, 'note or location were cut to what has room here' FROM flask_rows
 WHERE reason IS NULL AND cut;

-- Counts and sums, theirs as their database has added them up, ours as they stand in the table now.
CREATE TEMPORARY TABLE flask_compared ON COMMIT DROP AS
SELECT coalesce(v.name, CASE vessel WHEN '' THEN 'no vessel' ELSE 'vessel ' || vessel END) AS vessel, v.id AS number, coalesce(tally_type, '') AS tally_type,
       coalesce(s.rows, 0) AS rows_there, coalesce(o.rows, 0) AS rows_here, coalesce(o.rows_left, 0) AS rows_left_out,
       coalesce(s.total, 0) AS sum_there, coalesce(o.total, 0) AS sum_here, coalesce(o.total_left, 0) AS sum_left_out
  FROM (SELECT coalesce(vessel, '') AS vessel, coalesce(tally_type, '') AS tally_type, rows, total FROM flask_sums) AS s FULL JOIN (
       SELECT coalesce(r.vessel, '') AS vessel, coalesce(r.their_type, '') AS tally_type,
              count(t.id) AS rows, sum(t.count) AS total,
              count(*) FILTER (WHERE r.reason IS NOT NULL) AS rows_left,
              coalesce(sum(r.count) FILTER (WHERE r.reason IS NOT NULL), 0) AS total_left
         FROM flask_rows r LEFT JOIN cargo_tallies t
           ON t.id = r.id AND r.reason IS NULL AND t.vessel_id = r.vessel_id AND t.tally_type = r.tally_type
        GROUP BY 1, 2) AS o USING (vessel, tally_type)
  LEFT JOIN flask_vessels v ON v.key = vessel;

-- What is kept of the vessels' tallies, against the tallies themselves.
CREATE TEMPORARY TABLE flask_kept ON COMMIT DROP AS
SELECT v.id, k.rows AS kept_rows, k.total AS kept_total, t.rows, t.total
  FROM flask_vessels v
  CROSS JOIN LATERAL (SELECT coalesce(sum(tallies), 0) AS rows, coalesce(sum(loaded + discharged + damaged), 0) AS total
                        FROM vessel_totals WHERE vessel_id = v.id) AS k
  CROSS JOIN LATERAL (SELECT count(*) AS rows, coalesce(sum(count), 0) AS total FROM cargo_tallies WHERE vessel_id = v.id) AS t
 WHERE v.reason IS NULL AND (k.rows, k.total) IS DISTINCT FROM (t.rows, t.total);
