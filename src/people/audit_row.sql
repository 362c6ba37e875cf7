-- Members of an audit row in JSON, from the row v.
SELECT v.id, v.at, v.actor_id, v.actor, v.via, v.address, v.request_id, v.action, v.object_type, v.object_id,
       v.before, v.after
