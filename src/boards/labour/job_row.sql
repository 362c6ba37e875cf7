-- Members of a job in JSON, from the row v.
SELECT v.id, v.client_id, (SELECT c.name FROM clients AS c WHERE c.id = v.client_id) AS client_name,
       v.title, v.place, v.starts_at, v.ends_at, v.places, v.filled, v.places - v.filled AS unfilled,
       v.rate_minor, v.currency, v.skills, v.status, v.notes, v.version, v.created_at, v.updated_at
