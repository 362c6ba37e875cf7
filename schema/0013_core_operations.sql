-- Sessions and API keys of everybody as lists, in the orders that these have.

CREATE INDEX sessions_by_use_and_id ON sessions (last_used_at, id);
DROP INDEX sessions_by_use;                     -- that one does as well
ALTER INDEX sessions_by_use_and_id RENAME TO sessions_by_use;
CREATE INDEX sessions_by_start ON sessions (created_at, id);

CREATE INDEX api_keys_by_start ON api_keys (created_at, id);
CREATE INDEX api_keys_by_name  ON api_keys (name, id);
