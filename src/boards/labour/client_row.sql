-- Members of a client in JSON, from the row v.
SELECT v.id, v.name, v.contact_name, v.contact_email, v.contact_phone, v.payment_terms_days, v.status, v.notes,
       v.version, v.created_at, v.updated_at
