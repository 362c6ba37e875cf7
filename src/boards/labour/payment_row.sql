-- Members of a payment in JSON, from the row v.
SELECT v.id, v.contract_id, w.name AS worker_name, c.name AS client_name,
       v.amount_minor, v.currency, v.due_on, v.reference, v.status, v.paid_at, v.version, v.created_at, v.updated_at
  FROM contracts AS k
  JOIN workers AS w ON w.id = k.worker_id
  JOIN jobs AS j ON j.id = k.job_id
  JOIN clients AS c ON c.id = j.client_id
 WHERE k.id = v.contract_id
