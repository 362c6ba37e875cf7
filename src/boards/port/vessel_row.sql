-- Members of a vessel in JSON, from the row v.
SELECT v.id, v.name, v.imo, v.vessel_type, v.line, v.status, v.berth, v.eta, v.etd,
       v.arrived_at, v.berthed_at, v.operations_started_at, v.operations_completed_at, v.departed_at,
       v.cargo_capacity, v.capacity_total, v.gangs, v.drivers, v.vans, v.wagons, v.shifts, v.breaks, v.notes,
       v.version, v.created_at, v.updated_at,
       t.loaded, t.discharged, t.damaged,
       round(100.0 * (t.loaded + t.discharged) / nullif(v.capacity_total, 0), 1) AS progress_percent,
       t.cargo
  FROM (SELECT coalesce(sum(c.loaded), 0) AS loaded,
               coalesce(sum(c.discharged), 0) AS discharged,
               coalesce(sum(c.damaged), 0) AS damaged,
               coalesce(json_agg(c ORDER BY c.cargo_type), '[]') AS cargo
          FROM (SELECT cargo_type, coalesce(p.value::integer, 0) AS capacity,
                       coalesce(k.loaded, 0) AS loaded, coalesce(k.discharged, 0) AS discharged,
                       coalesce(k.damaged, 0) AS damaged
                  FROM (SELECT key AS cargo_type, value FROM jsonb_each_text(v.cargo_capacity)) AS p
                  FULL JOIN (SELECT * FROM vessel_totals WHERE vessel_id = v.id) AS k USING (cargo_type)) AS c) AS t
