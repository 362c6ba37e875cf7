-- Members of a berth in JSON, from the row v.
SELECT v.name, v.length_m, v.position, v.version
