-- Members of an allocation in JSON, from the row v.
SELECT v.id, v.resource_id, (SELECT name FROM resources WHERE id = v.resource_id) AS resource_name,
       v.project_id, (SELECT code FROM projects WHERE id = v.project_id) AS project_code,
       v.starts_on, v.ends_on, v.percent, v.version, v.created_at, v.updated_at
