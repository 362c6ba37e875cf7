-- GET /api/vessels/{id}/cargo-tally, as the clients of the former application know it. No row: no such vessel.
SELECT json_build_object(
    'vessel_id', v.id, 'vessel_name', v.name,
    'recent_tallies', (SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT id, vessel_id, tally_type, cargo_type, count AS cargo_count, location, tallied_at AS timestamp,
               true AS synced, recorded_at AS sync_timestamp, note AS notes, shift AS shift_period
          FROM cargo_tallies WHERE vessel_id = v.id ORDER BY tallied_at DESC, id DESC LIMIT 10) AS r),
    'total_loaded', t.loaded,
    'progress', least(100, coalesce(round(100.0 * (t.loaded + t.discharged) / nullif(v.capacity_total, 0), 1), 0)))::text,
    t.loaded,
    least(100, coalesce(round(100.0 * (t.loaded + t.discharged) / nullif(v.capacity_total, 0), 1), 0))
  FROM vessels AS v
 CROSS JOIN LATERAL (SELECT coalesce(sum(loaded), 0)::bigint AS loaded, coalesce(sum(discharged), 0)::bigint AS discharged
                       FROM vessel_totals WHERE vessel_id = v.id) AS t
 WHERE v.id = $1::bigint
