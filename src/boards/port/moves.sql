-- The life cycle: {"expected": ["arrived"], …}
SELECT json_object_agg(from_status, moves)::text
  FROM (SELECT from_status, json_agg(to_status) AS moves FROM status_moves WHERE table_name = 'vessels' GROUP BY from_status) AS m
