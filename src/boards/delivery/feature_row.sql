-- Members of a feature in JSON, from the row v.
SELECT v.id, v.project_id, (SELECT code FROM projects WHERE id = v.project_id) AS project_code,
       v.name, v.description, v.status, v.priority, v.due_on,
       t.items_total, t.items_done, t.points_total, t.points_done,
       v.version, v.created_at, v.updated_at
  FROM (SELECT coalesce(max(items), 0) AS items_total, coalesce(max(items_done), 0) AS items_done,
               coalesce(max(points), 0) AS points_total, coalesce(max(points_done), 0) AS points_done
          FROM feature_totals WHERE feature_id = v.id) AS t
