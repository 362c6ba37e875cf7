-- Members of a project in JSON, from the row v.
SELECT v.id, v.code, v.name, v.description, v.status, v.active, v.priority, v.owner, v.starts_on, v.due_on, v.closed_at,
       t.items_total, t.items_done, t.points_total, t.points_done,
       v.version, v.created_at, v.updated_at
  FROM (SELECT coalesce(max(items), 0) AS items_total, coalesce(max(items_done), 0) AS items_done,
               coalesce(max(points), 0) AS points_total, coalesce(max(points_done), 0) AS points_done
          FROM project_totals WHERE project_id = v.id) AS t
