-- Members of a tally in JSON, from the row v.
SELECT v.id, v.vessel_id, v.tally_type, v.cargo_type, v.count, v.location, v.shift,
       v.tallied_at, v.recorded_at, v.tallied_by, v.note, v.voids,
       (SELECT c.id FROM cargo_tallies c WHERE c.voids = v.id) AS voided_by
