-- The life cycles of the tables $1: {"vessels": {"expected": ["arrived"], …}, …}; and the vessels' by itself.
WITH moves AS (
    SELECT table_name, from_status, json_agg(to_status ORDER BY to_status) AS moves
      FROM status_moves WHERE table_name = ANY ($1::text[]) GROUP BY table_name, from_status
), cycles AS (
    SELECT table_name, json_object_agg(from_status, moves ORDER BY from_status) AS cycle FROM moves GROUP BY table_name
)
SELECT coalesce(json_object_agg(table_name, cycle ORDER BY table_name), '{}')::text,
       coalesce((SELECT cycle FROM cycles WHERE table_name = 'vessels'), '{}')::text
  FROM cycles
