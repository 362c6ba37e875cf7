-- The same counts as lines of CSV, behind report_shifts.sql. No row at all: no such vessel. Columns: the line; NULL: nothing
-- was tallied yet.
SELECT CASE WHEN s.nth IS NOT NULL THEN concat_ws(',', s.day, coalesce(s.shift, ''), to_char(s.began AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                 to_char(s.ended AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), k.cargo_type, k.tally_type, k.count,
                 k.gross, k.voided, k.tallies) END
  FROM vessels AS v
  LEFT JOIN (SELECT nth, cargo_type, tally_type, sum(count) AS count, sum(gross) AS gross, sum(gross - count) AS voided,
                    sum(tallies) AS tallies
               FROM counted GROUP BY 1, 2, 3) AS k ON true
  LEFT JOIN shifts AS s USING (nth)
 WHERE v.id = $1::bigint
 ORDER BY s.nth, k.cargo_type, k.tally_type
