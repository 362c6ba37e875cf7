-- The steps have written dates of now, which is not when it was. A status can't go back.
INSERT INTO flask_said
SELECT 'vessels', f.key, f.name, false, format('is %s there again: stays %s', f.our_status, v.status)
  FROM flask_vessels f JOIN vessels v ON v.id = f.id WHERE f.state = 'changed' AND v.status <> f.our_status;
UPDATE vessels v SET
    arrived_at = f.arrived_at, berthed_at = NULL, operations_started_at = f.began,
    operations_completed_at = CASE WHEN v.status <> 'operations_active' THEN f.ended END, departed_at = f.departed_at
  FROM flask_vessels f WHERE v.id = f.id AND (f.state = 'changed' OR (f.state = 'same' AND f.untouched))
   AND (v.arrived_at, v.berthed_at, v.operations_started_at, v.operations_completed_at, v.departed_at) IS DISTINCT FROM
       (f.arrived_at, NULL::timestamptz, f.began, CASE WHEN v.status <> 'operations_active' THEN f.ended END, f.departed_at);
UPDATE vessel_imports m SET version = v.version FROM vessels v, flask_vessels f
 WHERE v.id = m.vessel_id AND f.id = v.id AND (f.state = 'changed' OR (f.state = 'same' AND f.untouched)) AND m.version <> v.version;
