-- Members of a contract in JSON, from the row v.
SELECT v.id, v.job_id, (SELECT j.title FROM jobs AS j WHERE j.id = v.job_id) AS job_title,
       v.worker_id, (SELECT w.name FROM workers AS w WHERE w.id = v.worker_id) AS worker_name,
       v.starts_at, v.ends_at, v.rate_minor, v.currency, v.minutes_worked, v.earned_minor,
       coalesce(t.payable_minor, 0) AS payable_minor, coalesce(t.paid_minor, 0) AS paid_minor,
       v.status, v.completed_at, v.notes, v.version, v.created_at, v.updated_at
  FROM (SELECT) AS one
  LEFT JOIN contract_totals AS t ON t.contract_id = v.id
