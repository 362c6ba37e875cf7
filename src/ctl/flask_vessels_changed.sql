-- What else has changed of them.
UPDATE vessels v SET
    name = f.name, imo = f.our_imo, vessel_type = f.our_type, line = left(f.line, 100),
    berth = coalesce(f.our_berth, CASE WHEN v.status IN ('berthed', 'operations_active', 'operations_complete') THEN v.berth END),
    eta = f.eta, etd = f.our_etd, cargo_capacity = f.plan, drivers = f.our_drivers, vans = f.our_vans, wagons = f.our_wagons,
    notes = f.our_notes
  FROM flask_vessels f WHERE v.id = f.id AND f.state = 'changed';
