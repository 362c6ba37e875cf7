-- The life cycle: {"expected": ["arrived"], …}
SELECT json_object_agg(from_status, moves)::text
  FROM (SELECT from_status, json_agg(to_status) AS moves FROM vessel_moves GROUP BY from_status) AS m
