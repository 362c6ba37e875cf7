-- A database as the Flask application makes it, with integer keys: models/*.py of Stevedores-Dashboard-3.0, the wizard's version.
CREATE TABLE users (
    id serial PRIMARY KEY, email varchar(120) UNIQUE NOT NULL, username varchar(80) UNIQUE NOT NULL,
    password_hash varchar(255) NOT NULL, is_active boolean NOT NULL, created_at timestamp NOT NULL, last_login timestamp);
INSERT INTO users VALUES
    (1, 'ines@port.example', 'Ines Silva', 'pbkdf2:sha256:600000$aBcDeFgH$' || repeat('0a', 32), true, '2025-01-01 08:00', '2025-06-01 09:30'),
    (2, 'bob@port.example', 'bob', 'scrypt:32768:8:1$aBcDeFgH$' || repeat('0b', 64), false, '2025-01-02 08:00', NULL),
    (3, 'old@port.example', 'old', 'sha1$abc$0123', true, '2025-01-03 08:00', NULL),
    (4, 'x@port.example', '船', 'scrypt:32768:8:1$aBcDeFgH$' || repeat('0b', 64), true, '2025-01-04 08:00', NULL),
    (5, 'bob2@port.example', 'BOB', 'scrypt:32768:8:1$aBcDeFgH$' || repeat('0c', 64), true, '2025-01-05 08:00', NULL);

CREATE TABLE vessels (
    id serial PRIMARY KEY, name varchar(100) NOT NULL, shipping_line varchar(50), vessel_type varchar(50) NOT NULL,
    port_of_call varchar(100) NOT NULL, operation_start_date date, operation_end_date date, operation_type varchar(50),
    berth_assignment varchar(20) NOT NULL, operations_manager varchar(50), eta timestamp, etd timestamp, team_assignments text,
    cargo_configuration text, total_drivers integer DEFAULT 0, shift_start_time time, number_of_breaks integer DEFAULT 0,
    number_of_vans integer DEFAULT 0, number_of_wagons integer DEFAULT 0, total_cargo_capacity integer DEFAULT 0,
    cargo_type varchar(50) DEFAULT 'automobile', heavy_equipment_count integer DEFAULT 0, drivers_assigned integer DEFAULT 0,
    tico_vehicles_needed integer DEFAULT 0, status varchar(30) DEFAULT 'expected', current_berth varchar(20),
    progress_percentage real DEFAULT 0, created_at timestamp NOT NULL, updated_at timestamp, created_by_id integer,
    wizard_completed boolean DEFAULT false, step_2_data text, crane varchar(20));
INSERT INTO vessels (id, name, shipping_line, vessel_type, port_of_call, operation_start_date, operation_end_date, operation_type,
    berth_assignment, operations_manager, eta, etd, team_assignments, cargo_configuration, total_drivers, shift_start_time,
    number_of_breaks, number_of_vans, number_of_wagons, total_cargo_capacity, drivers_assigned, tico_vehicles_needed, status,
    created_at, updated_at, crane) VALUES
    (1, ' MV Alpha ', 'Grimaldi', 'Auto + Heavy', 'Colonel Island', '2025-06-01', '2025-06-03', 'Discharge Only', 'Berth 1', 'Jonathan',
     '2025-06-01 06:00', NULL, '{"auto_operations": [{"name": "Ana", "position": 1}], "high_heavy": []}',
     '{"discharge": {"total_autos": 120, "heavy_equipment": 7, "vehicle_types": []}}', 12, '07:00', 2, 3, 4, 120, 0, 7,
     'operations_active', '2025-05-30 10:00', '2025-06-02 10:00', 'C7'),
    (2, 'MV Beta', 'MOL', 'Auto Only', 'Colonel Island', NULL, NULL, NULL, 'Berth 1', NULL, '2025-05-20 06:00', '2025-05-20 06:00', NULL,
     'not json', 0, NULL, 0, 0, 0, 300, 20, 5, 'operations_complete', '2025-05-19 10:00', '2025-05-22 10:00', NULL),
    (3, 'MV Gamma', NULL, 'Submarine', 'Colonel Island', '2030-01-01', '2030-01-01', NULL, 'Berth 2', NULL, NULL, NULL, NULL, NULL, 0,
     NULL, 0, 0, 0, 0, 0, 0, NULL, '2025-06-02 10:00', NULL, NULL),
    (4, 'MV Delta', NULL, 'Auto Only', 'Colonel Island', NULL, NULL, NULL, 'Berth 2', NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 0, 0,
     0, 0, 'lost', '2025-06-02 11:00', NULL, NULL);

CREATE TABLE cargo_tallies (
    id serial PRIMARY KEY, vessel_id integer NOT NULL, tally_type varchar(20), cargo_count integer NOT NULL, location varchar(50),
    timestamp timestamp NOT NULL, recorded_by_id integer, synced boolean, sync_timestamp timestamp, notes text,
    shift_period varchar(20));
INSERT INTO cargo_tallies VALUES
    (1, 1, 'discharged', 40, 'Deck 3', '2025-06-01 08:00', 1, true, '2025-06-01 08:05', 'two scratched', 'morning'),
    (2, 1, 'discharged', 30, NULL, '2025-06-01 15:00', 2, false, NULL, NULL, 'evening'),
    (3, 1, NULL, 5, NULL, '2025-06-01 16:00', 77, false, NULL, NULL, 'dog watch'),
    (4, 2, 'loaded', 300, NULL, '2025-05-20 12:00', 1, true, NULL, NULL, NULL),
    (5, 1, 'loaded', 0, NULL, '2025-06-01 16:10', 1, true, NULL, NULL, NULL),
    (6, 1, 'loaded', -3, NULL, '2025-06-01 16:20', 1, true, NULL, NULL, NULL),
    (7, 1, 'loaded', 20000, NULL, '2025-06-01 16:30', 1, true, NULL, NULL, NULL),
    (8, 1, 'lifted', 2, NULL, '2025-06-01 16:40', 1, true, NULL, NULL, NULL),
    (9, 1, 'loaded', 2, NULL, '2125-06-01 16:50', 1, true, NULL, NULL, NULL),
    (10, 4, 'loaded', 2, NULL, '2025-06-01 16:50', 1, true, NULL, NULL, NULL),
    (11, 99, 'loaded', 2, NULL, '2025-06-01 16:50', 1, true, NULL, NULL, NULL);
