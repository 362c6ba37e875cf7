-- Members of a person in JSON, from the row v.
SELECT v.id, v.name, v.email, v.role_title, v.skills, v.availability, v.capacity_percent,
       (SELECT coalesce(sum(percent), 0) FROM allocations
         WHERE resource_id = v.id AND utc_day(now()) BETWEEN starts_on AND ends_on) AS allocated_percent,
       v.allocated_until, v.version, v.created_at, v.updated_at
