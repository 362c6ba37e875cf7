-- The report of vessel $1 as one JSON text, behind report_shifts.sql. The program appends the join that makes the vessel's JSON.
SELECT json_build_object(
    'vessel', j.json::json,
    'timezone', $2::text,
    'shifts', (SELECT coalesce(json_agg(json_build_object(
            'day', s.day, 'shift', s.shift, 'began_at', s.began, 'ended_at', s.ended, 'first_tally_at', k.first,
            'last_tally_at', k.last, 'tallies', k.tallies, 'voids', k.voids, 'loaded', k.loaded,
            'discharged', k.discharged, 'damaged', k.damaged, 'gross', k.gross, 'voided', k.voided, 'cargo', c.cargo,
            'tallied_by', (SELECT coalesce(json_agg(b), '[]') FROM (
                SELECT tallied_by AS name, sum(tallies) AS tallies, sum(gross) AS gross
                  FROM counted WHERE nth = s.nth AND tallies > 0
                 GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 50) AS b)) ORDER BY s.nth), '[]')
        FROM (SELECT nth, min(first) AS first, max(last) AS last, sum(tallies) AS tallies, sum(voids) AS voids,
                     coalesce(sum(count) FILTER (WHERE tally_type = 'loaded'), 0) AS loaded,
                     coalesce(sum(count) FILTER (WHERE tally_type = 'discharged'), 0) AS discharged,
                     coalesce(sum(count) FILTER (WHERE tally_type = 'damaged'), 0) AS damaged,
                     sum(gross) AS gross, sum(gross - count) AS voided
                FROM counted GROUP BY nth) AS k
        JOIN shifts AS s USING (nth)
       CROSS JOIN LATERAL (SELECT json_agg(o ORDER BY o.cargo_type) AS cargo FROM (
                SELECT cargo_type, coalesce(sum(count) FILTER (WHERE tally_type = 'loaded'), 0) AS loaded,
                       coalesce(sum(count) FILTER (WHERE tally_type = 'discharged'), 0) AS discharged,
                       coalesce(sum(count) FILTER (WHERE tally_type = 'damaged'), 0) AS damaged,
                       sum(gross) AS gross, sum(gross - count) AS voided
                  FROM counted WHERE nth = s.nth GROUP BY cargo_type) AS o) AS c),
    'hours', (SELECT coalesce(json_agg(h ORDER BY h.hour), '[]') FROM (
            SELECT hour, loaded, discharged, damaged FROM vessel_hours WHERE vessel_id = $1::bigint
             ORDER BY hour DESC LIMIT 1000) AS h),
    'remarks', (SELECT coalesce(json_agg(r ORDER BY r.tallied_at, r.count DESC), '[]') FROM (
            SELECT tallied_at, shift, tally_type, cargo_type, count, location, tallied_by, note,
                   voids IS NOT NULL AS voids
              FROM cargo_tallies
             -- What is only the number of a unit, as a scanner gives it, is no remark; there may be one with each car.
             WHERE vessel_id = $1::bigint AND note IS NOT NULL AND note !~ '^(?=.*[0-9])[A-Z0-9./_-]{3,50}$'
             ORDER BY tallied_at DESC LIMIT 200) AS r))::text
  FROM (SELECT * FROM vessels WHERE id = $1::bigint) AS v
