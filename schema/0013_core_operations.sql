-- Sessions and API keys of everybody as lists, in the orders that these have.

DROP INDEX sessions_by_use;                     -- the one with id does as well
CREATE INDEX sessions_by_use   ON sessions (last_used_at, id);
CREATE INDEX sessions_by_start ON sessions (created_at, id);

CREATE INDEX api_keys_by_start ON api_keys (created_at, id);
CREATE INDEX api_keys_by_name  ON api_keys (name, id);
