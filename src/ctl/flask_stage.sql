-- Where the Flask application's rows wait, what its words mean here, and what there is to say of it all. The transaction's
-- settings say how: flask.source, flask.role, flask.berth_length (empty: not given).
SET LOCAL work_mem = '64MB';
SET temp_buffers = '64MB';

CREATE TEMPORARY TABLE flask_users (
    key text, username text, display_name text, first_name text, last_name text, role text, is_admin boolean, password_hash text,
    active boolean, created_at timestamptz, last_login_at timestamptz, notes text,
    login text, shown text, our_role text, reason text, known boolean NOT NULL DEFAULT false, id bigint) ON COMMIT DROP;

CREATE TEMPORARY TABLE flask_vessels (
    key text, name text, imo text, vessel_type text, line text, status text, berth text, eta timestamptz, etd timestamptz,
    arrived_at timestamptz, departed_at timestamptz, capacity bigint, cargo_type text, heavy bigint, wizard_cargo text,
    drivers bigint, vans bigint, wagons bigint, ticos bigint, created_at timestamptz, updated_at timestamptz, notes text,
    our_type text, our_status text, our_imo text, our_berth text, our_etd timestamptz, our_cargo text, plan jsonb, our_notes text,
    our_drivers integer, our_vans integer, our_wagons integer, began timestamptz, ended timestamptz,
    reason text, state text, untouched boolean, id bigint) ON COMMIT DROP;

CREATE TEMPORARY TABLE flask_tallies (
    key text, vessel text, tally_type text, cargo_type text, count bigint, location text, shift text, tallied_at timestamptz,
    recorded_at timestamptz, by text, notes text) ON COMMIT DROP;

-- As their database has them.
CREATE TEMPORARY TABLE flask_there (what text, rows bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE flask_sums (vessel text, tally_type text, rows bigint, total bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE flask_left (what text, field text, rows bigint, why text) ON COMMIT DROP;

-- What to know of a row: left out, or brought over in another form.
CREATE TEMPORARY TABLE flask_said (what text, key text, name text, left_out boolean, reason text) ON COMMIT DROP;

CREATE TEMPORARY TABLE flask_words (what text, theirs text, ours text, PRIMARY KEY (what, theirs)) ON COMMIT DROP;
INSERT INTO flask_words
SELECT what, unnest(string_to_array(theirs, ' ')), ours FROM (VALUES
    ('role', 'viewer', 'viewer readonly read_only guest'),
    ('role', 'clerk', 'clerk operator stevedore tally_clerk checker worker user'),
    ('role', 'supervisor', 'supervisor foreman'),
    ('role', 'manager', 'manager operations_manager planner'),
    ('role', 'admin', 'admin administrator superuser'),
    ('vessel type', 'roro', 'roro ro_ro auto_only heavy_only auto_heavy auto car_carrier vehicle_carrier pctc pcc'),
    ('vessel type', 'container', 'container container_ship'),
    ('vessel type', 'bulk', 'bulk bulk_carrier bulker'),
    ('vessel type', 'general', 'general general_cargo breakbulk break_bulk'),
    ('vessel type', 'multipurpose', 'multipurpose multi_purpose'),
    ('status', 'expected', 'expected scheduled planned'),
    ('status', 'arrived', 'arrived anchored'),
    ('status', 'berthed', 'berthed docked'),
    ('status', 'operations_active', 'operations_active active in_progress loading discharging'),
    ('status', 'operations_complete', 'operations_complete complete completed'),
    ('status', 'departed', 'departed sailed'),
    ('tally type', 'loaded', 'loaded load loading loadback'),
    ('tally type', 'discharged', 'discharged discharge discharging unloaded'),
    ('tally type', 'damaged', 'damaged damage'),
    ('cargo type', 'automobile', 'automobile automobiles auto autos car cars vehicle vehicles'),
    ('cargo type', 'van', 'van vans'),
    ('cargo type', 'truck', 'truck trucks'),
    ('cargo type', 'heavy_equipment', 'heavy_equipment heavy high_heavy high_and_heavy'),
    ('cargo type', 'breakbulk', 'breakbulk break_bulk'),
    ('cargo type', 'container_20', 'container containers container_20'),
    ('cargo type', 'container_40', 'container_40'),
    ('cargo type', 'reefer', 'reefer reefers'),
    ('cargo type', 'general', 'general general_cargo'),
    ('shift', 'morning', 'morning day early'),
    ('shift', 'afternoon', 'afternoon evening late'),
    ('shift', 'night', 'night')) AS w (what, ours, theirs);

-- "Auto + Heavy" is the word auto_heavy.
CREATE FUNCTION pg_temp.flask_word(text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT btrim(regexp_replace(lower($1), '[^a-z0-9]+', '_', 'g'), '_') $$;

-- The id of the nth form of their tally: the same each time it is made (RFC 9562, version 8: name-based by SHA-256).
CREATE FUNCTION pg_temp.flask_id(what text, key text, nth integer) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT overlay(overlay(encode(substr(sha256(convert_to(concat_ws(chr(31), 'stevedores', current_setting('flask.source'), what,
                   key, nth::text), 'UTF8')), 1, 16), 'hex') PLACING '8' FROM 13) PLACING 'a' FROM 17)::uuid $$;

CREATE FUNCTION pg_temp.flask_json(text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN $1::jsonb;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

-- What the wizard's cargo has of a kind in all its parts: {"discharge": {"total_autos": 120, …}, "loadback": {…}}.
CREATE FUNCTION pg_temp.flask_cargo(cargo jsonb, member text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT sum((part.value ->> member)::bigint)
      FROM jsonb_each(CASE WHEN jsonb_typeof(cargo) = 'object' THEN cargo ELSE '{}' END) AS part
     WHERE jsonb_typeof(part.value) = 'object' AND part.value ->> member ~ '^[0-9]{1,6}$' $$;
