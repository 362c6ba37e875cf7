-- One step of each changed vessel's life cycle towards where it is there; those that leave a berth ($1) before those that take one.
UPDATE vessels v SET status = CASE
    WHEN f.our_status = 'departed' AND v.status IN ('arrived', 'berthed', 'operations_complete') THEN 'departed'
    ELSE way.steps[array_position(way.steps, v.status) + 1] END
  FROM flask_vessels f, (VALUES (ARRAY['expected', 'arrived', 'berthed', 'operations_active', 'operations_complete', 'departed']))
       AS way (steps)
 WHERE v.id = f.id AND f.state = 'changed' AND (f.our_status = 'departed') = $1::boolean
   AND array_position(way.steps, v.status) < array_position(way.steps, f.our_status)
