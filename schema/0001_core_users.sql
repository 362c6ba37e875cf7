-- People who may use the program, whichever boards are switched on.
-- The password hash is a libsodium Argon2id string ($argon2id$...); an account without one cannot log in.

CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text NOT NULL
                  CONSTRAINT users_username_format CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    display_name  text NOT NULL
                  CONSTRAINT users_display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 100),
    role          text NOT NULL DEFAULT 'viewer'
                  CONSTRAINT users_role_known
                  CHECK (role IN ('viewer', 'clerk', 'supervisor', 'manager', 'admin')),
    password_hash text,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_username_unique UNIQUE (username)
);

-- Every table with an updated_at uses this one.
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER users_touch BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
