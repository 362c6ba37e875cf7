-- Members of a person in JSON, from the row v.
SELECT v.id, v.name, v.email, v.role_title, v.skills, v.availability, v.capacity_percent,
       v.allocated_until, v.version, v.created_at, v.updated_at
