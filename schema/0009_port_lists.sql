-- The port board's tables under the rules that all boards share (0008_core_lists.sql).

SELECT count_watch('vessels');

CREATE INDEX vessels_by_berth ON vessels (berth, coalesce(eta, 'infinity'), id);

INSERT INTO status_moves SELECT 'vessels', from_status, to_status FROM vessel_moves;
DROP TABLE vessel_moves;

-- Checks the move and writes the operation dates that go with it.
CREATE OR REPLACE FUNCTION vessels_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE NEW.status
        WHEN 'expected'            THEN NEW.arrived_at := NULL;
        WHEN 'arrived'             THEN NEW.arrived_at := coalesce(OLD.arrived_at, now()); NEW.berthed_at := NULL;
        WHEN 'berthed'             THEN NEW.berthed_at := now();
        WHEN 'operations_active'   THEN NEW.operations_started_at := coalesce(OLD.operations_started_at, now());
                                        NEW.operations_completed_at := NULL;
        WHEN 'operations_complete' THEN NEW.operations_completed_at := now();
        WHEN 'departed'            THEN NEW.departed_at := now();
    END CASE;
    RETURN NEW;
END $$;

-- By name: the move is checked before its dates are written.
DROP TRIGGER vessels_update ON vessels;
CREATE TRIGGER a_move BEFORE UPDATE ON vessels FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();
CREATE TRIGGER b_dates BEFORE UPDATE ON vessels FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION vessels_before_update();
CREATE TRIGGER c_touch BEFORE UPDATE ON vessels FOR EACH ROW EXECUTE FUNCTION row_touch();

ALTER TABLE berths ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE berths ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE TRIGGER c_touch BEFORE UPDATE ON berths FOR EACH ROW EXECUTE FUNCTION row_touch();
