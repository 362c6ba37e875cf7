-- GET /api/vessels/summary, as the clients of the former application know it. It listed every vessel there ever was;
-- here it lists the first hundred that have not departed.
SELECT json_build_object(
    'total_vessels', (SELECT count(*) FROM vessels),
    'active_vessels', (SELECT count(*) FROM vessels WHERE status IN ('arrived', 'berthed', 'operations_active')),
    'vessels', (SELECT coalesce(json_agg(l), '[]') FROM (
        SELECT v.id, v.name, v.vessel_type, v.status, v.berth AS current_berth, v.eta, v.etd,
               v.capacity_total AS total_cargo_capacity, v.drivers AS drivers_assigned,
               v.vans + v.wagons AS tico_vehicles_needed,
               least(100, coalesce(round(100.0 * t.moved / nullif(v.capacity_total, 0), 1), 0)) AS progress_percentage,
               t.moved AS cargo_loaded, greatest(0, v.capacity_total - t.moved) AS cargo_remaining,
               v.status IN ('operations_complete', 'departed') AS is_complete, v.created_at, v.updated_at
          FROM vessels AS v
         CROSS JOIN LATERAL (SELECT coalesce(sum(loaded + discharged), 0)::bigint AS moved
                               FROM vessel_totals WHERE vessel_id = v.id) AS t
         WHERE v.status <> 'departed'
         ORDER BY coalesce(v.eta, 'infinity'), v.id LIMIT 100) AS l),
    'timestamp', now())::text
