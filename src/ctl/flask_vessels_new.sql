-- Those that are new. After others have left their berths.
INSERT INTO vessels (id, name, imo, vessel_type, line, status, berth, eta, etd, arrived_at, operations_started_at,
                     operations_completed_at, departed_at, cargo_capacity, drivers, vans, wagons, notes, created_at, updated_at)
OVERRIDING SYSTEM VALUE
SELECT id, name, our_imo, our_type, left(line, 100), our_status, our_berth, eta, our_etd, arrived_at, began,
       CASE WHEN our_status <> 'operations_active' THEN ended END, departed_at, plan, our_drivers, our_vans, our_wagons, our_notes,
       coalesce(created_at, now()), coalesce(updated_at, created_at, now())
  FROM flask_vessels WHERE state = 'new' ORDER BY id;
INSERT INTO vessel_imports (source, key, vessel_id, version)
SELECT current_setting('flask.source'), f.key, v.id, v.version FROM flask_vessels f JOIN vessels v ON v.id = f.id
 WHERE f.state = 'new';
