-- Labour hire: clients, the workers on the books, jobs, the contracts that bind a worker to a job, and what is paid for them.
--
-- Locks are taken in one order, so that nobody waits in a circle: payment, contract, job, worker; a row of kept totals after
-- the row that it is about. Whoever has a job and wants its contracts (a job is cancelled) doesn't wait for them.
-- Errors raised here on purpose are of class SD, as 0002_port_vessels.sql has it.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE clients (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name               text NOT NULL
                       CONSTRAINT clients_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    contact_name       text CONSTRAINT clients_contact_name_length CHECK (char_length(contact_name) BETWEEN 1 AND 100),
    contact_email      text
                       CONSTRAINT clients_contact_email_form
                       CHECK (char_length(contact_email) <= 200 AND contact_email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    contact_phone      text CONSTRAINT clients_contact_phone_length CHECK (char_length(contact_phone) BETWEEN 1 AND 40),
    payment_terms_days integer NOT NULL DEFAULT 30
                       CONSTRAINT clients_payment_terms_range CHECK (payment_terms_days BETWEEN 0 AND 365),
    status             text NOT NULL DEFAULT 'active'
                       CONSTRAINT clients_status_known CHECK (status IN ('active', 'inactive')),
    notes              text CONSTRAINT clients_notes_length CHECK (char_length(notes) <= 2000),
    version            integer NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workers (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL
                 CONSTRAINT workers_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    phone        text CONSTRAINT workers_phone_length CHECK (char_length(phone) BETWEEN 1 AND 40),
    email        text
                 CONSTRAINT workers_email_form
                 CHECK (char_length(email) <= 200 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    skills       jsonb NOT NULL DEFAULT '[]' CONSTRAINT workers_skills_valid CHECK (words_are_valid(skills, 20)),
    tickets      jsonb NOT NULL DEFAULT '[]' CONSTRAINT workers_tickets_valid CHECK (words_are_valid(tickets, 20)),
    availability text NOT NULL DEFAULT 'available'
                 CONSTRAINT workers_availability_known CHECK (availability IN ('available', 'unavailable', 'on_leave')),
    notes        text CONSTRAINT workers_notes_length CHECK (char_length(notes) <= 2000),
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE jobs (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  bigint NOT NULL
               CONSTRAINT jobs_client_exists REFERENCES clients (id),
    title      text NOT NULL
               CONSTRAINT jobs_title_length CHECK (char_length(title) BETWEEN 1 AND 150),
    place      text CONSTRAINT jobs_place_length CHECK (char_length(place) BETWEEN 1 AND 100),
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    places     integer NOT NULL DEFAULT 1
               CONSTRAINT jobs_places_range CHECK (places BETWEEN 1 AND 500),
    rate_minor bigint NOT NULL                  -- for an hour of one worker
               CONSTRAINT jobs_rate_range CHECK (rate_minor BETWEEN 0 AND 100000000),
    -- ISO 4217. Which ones there are changes by the year, and isn't known here.
    currency   text NOT NULL
               CONSTRAINT jobs_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    skills     jsonb NOT NULL DEFAULT '[]' CONSTRAINT jobs_skills_valid CHECK (words_are_valid(skills, 20)),
    status     text NOT NULL DEFAULT 'draft'
               CONSTRAINT jobs_status_known CHECK (status IN ('draft', 'open', 'filled', 'done', 'cancelled')),
    -- Kept from the contracts, see contracts_fill_job(). Whoever writes, there are never more people than places.
    filled     integer NOT NULL DEFAULT 0
               CONSTRAINT jobs_not_overbooked CHECK (filled BETWEEN 0 AND places),
    notes      text CONSTRAINT jobs_notes_length CHECK (char_length(notes) <= 2000),
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT jobs_ends_after_starts CHECK (ends_at > starts_at),
    CONSTRAINT jobs_not_too_long CHECK (extract(epoch FROM ends_at - starts_at) <= 366 * 86400)
) WITH (fillfactor = 90);       -- room for the next version of a row that is being filled

CREATE TABLE contracts (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id         bigint NOT NULL
                   CONSTRAINT contracts_job_exists REFERENCES jobs (id),
    worker_id      bigint NOT NULL
                   CONSTRAINT contracts_worker_exists REFERENCES workers (id),
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    rate_minor     bigint NOT NULL
                   CONSTRAINT contracts_rate_range CHECK (rate_minor BETWEEN 0 AND 100000000),
    currency       text NOT NULL
                   CONSTRAINT contracts_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    minutes_worked integer
                   CONSTRAINT contracts_minutes_range CHECK (minutes_worked BETWEEN 0 AND 1000000),
    -- Nothing before the work is over. Half a minor unit is rounded up.
    earned_minor   bigint NOT NULL GENERATED ALWAYS AS (
                   CASE WHEN status IN ('completed', 'terminated')
                        THEN (coalesce(minutes_worked, 0) * rate_minor + 30) / 60 ELSE 0 END) STORED,
    status         text NOT NULL DEFAULT 'offered'
                   CONSTRAINT contracts_status_known
                   CHECK (status IN ('offered', 'accepted', 'active', 'completed', 'terminated')),
    completed_at   timestamptz,                 -- when work ended: it was completed, or terminated after it had begun
    notes          text CONSTRAINT contracts_notes_length CHECK (char_length(notes) <= 2000),
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contracts_ends_after_starts CHECK (ends_at > starts_at),
    CONSTRAINT contracts_not_too_long CHECK (extract(epoch FROM ends_at - starts_at) <= 366 * 86400),
    CONSTRAINT contracts_minutes_needed CHECK (minutes_worked IS NOT NULL OR status <> 'completed'),
    CONSTRAINT contracts_completed_at_known
    CHECK (CASE status WHEN 'completed' THEN completed_at IS NOT NULL WHEN 'terminated' THEN true
                       ELSE completed_at IS NULL END),
    -- Nobody has worked before work began, or longer than they were booked and half of that again.
    CONSTRAINT contracts_minutes_of_work CHECK (minutes_worked IS NULL OR status = 'active' OR completed_at IS NOT NULL),
    CONSTRAINT contracts_minutes_within_times
    CHECK (minutes_worked * 40 <= extract(epoch FROM ends_at - starts_at)),
    -- Nobody is in two places at a time.
    CONSTRAINT contracts_worker_busy EXCLUDE USING gist (worker_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status IN ('accepted', 'active'))
);

-- What a contract's payments add up to. By itself, so that a payment is no change of the contract.
CREATE TABLE contract_totals (
    contract_id   bigint PRIMARY KEY REFERENCES contracts (id) ON DELETE CASCADE,
    payable_minor bigint NOT NULL               -- due or approved
                  CONSTRAINT contract_totals_payable_range CHECK (payable_minor >= 0),
    paid_minor    bigint NOT NULL
                  CONSTRAINT contract_totals_paid_range CHECK (paid_minor >= 0)
) WITH (fillfactor = 80);

CREATE TABLE payments (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id  bigint NOT NULL
                 CONSTRAINT payments_contract_exists REFERENCES contracts (id),
    amount_minor bigint NOT NULL
                 CONSTRAINT payments_amount_range CHECK (amount_minor BETWEEN 1 AND 1000000000000),
    currency     text NOT NULL
                 CONSTRAINT payments_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    due_on       date NOT NULL,
    reference    text CONSTRAINT payments_reference_length CHECK (char_length(reference) BETWEEN 1 AND 100),
    status       text NOT NULL DEFAULT 'due'
                 CONSTRAINT payments_status_known
                 CHECK (status IN ('due', 'approved', 'paid', 'failed', 'refunded')),
    paid_at      timestamptz,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_paid_at_known CHECK ((paid_at IS NOT NULL) = (status IN ('paid', 'refunded')))
);

-- --- lists ----------------------------------------------------------------------------------------------------------
-- Each order with id behind it is what keyset pagination walks; NULL sorts as infinity. Most rows are history, and have the
-- one status that history has: for those of any other there are the same orders without it.

CREATE INDEX clients_by_name    ON clients (name, id);
CREATE INDEX clients_by_created ON clients (created_at, id);
CREATE INDEX clients_by_updated ON clients (updated_at, id);
CREATE INDEX clients_by_status  ON clients (status, name, id);
CREATE INDEX clients_by_email   ON clients (contact_email, id);
CREATE INDEX clients_search     ON clients USING gin
    ((name || ' ' || coalesce(contact_name, '') || ' ' || coalesce(contact_email, '')) gin_trgm_ops);

CREATE INDEX workers_by_name         ON workers (name, id);
CREATE INDEX workers_by_created      ON workers (created_at, id);
CREATE INDEX workers_by_updated      ON workers (updated_at, id);
CREATE INDEX workers_by_availability ON workers (availability, name, id);
CREATE INDEX workers_by_email        ON workers (email, id);
CREATE INDEX workers_by_skills       ON workers USING gin (skills jsonb_path_ops);
CREATE INDEX workers_by_tickets      ON workers USING gin (tickets jsonb_path_ops);
CREATE INDEX workers_search          ON workers USING gin
    ((name || ' ' || coalesce(phone, '') || ' ' || coalesce(email, '')) gin_trgm_ops);

CREATE INDEX jobs_by_start   ON jobs (starts_at, id);
CREATE INDEX jobs_by_title   ON jobs (title, id);
CREATE INDEX jobs_by_updated ON jobs (updated_at, id);
CREATE INDEX jobs_by_status  ON jobs (status, starts_at, id);
CREATE INDEX jobs_by_client  ON jobs (client_id, starts_at, id);
CREATE INDEX jobs_by_skills  ON jobs USING gin (skills jsonb_path_ops);
CREATE INDEX jobs_search     ON jobs USING gin ((title || ' ' || coalesce(place, '')) gin_trgm_ops);
CREATE INDEX jobs_not_done_by_start   ON jobs (starts_at, id) WHERE status <> 'done';
CREATE INDEX jobs_not_done_by_title   ON jobs (title, id) WHERE status <> 'done';
CREATE INDEX jobs_not_done_by_updated ON jobs (updated_at, id) WHERE status <> 'done';

-- With ends_at and worker_id: the dashboard asks who works now without reading the contracts.
CREATE INDEX contracts_by_start     ON contracts (starts_at, id);
CREATE INDEX contracts_by_completed ON contracts (coalesce(completed_at, 'infinity'), id);
CREATE INDEX contracts_by_updated   ON contracts (updated_at, id);
CREATE INDEX contracts_by_status    ON contracts (status, starts_at, id) INCLUDE (ends_at, worker_id);
CREATE INDEX contracts_by_job       ON contracts (job_id, starts_at, id);
CREATE INDEX contracts_by_worker    ON contracts (worker_id, starts_at, id);
CREATE INDEX contracts_not_completed_by_start   ON contracts (starts_at, id) WHERE status <> 'completed';
CREATE INDEX contracts_not_completed_by_completed ON contracts (coalesce(completed_at, 'infinity'), id)
    WHERE status <> 'completed';
CREATE INDEX contracts_not_completed_by_updated ON contracts (updated_at, id) WHERE status <> 'completed';

CREATE INDEX payments_by_due       ON payments (due_on, id);
CREATE INDEX payments_by_paid      ON payments (coalesce(paid_at, 'infinity'), id);
CREATE INDEX payments_by_amount    ON payments (amount_minor, id);
CREATE INDEX payments_by_status    ON payments (status, due_on, id);
CREATE INDEX payments_by_contract  ON payments (contract_id, due_on, id);
CREATE INDEX payments_by_reference ON payments (reference, id);
CREATE INDEX payments_not_paid_by_due    ON payments (due_on, id) WHERE status <> 'paid';
CREATE INDEX payments_not_paid_by_paid   ON payments (coalesce(paid_at, 'infinity'), id) WHERE status <> 'paid';
CREATE INDEX payments_not_paid_by_amount ON payments (amount_minor, id) WHERE status <> 'paid';
-- The oldest that are still to be paid.
CREATE INDEX payments_open ON payments (due_on, id) WHERE status IN ('due', 'approved');

-- --- sums that are kept ---------------------------------------------------------------------------------------------
-- What the dashboards show of many rows, they read here: how many there are of a kind, and what they come to, for each
-- quarter of an hour. Wherever a day begins, it begins with one.
-- What goes on for days has a beginning and an end here. How much of it goes on at a time is what is still to end then, less
-- what is still to begin: that is read from the future alone, however much there has been.
--
--   counted   kind          quarter                rows        amount          part
--   jobs      status        -infinity: all         jobs        places          of these, filled
--   starts    status        starts_at              jobs        places          of these, filled
--   ends      status        ends_at, just before   jobs        places          of these, filled
--   workers   availability  -infinity: all         workers
--   begins                  a contract's starts_at contracts   microseconds    accepted, active and completed; how far into
--   leaves                  a contract's ends_at   contracts   microseconds    the quarter the times are, in sum
--   worked    currency      completed_at           contracts   minutes         earned  none without minutes
--   due       currency      due_on (UTC)           payments    minor units             none where nothing is due
--   approved  currency      due_on (UTC)           payments    minor units             none where nothing is approved
--   paid      currency      paid_at                payments    minor units

CREATE TABLE labour_sums (
    counted text NOT NULL,
    quarter timestamptz NOT NULL,
    kind    text NOT NULL,
    rows    bigint NOT NULL,
    amount  bigint NOT NULL,
    part    bigint NOT NULL,
    PRIMARY KEY (counted, quarter, kind)
) WITH (fillfactor = 50);

-- What a transaction is about to add. Nobody else ever sees a row of it: they are gone at the commit, which is when the sums
-- are taken, in one order, and no earlier, so that two transactions don't wait for each other in a circle.
CREATE TABLE labour_pending (
    txid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    counted text NOT NULL,
    quarter timestamptz NOT NULL,
    kind    text NOT NULL,
    rows    bigint NOT NULL,
    amount  bigint NOT NULL,
    part    bigint NOT NULL
);
CREATE INDEX labour_pending_by_txid ON labour_pending (txid);

CREATE FUNCTION labour_quarter(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT date_bin('15 minutes', at, '2000-01-01 00:00:00+00') $$;

-- True the first time in a transaction, as with cache_touch().
CREATE FUNCTION labour_touch() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('stevedores.labour_pending', true), '') = '' THEN
        PERFORM set_config('stevedores.labour_pending', 'on', true);
        RETURN true;
    END IF;
    RETURN false;
END $$;

-- Runs at the commit.
CREATE FUNCTION labour_sums_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    empty labour_sums[];
BEGIN
    PERFORM set_config('stevedores.labour_pending', '', true);
    WITH gone AS (
        DELETE FROM labour_pending WHERE txid = pg_current_xact_id() RETURNING *
    ), kept AS (
        INSERT INTO labour_sums AS s (counted, quarter, kind, rows, amount, part)
        SELECT counted, quarter, kind, sum(rows), sum(amount), sum(part)
          FROM gone GROUP BY counted, quarter, kind
        HAVING (sum(rows), sum(amount), sum(part)) <> (0, 0, 0)
         ORDER BY counted, quarter, kind
        ON CONFLICT (counted, quarter, kind) DO UPDATE SET
               rows = s.rows + excluded.rows, amount = s.amount + excluded.amount, part = s.part + excluded.part
        RETURNING s.*
    )
    SELECT array_agg((k.counted, k.quarter, k.kind, k.rows, k.amount, k.part)::labour_sums) INTO empty
      FROM kept AS k WHERE k.counted IN ('due', 'approved') AND k.rows = 0;
    -- Of what is owed all days are read, however long ago: so days on which nothing is owed any more don't stay.
    IF empty IS NOT NULL THEN
        DELETE FROM labour_sums AS s USING unnest(empty) AS e
         WHERE s.counted = e.counted AND s.quarter = e.quarter AND s.kind = e.kind;
    END IF;
    RETURN NULL;
END $$;
-- By name, and on every table of the board, whichever a transaction changes first: before the triggers that give the tags their
-- new versions, which are the last thing.
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['clients', 'workers', 'jobs', 'contracts', 'contract_totals', 'payments'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER a_keep AFTER INSERT OR UPDATE OR DELETE ON %I DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW WHEN (labour_touch()) EXECUTE FUNCTION labour_sums_keep()', one);
    END LOOP;
END $$;

-- A row that was goes, a row that is comes; sign is -1 and 1.
CREATE FUNCTION labour_add_job(job jobs, sign integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO labour_pending (counted, quarter, kind, rows, amount, part) VALUES
        ('jobs', '-infinity', job.status, sign, sign * job.places, sign * job.filled),
        ('starts', labour_quarter(job.starts_at), job.status, sign, sign * job.places, sign * job.filled),
        ('ends', labour_quarter(job.ends_at - interval '1 microsecond'), job.status, sign, sign * job.places, sign * job.filled)
$$;
CREATE FUNCTION labour_add_worker(worker workers, sign integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO labour_pending (counted, quarter, kind, rows, amount, part) VALUES
        ('workers', '-infinity', worker.availability, sign, 0, 0)
$$;
CREATE FUNCTION labour_add_contract(c contracts, sign integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO labour_pending (counted, quarter, kind, rows, amount, part)
    SELECT t.counted, labour_quarter(t.at), '', sign,
           sign * (extract(epoch FROM t.at - labour_quarter(t.at)) * 1000000)::bigint, 0
      FROM (VALUES ('begins', c.starts_at), ('leaves', c.ends_at)) AS t (counted, at)
     WHERE c.status IN ('accepted', 'active', 'completed')
     UNION ALL
    SELECT 'worked', labour_quarter(c.completed_at), c.currency, sign, sign * c.minutes_worked, sign * c.earned_minor
     WHERE c.completed_at IS NOT NULL AND c.minutes_worked IS NOT NULL
$$;
CREATE FUNCTION labour_add_payment(p payments, sign integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO labour_pending (counted, quarter, kind, rows, amount, part)
    SELECT p.status, CASE WHEN p.status = 'paid' THEN labour_quarter(p.paid_at) ELSE p.due_on::timestamp AT TIME ZONE 'UTC' END,
           p.currency, sign, sign * p.amount_minor, 0
     WHERE p.status IN ('due', 'approved', 'paid')
$$;

CREATE FUNCTION labour_sum_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM labour_add_job(OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM labour_add_job(NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION labour_sum_workers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM labour_add_worker(OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM labour_add_worker(NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION labour_sum_contracts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM labour_add_contract(OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM labour_add_contract(NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION labour_sum_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM labour_add_payment(OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM labour_add_payment(NEW, 1); END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER sums AFTER INSERT OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION labour_sum_jobs();
CREATE TRIGGER sums_change AFTER UPDATE ON jobs FOR EACH ROW
    WHEN ((OLD.status, OLD.starts_at, OLD.ends_at, OLD.places, OLD.filled) IS DISTINCT FROM
          (NEW.status, NEW.starts_at, NEW.ends_at, NEW.places, NEW.filled)) EXECUTE FUNCTION labour_sum_jobs();
CREATE TRIGGER sums AFTER INSERT OR DELETE ON workers FOR EACH ROW EXECUTE FUNCTION labour_sum_workers();
CREATE TRIGGER sums_change AFTER UPDATE ON workers FOR EACH ROW
    WHEN (OLD.availability <> NEW.availability) EXECUTE FUNCTION labour_sum_workers();
CREATE TRIGGER sums AFTER INSERT OR DELETE ON contracts FOR EACH ROW EXECUTE FUNCTION labour_sum_contracts();
CREATE TRIGGER sums_change AFTER UPDATE ON contracts FOR EACH ROW
    WHEN ((OLD.status, OLD.starts_at, OLD.ends_at, OLD.completed_at, OLD.minutes_worked, OLD.earned_minor) IS DISTINCT FROM
          (NEW.status, NEW.starts_at, NEW.ends_at, NEW.completed_at, NEW.minutes_worked, NEW.earned_minor))
    EXECUTE FUNCTION labour_sum_contracts();
CREATE TRIGGER sums AFTER INSERT OR DELETE ON payments FOR EACH ROW EXECUTE FUNCTION labour_sum_payments();
CREATE TRIGGER sums_change AFTER UPDATE ON payments FOR EACH ROW
    WHEN ((OLD.status, OLD.due_on, OLD.paid_at) IS DISTINCT FROM (NEW.status, NEW.due_on, NEW.paid_at))
    EXECUTE FUNCTION labour_sum_payments();

-- --- life cycles ------------------------------------------------------------------------------------------------------
-- What people may do. Between open and filled a job goes by itself.

INSERT INTO status_moves VALUES
    ('clients', 'active', 'inactive'),
    ('clients', 'inactive', 'active'),
    ('jobs', 'draft', 'open'),
    ('jobs', 'draft', 'cancelled'),
    ('jobs', 'open', 'done'),                       -- it went without the rest
    ('jobs', 'open', 'cancelled'),
    ('jobs', 'filled', 'done'),
    ('jobs', 'filled', 'cancelled'),
    ('contracts', 'offered', 'accepted'),
    ('contracts', 'offered', 'terminated'),
    ('contracts', 'accepted', 'active'),
    ('contracts', 'accepted', 'terminated'),
    ('contracts', 'active', 'completed'),
    ('contracts', 'active', 'terminated'),
    ('payments', 'due', 'approved'),
    ('payments', 'due', 'failed'),                  -- withdrawn
    ('payments', 'approved', 'paid'),
    ('payments', 'approved', 'failed'),
    ('payments', 'failed', 'approved'),
    ('payments', 'paid', 'refunded');

-- --- jobs: the rules ----------------------------------------------------------------------------------------------------

-- A new job has nobody yet: one that is brought as filled becomes so again by its contracts.
CREATE FUNCTION jobs_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.filled := 0;
    IF NEW.status = 'filled' THEN
        NEW.status := 'open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_new BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_before_insert();

-- Open or filled is what the places say, and not what anybody asks for.
CREATE FUNCTION jobs_open_or_filled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    right_one constant text := CASE WHEN NEW.filled < NEW.places THEN 'open' ELSE 'filled' END;
BEGIN
    IF NEW.status <> OLD.status AND NEW.status <> right_one THEN
        RAISE EXCEPTION '% becomes % by itself, when the last place is %', OLD.status, NEW.status,
            CASE NEW.status WHEN 'filled' THEN 'taken' ELSE 'given back' END
            USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = 'jobs_status_move';
    END IF;
    NEW.status := right_one;
    RETURN NEW;
END $$;
CREATE TRIGGER a_fill BEFORE UPDATE ON jobs FOR EACH ROW
    WHEN (OLD.status IN ('open', 'filled') AND NEW.status IN ('open', 'filled')
          AND NEW.filled <= NEW.places)             -- else the constraint says what is wrong
    EXECUTE FUNCTION jobs_open_or_filled();

CREATE TRIGGER b_move BEFORE UPDATE ON jobs FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT (OLD.status IN ('open', 'filled') AND NEW.status IN ('open', 'filled')))
    EXECUTE FUNCTION row_move();

-- Nobody changes a contract's status or times meanwhile: for that one needs the job, which this update has.
CREATE FUNCTION jobs_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    under_way integer;
    worked    integer;
    changed   constant text := CASE WHEN NEW.client_id <> OLD.client_id                 THEN 'client_id'
                                    WHEN NEW.title <> OLD.title                         THEN 'title'
                                    WHEN NEW.place IS DISTINCT FROM OLD.place           THEN 'place'
                                    WHEN NEW.starts_at <> OLD.starts_at                 THEN 'starts_at'
                                    WHEN NEW.ends_at <> OLD.ends_at                     THEN 'ends_at'
                                    WHEN NEW.places <> OLD.places                       THEN 'places'
                                    WHEN NEW.rate_minor <> OLD.rate_minor               THEN 'rate_minor'
                                    WHEN NEW.currency <> OLD.currency                   THEN 'currency'
                                    WHEN NEW.skills <> OLD.skills                       THEN 'skills' END;
    outside   text;
BEGIN
    IF changed IS NOT NULL AND OLD.status IN ('done', 'cancelled') THEN
        RAISE EXCEPTION 'the job is %, and stays as it was', OLD.status
            USING ERRCODE = 'SD409', COLUMN = changed, CONSTRAINT = 'jobs_over_fixed';
    END IF;
    IF NEW.client_id <> OLD.client_id AND EXISTS (SELECT FROM contracts WHERE job_id = NEW.id) THEN
        RAISE EXCEPTION 'there are contracts already'
            USING ERRCODE = 'SD409', COLUMN = 'client_id', CONSTRAINT = 'jobs_client_fixed';
    END IF;
    IF NEW.currency <> OLD.currency AND EXISTS (SELECT FROM contracts WHERE job_id = NEW.id) THEN
        RAISE EXCEPTION 'there are contracts in % already', OLD.currency
            USING ERRCODE = 'SD409', COLUMN = 'currency', CONSTRAINT = 'jobs_currency_fixed';
    END IF;
    IF (NEW.starts_at, NEW.ends_at) <> (OLD.starts_at, OLD.ends_at) THEN
        SELECT CASE WHEN min(starts_at) < NEW.starts_at THEN 'starts_at' WHEN max(ends_at) > NEW.ends_at THEN 'ends_at' END
          INTO outside FROM contracts WHERE job_id = NEW.id AND status <> 'terminated';
        IF outside IS NOT NULL THEN
            RAISE EXCEPTION 'there are contracts from before or until after that'
                USING ERRCODE = 'SD409', COLUMN = outside, CONSTRAINT = 'jobs_times_of_contracts';
        END IF;
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    SELECT count(*) FILTER (WHERE status = 'active' OR (NEW.status = 'done' AND status IN ('offered', 'accepted'))),
           count(*) FILTER (WHERE status = 'completed')
      INTO under_way, worked FROM contracts WHERE job_id = NEW.id;
    IF NEW.status = 'done' AND under_way > 0 THEN
        RAISE EXCEPTION 'contracts of this job are still offered, accepted or active: %', under_way
            USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = 'jobs_done_when_over';
    ELSIF NEW.status = 'cancelled' AND under_way > 0 THEN
        RAISE EXCEPTION 'people are at work: contracts of this job that are active: %', under_way
            USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = 'jobs_cancelled_before_work';
    ELSIF NEW.status = 'cancelled' THEN             -- what is offered or accepted ends with it: jobs_after_cancel()
        NEW.filled := worked;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER c_rules BEFORE UPDATE OF client_id, title, place, starts_at, ends_at, places, rate_minor, currency, skills, status
    ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_before_update();

-- That people come and go is no change of the job; that its status changes is.
-- An import says by stevedores.restoring that it puts people back where they were, and when.
CREATE FUNCTION jobs_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    IF coalesce(current_setting('stevedores.restoring', true), '') <> 'on' THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER d_touch BEFORE UPDATE ON jobs FOR EACH ROW
    WHEN (OLD.filled = NEW.filled OR OLD.status <> NEW.status) EXECUTE FUNCTION jobs_touch();

-- Nobody stays bound to work that is off.
CREATE FUNCTION jobs_after_cancel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        PERFORM FROM contracts WHERE job_id = NEW.id AND status IN ('offered', 'accepted') FOR NO KEY UPDATE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RAISE EXCEPTION 'a contract of this job is being changed at this moment'
            USING ERRCODE = 'SD409', COLUMN = 'status', CONSTRAINT = 'jobs_cancelled_alone';
    END;
    UPDATE contracts SET status = 'terminated' WHERE job_id = NEW.id AND status IN ('offered', 'accepted');
    RETURN NULL;
END $$;
CREATE TRIGGER cancel AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (OLD.status <> 'cancelled' AND NEW.status = 'cancelled') EXECUTE FUNCTION jobs_after_cancel();

-- --- contracts: the rules -----------------------------------------------------------------------------------------------

-- Whether a contract may be in this status now, by its job and its worker, which are held until the transaction ends. An offer
-- holds the job only against being closed, so that a gang's offers don't wait for each other.
CREATE FUNCTION contracts_hold(contract contracts) RETURNS jobs LANGUAGE plpgsql AS $$
DECLARE
    job jobs;
BEGIN
    IF contract.status = 'offered' THEN
        SELECT * INTO job FROM jobs WHERE id = contract.job_id FOR SHARE;
    ELSE
        SELECT * INTO job FROM jobs WHERE id = contract.job_id FOR NO KEY UPDATE;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such job'
            USING ERRCODE = 'SD400', COLUMN = 'job_id', CONSTRAINT = 'contracts_job_exists';
    END IF;
    IF (contract.status = 'offered' AND job.status NOT IN ('draft', 'open', 'filled'))
       OR (contract.status IN ('accepted', 'active') AND job.status NOT IN ('open', 'filled')) THEN
        RAISE EXCEPTION 'the job is %', job.status
            USING ERRCODE = 'SD409', COLUMN = 'job_id', CONSTRAINT = 'contracts_job_open';
    END IF;
    -- Two who want the same worker take turns; the exclusion constraint alone would let them wait for each other.
    IF contract.status IN ('accepted', 'active') THEN
        PERFORM FROM workers WHERE id = contract.worker_id FOR NO KEY UPDATE;
    END IF;
    RETURN job;
END $$;

-- Whoever works, works while the job goes on; what was terminated is over either way. A time that was not given is right by
-- itself, and so isn't what is wrong.
CREATE FUNCTION contracts_check_times(contract contracts, job jobs, start_given boolean, end_given boolean) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF start_given AND contract.status <> 'terminated'
       AND (contract.starts_at < job.starts_at OR contract.starts_at >= job.ends_at) THEN
        RAISE EXCEPTION 'must be within the job, which is from % to %', job.starts_at, job.ends_at
            USING ERRCODE = 'SD400', COLUMN = 'starts_at', CONSTRAINT = 'contracts_within_job';
    ELSIF end_given AND contract.status <> 'terminated'
       AND (contract.ends_at <= job.starts_at OR contract.ends_at > job.ends_at) THEN
        RAISE EXCEPTION 'must be within the job, which is from % to %', job.starts_at, job.ends_at
            USING ERRCODE = 'SD400', COLUMN = 'ends_at', CONSTRAINT = 'contracts_within_job';
    ELSIF start_given AND NOT end_given AND contract.starts_at >= contract.ends_at THEN
        RAISE EXCEPTION 'must be before ends_at, which is %', contract.ends_at
            USING ERRCODE = 'SD400', COLUMN = 'starts_at', CONSTRAINT = 'contracts_ends_after_starts';
    END IF;
END $$;

CREATE FUNCTION contracts_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    job constant jobs := contracts_hold(NEW);
    start_given constant boolean := NEW.starts_at IS NOT NULL;
    end_given   constant boolean := NEW.ends_at IS NOT NULL;
BEGIN
    NEW.starts_at := coalesce(NEW.starts_at, job.starts_at);
    NEW.ends_at := coalesce(NEW.ends_at, job.ends_at);
    PERFORM contracts_check_times(NEW, job, start_given, end_given);
    NEW.rate_minor := coalesce(NEW.rate_minor, job.rate_minor);
    NEW.currency := coalesce(NEW.currency, job.currency);
    IF NEW.currency <> job.currency THEN
        RAISE EXCEPTION 'must be the job''s, which is %', job.currency
            USING ERRCODE = 'SD400', COLUMN = 'currency', CONSTRAINT = 'contracts_currency_of_job';
    END IF;
    IF NEW.status = 'completed' OR (NEW.status = 'terminated' AND NEW.minutes_worked IS NOT NULL) THEN
        NEW.completed_at := coalesce(NEW.completed_at, now());
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_rules BEFORE INSERT ON contracts FOR EACH ROW EXECUTE FUNCTION contracts_before_insert();

CREATE TRIGGER a_move BEFORE UPDATE ON contracts FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();

CREATE FUNCTION contracts_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    job jobs;
BEGIN
    IF (NEW.job_id, NEW.worker_id, NEW.currency) IS DISTINCT FROM (OLD.job_id, OLD.worker_id, OLD.currency) THEN
        RAISE EXCEPTION 'a contract is of one job, one worker and one currency: end it, and make another'
            USING ERRCODE = 'SD409', CONSTRAINT = 'contracts_parties_fixed',
                  COLUMN = CASE WHEN NEW.job_id <> OLD.job_id THEN 'job_id'
                                WHEN NEW.worker_id <> OLD.worker_id THEN 'worker_id' ELSE 'currency' END;
    END IF;
    IF (NEW.status, NEW.starts_at, NEW.ends_at) IS DISTINCT FROM (OLD.status, OLD.starts_at, OLD.ends_at) THEN
        job := contracts_hold(NEW);
    END IF;
    IF (NEW.starts_at, NEW.ends_at) <> (OLD.starts_at, OLD.ends_at) THEN
        PERFORM contracts_check_times(NEW, job, NEW.starts_at <> OLD.starts_at, NEW.ends_at <> OLD.ends_at);
        IF NEW.minutes_worked = OLD.minutes_worked
           AND NEW.minutes_worked * 40 > extract(epoch FROM NEW.ends_at - NEW.starts_at) THEN
            RAISE EXCEPTION '% minutes were worked, which would be more than half as long again', NEW.minutes_worked
                USING ERRCODE = 'SD409', CONSTRAINT = 'contracts_minutes_within_times',
                      COLUMN = CASE WHEN NEW.ends_at <> OLD.ends_at THEN 'ends_at' ELSE 'starts_at' END;
        END IF;
    END IF;
    IF OLD.status = 'active' AND NEW.status IN ('completed', 'terminated') THEN
        NEW.completed_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER b_rules BEFORE UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION contracts_before_update();
CREATE TRIGGER c_touch BEFORE UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION row_touch();

-- Counted anew rather than up and down: there are few places, and a number that was wrong becomes right again. FILTER, so
-- that it is by the job that its contracts are found, even before the planner knows that there are more jobs than statuses.
CREATE FUNCTION contracts_fill_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    job constant bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.job_id ELSE NEW.job_id END;
    taken integer;
BEGIN
    PERFORM FROM jobs WHERE id = job FOR NO KEY UPDATE;
    SELECT count(*) FILTER (WHERE status IN ('accepted', 'active', 'completed')) INTO taken
      FROM contracts WHERE job_id = job;
    UPDATE jobs SET filled = taken WHERE id = job AND filled <> taken;
    RETURN NULL;
END $$;
CREATE TRIGGER fill_insert AFTER INSERT ON contracts FOR EACH ROW
    WHEN (NEW.status IN ('accepted', 'active', 'completed')) EXECUTE FUNCTION contracts_fill_job();
CREATE TRIGGER fill_update AFTER UPDATE ON contracts FOR EACH ROW
    WHEN ((OLD.status IN ('accepted', 'active', 'completed')) <> (NEW.status IN ('accepted', 'active', 'completed')))
    EXECUTE FUNCTION contracts_fill_job();
CREATE TRIGGER fill_delete AFTER DELETE ON contracts FOR EACH ROW
    WHEN (OLD.status IN ('accepted', 'active', 'completed')) EXECUTE FUNCTION contracts_fill_job();

-- Less than what payments were made out for already can't have been earned. Whoever makes one out needs the contract, which
-- this update has.
CREATE FUNCTION contracts_keep_earned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owed bigint;
BEGIN
    SELECT payable_minor + paid_minor INTO owed FROM contract_totals WHERE contract_id = NEW.id;
    IF owed > NEW.earned_minor THEN
        RAISE EXCEPTION 'would make % earned, and payments of % were made out', NEW.earned_minor, owed
            USING ERRCODE = 'SD409', CONSTRAINT = 'contracts_earned_covers_payments',
                  COLUMN = CASE WHEN NEW.minutes_worked IS DISTINCT FROM OLD.minutes_worked THEN 'minutes_worked'
                                ELSE 'rate_minor' END;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER earned AFTER UPDATE ON contracts FOR EACH ROW
    WHEN (NEW.earned_minor < OLD.earned_minor) EXECUTE FUNCTION contracts_keep_earned();

-- --- payments: the rules ------------------------------------------------------------------------------------------------

CREATE FUNCTION payments_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    contract contracts;
BEGIN
    SELECT * INTO contract FROM contracts WHERE id = NEW.contract_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such contract'
            USING ERRCODE = 'SD400', COLUMN = 'contract_id', CONSTRAINT = 'payments_contract_exists';
    END IF;
    NEW.currency := coalesce(NEW.currency, contract.currency);
    IF NEW.currency <> contract.currency THEN
        RAISE EXCEPTION 'must be the contract''s, which is %', contract.currency
            USING ERRCODE = 'SD400', COLUMN = 'currency', CONSTRAINT = 'payments_currency_of_contract';
    END IF;
    IF NEW.due_on IS NULL THEN                      -- payments' days are UTC's, as on the dashboard: see money.sql
        SELECT (now() AT TIME ZONE 'UTC')::date + c.payment_terms_days INTO NEW.due_on
          FROM jobs AS j JOIN clients AS c ON c.id = j.client_id WHERE j.id = contract.job_id;
    END IF;
    IF NEW.status IN ('paid', 'refunded') THEN
        NEW.paid_at := coalesce(NEW.paid_at, now());
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_rules BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION payments_before_insert();

CREATE TRIGGER a_move BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();

CREATE FUNCTION payments_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.contract_id, NEW.amount_minor, NEW.currency)
       IS DISTINCT FROM (OLD.contract_id, OLD.amount_minor, OLD.currency) THEN
        RAISE EXCEPTION 'what a payment is of, and how much, never changes'
            USING ERRCODE = 'SD409', CONSTRAINT = 'payments_amount_fixed',
                  COLUMN = CASE WHEN NEW.contract_id <> OLD.contract_id THEN 'contract_id'
                                WHEN NEW.amount_minor <> OLD.amount_minor THEN 'amount_minor' ELSE 'currency' END;
    END IF;
    IF NEW.status <> OLD.status THEN
        PERFORM FROM contracts WHERE id = NEW.contract_id FOR NO KEY UPDATE;
        IF NEW.status = 'paid' THEN
            NEW.paid_at := now();
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER b_rules BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION payments_before_update();
CREATE TRIGGER c_touch BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION row_touch();

-- Keeps the contract's totals, and what was earned above them. The contract is held since payments_before_…().
CREATE FUNCTION payments_keep_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payable bigint := CASE WHEN NEW.status IN ('due', 'approved') THEN NEW.amount_minor ELSE 0 END;
    paid    bigint := CASE WHEN NEW.status = 'paid' THEN NEW.amount_minor ELSE 0 END;
    owed    bigint;
    earned  bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        payable := payable - CASE WHEN OLD.status IN ('due', 'approved') THEN OLD.amount_minor ELSE 0 END;
        paid := paid - CASE WHEN OLD.status = 'paid' THEN OLD.amount_minor ELSE 0 END;
    END IF;
    IF payable = 0 AND paid = 0 THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO contract_totals VALUES (NEW.contract_id, 0, 0) ON CONFLICT DO NOTHING;
    END IF;
    UPDATE contract_totals AS t SET payable_minor = t.payable_minor + payable, paid_minor = t.paid_minor + paid
     WHERE t.contract_id = NEW.contract_id RETURNING t.payable_minor + t.paid_minor INTO owed;
    SELECT c.earned_minor INTO earned FROM contracts AS c WHERE c.id = NEW.contract_id;
    IF payable + paid > 0 AND owed > earned THEN
        RAISE EXCEPTION 'would make % of payments, and the contract earned %', owed, earned
            USING ERRCODE = 'SD409', CONSTRAINT = 'payments_within_earned',
                  COLUMN = CASE TG_OP WHEN 'INSERT' THEN 'amount_minor' ELSE 'status' END;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER totals_insert AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION payments_keep_totals();
CREATE TRIGGER totals_update AFTER UPDATE ON payments FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION payments_keep_totals();

-- The books are closed to erasers, for every client and every tool.
CREATE FUNCTION payments_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'payments are never removed: let them fail, or refund them'
        USING ERRCODE = 'SD409', CONSTRAINT = 'payments_never_removed';
END $$;
CREATE TRIGGER never_removed BEFORE DELETE ON payments FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();

-- --- what all tables have -----------------------------------------------------------------------------------------------

CREATE TRIGGER a_move BEFORE UPDATE ON clients FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_move();
CREATE TRIGGER c_touch BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION row_touch();
CREATE TRIGGER c_touch BEFORE UPDATE ON workers FOR EACH ROW EXECUTE FUNCTION row_touch();

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON clients FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON workers FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit_change AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON contracts FOR EACH ROW EXECUTE FUNCTION audit_row('id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION audit_row('id');

SELECT count_watch('clients');
SELECT count_watch('workers');
SELECT count_watch('jobs');
SELECT count_watch('contracts');
SELECT count_watch('payments');

SELECT cache_watch('clients', 'clients');
SELECT cache_watch('workers', 'workers');
SELECT cache_watch('jobs', 'jobs');
SELECT cache_watch('contracts', 'contracts');
SELECT cache_watch('contract_totals', 'contracts');
SELECT cache_watch('payments', 'payments');
