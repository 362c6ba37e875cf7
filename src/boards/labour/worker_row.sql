-- Members of a worker in JSON, from the row v.
SELECT v.id, v.name, v.phone, v.email, v.skills, v.tickets, v.availability, v.notes,
       v.version, v.created_at, v.updated_at
