-- Members of a backlog item in JSON, from the row v.
SELECT v.id, v.project_id, (SELECT code FROM projects WHERE id = v.project_id) AS project_code,
       v.feature_id, (SELECT name FROM features WHERE id = v.feature_id) AS feature_name,
       v.title, v.description, v.kind, v.status, v.points, v.priority, v.rank,
       v.resource_id, (SELECT name FROM resources WHERE id = v.resource_id) AS resource_name,
       v.done_at, v.version, v.created_at, v.updated_at
