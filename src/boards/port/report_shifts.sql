-- What was tallied of vessel $1 in each shift. $2 is the port's zone, $3 when its shifts begin.
-- A shift is of the day on which it begins. A tally belongs to the shift that its clerk named, if that is one beside the
-- shift in which it was made (written down a little late, or early); else to the one in which it was made.
-- Only days on which something was tallied are looked at, so that a tablet whose clock was years off costs nothing.
WITH starts AS (
    SELECT at, (ARRAY['morning', 'afternoon', 'night'])[nth] AS shift,
           coalesce(lead(at) OVER (ORDER BY at), min(at) OVER ()) AS next, lead(at) OVER (ORDER BY at) IS NULL AS last
      FROM unnest($3::time[]) WITH ORDINALITY AS s (at, nth)
), days AS (
    SELECT DISTINCT (hour AT TIME ZONE $2::text)::date + d AS day
      FROM vessel_hours, generate_series(-1, 1) AS d WHERE vessel_id = $1::bigint
), shifts AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY began)::integer AS nth, day, shift, began, ended,
           lag(shift) OVER (ORDER BY began) AS before, lead(shift) OVER (ORDER BY began) AS after
      FROM (SELECT day, shift, (day + at) AT TIME ZONE $2::text AS began,
                   (day + next + CASE WHEN last THEN interval '1 day' ELSE '0' END) AT TIME ZONE $2::text AS ended
              FROM days, starts) AS s
), tallied AS (
    SELECT width_bucket(tallied_at, (SELECT array_agg(began ORDER BY began) FROM shifts)) AS nth, shift, cargo_type,
           tally_type, tallied_by, sum(count) AS count, sum(count) FILTER (WHERE voids IS NULL) AS gross,
           count(*) FILTER (WHERE voids IS NULL) AS tallies, count(voids) AS voids,
           min(tallied_at) AS first, max(tallied_at) AS last
      FROM cargo_tallies WHERE vessel_id = $1::bigint
     GROUP BY 1, 2, 3, 4, 5
), counted AS MATERIALIZED (
    SELECT s.nth + CASE WHEN t.shift IS NULL OR t.shift = s.shift THEN 0 WHEN t.shift = s.before THEN -1
                        WHEN t.shift = s.after THEN 1 ELSE 0 END AS nth,
           t.cargo_type, t.tally_type, t.tallied_by, t.count, coalesce(t.gross, 0) AS gross, t.tallies, t.voids, t.first,
           t.last
      FROM tallied AS t JOIN shifts AS s USING (nth)
)
