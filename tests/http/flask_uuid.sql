-- The same application's database with UUID keys: supabase_schema.sql of Stevedores-Dashboard-3.0, without what isn't read.
CREATE TABLE users (
    id uuid PRIMARY KEY, username varchar(80) UNIQUE NOT NULL, email varchar(120) UNIQUE NOT NULL, password_hash varchar(255) NOT NULL,
    first_name varchar(50), last_name varchar(50), role varchar(20) DEFAULT 'operator', company varchar(100),
    is_active boolean DEFAULT true, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
INSERT INTO users (id, username, email, password_hash, first_name, last_name, role, company) VALUES
    ('00000000-0000-4000-8000-000000000001', 'sue', 'sue@port.example', 'scrypt:32768:8:1$aBcDeFgH$' || repeat('0b', 64), 'Sue', 'Smith',
     'supervisor', 'Quay Ltd'),
    ('00000000-0000-4000-8000-000000000002', 'otto', 'otto@port.example', 'scrypt:32768:8:1$aBcDeFgH$' || repeat('0b', 64), 'Otto', NULL,
     'Operator', NULL),
    ('00000000-0000-4000-8000-000000000003', 'mia', 'mia@port.example', 'scrypt:32768:8:1$aBcDeFgH$' || repeat('0b', 64), NULL, NULL,
     'harbour master', NULL);

CREATE TABLE vessels (
    id uuid PRIMARY KEY, name varchar(100) NOT NULL, imo_number varchar(20) UNIQUE, vessel_type varchar(50) NOT NULL,
    flag_state varchar(50), status varchar(50) DEFAULT 'expected', total_cargo_capacity integer DEFAULT 0, cargo_loaded integer DEFAULT 0,
    eta timestamptz, etd timestamptz, actual_arrival timestamptz, actual_departure timestamptz,
    wizard_step_1_data jsonb DEFAULT '{}', wizard_step_2_data jsonb DEFAULT '{}', berth_assignment varchar(20),
    special_requirements text, user_id uuid, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
INSERT INTO vessels (id, name, imo_number, vessel_type, flag_state, status, total_cargo_capacity, eta, actual_arrival, actual_departure,
    wizard_step_2_data, berth_assignment) VALUES
    ('00000000-0000-4000-8000-00000000000a', 'MV Atlantic', '9074729', 'Container Ship', 'Panama', 'departed', 2000,
     '2025-06-01 06:00+02', '2025-06-01 07:00+02', '2025-06-04 07:00+02', '{"reefers": 12}', NULL),
    ('00000000-0000-4000-8000-00000000000b', 'MV Pacific', 'IMO 2345678', 'Bulk Carrier', NULL, 'berthed', 0, '2025-06-02 06:00+00', NULL,
     NULL, '{}', NULL);

CREATE TABLE cargo_tallies (
    id uuid PRIMARY KEY, vessel_id uuid, user_id uuid, cargo_count integer NOT NULL, tally_type varchar(20) DEFAULT 'loaded',
    cargo_type varchar(50) DEFAULT 'container', location varchar(50), equipment_type varchar(30), condition varchar(20) DEFAULT 'good',
    notes text, synced boolean DEFAULT true, sync_timestamp timestamptz, offline_id varchar(50), latitude numeric(10, 8),
    timestamp timestamptz DEFAULT now(), created_at timestamptz DEFAULT now());
INSERT INTO cargo_tallies (id, vessel_id, user_id, cargo_count, tally_type, cargo_type, equipment_type, condition, notes, latitude,
    timestamp) VALUES
    ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 150, 'loaded',
     'container', 'crane', 'good', NULL, 1.5, '2025-06-02 10:00+02'),
    ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000002', 85, 'damaged',
     'reefer', NULL, 'dented', 'corner', NULL, '2025-06-02 11:00+02'),
    ('00000000-0000-4000-8000-0000000000a3', '00000000-0000-4000-8000-00000000000a', NULL, 7, 'loaded', 'bananas', NULL, 'good', NULL, NULL,
     NULL),
    ('00000000-0000-4000-8000-0000000000a4', NULL, NULL, 7, 'loaded', 'container', NULL, 'good', NULL, NULL, '2025-06-02 11:00+02');
UPDATE cargo_tallies SET created_at = '2025-06-02 12:00+00' WHERE timestamp IS NULL;
