-- What people see: balances, statement, jobs. Each is a fold of the log and can be thrown away and made again.
--
-- Every row carries the number of the build it belongs to. The shard's row `views` in `tracking` names the build that
-- is shown; a rebuild fills the next build beside it and shows it by one UPDATE, so nobody sees a half-built view.

CREATE TABLE balance_rows (
    shard           integer NOT NULL,
    build           integer NOT NULL,
    account         bigint  NOT NULL,
    paid_in         bigint  NOT NULL, -- purchased
    paid_available  bigint  NOT NULL,
    paid_reserved   bigint  NOT NULL,
    paid_spent      bigint  NOT NULL,
    paid_taken      bigint  NOT NULL, -- by revocations, at once or by settling their debt later
    paid_expired    bigint  NOT NULL,
    bonus_in        bigint  NOT NULL, -- granted
    bonus_available bigint  NOT NULL,
    bonus_reserved  bigint  NOT NULL,
    bonus_spent     bigint  NOT NULL,
    bonus_taken     bigint  NOT NULL,
    bonus_expired   bigint  NOT NULL,
    revoked         bigint  NOT NULL, -- asked back by revocations: taken, or still owed
    debt            bigint  NOT NULL,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,

    PRIMARY KEY (shard, build, account)
);

CREATE TABLE statement_rows (
    shard       integer     NOT NULL,
    build       integer     NOT NULL,
    account     bigint      NOT NULL,
    version     bigint      NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    type        text        NOT NULL,
    amount      bigint      NOT NULL, -- credits the event is about
    subject     text        NOT NULL, -- the job, the source, the revocation
    reason      text        NOT NULL,
    available   bigint      NOT NULL, -- after the event, and so are the next two
    reserved    bigint      NOT NULL,
    debt        bigint      NOT NULL,

    -- One line per credit event.
    PRIMARY KEY (shard, build, account, version)
);

CREATE TABLE job_rows (
    shard      integer     NOT NULL,
    build      integer     NOT NULL,
    account    bigint      NOT NULL,
    job        text        COLLATE "C" NOT NULL,
    ordered_as text        NOT NULL, -- the order's id
    number     integer     NOT NULL, -- of the video in its order, from 1
    count      integer     NOT NULL, -- of videos in the order
    model      text        NOT NULL,
    price      bigint      NOT NULL,
    state      text        NOT NULL,
    attempt    integer     NOT NULL,
    failure    text,
    waits_for  text        NOT NULL, -- script, turn, answer, video, retry, download, sending, nothing
    waits_until timestamptz,
    queued_at  timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at   timestamptz,

    PRIMARY KEY (shard, build, account, job)
);

-- For a job's place in line.
CREATE INDEX queued_jobs ON job_rows (build, queued_at) WHERE state = 'queued';

-- For the worker that takes a shard up, and for whoever asks what is under way.
CREATE INDEX open_jobs ON job_rows (shard, build, account, job) WHERE ended_at IS NULL;
CREATE INDEX ended_jobs ON job_rows (shard, build, ended_at) WHERE ended_at IS NOT NULL;

CREATE VIEW balances AS
SELECT b.shard, b.account, paid_available + bonus_available AS available, paid_reserved + bonus_reserved AS reserved,
       paid_spent + bonus_spent AS spent, debt, bonus_in AS granted, paid_in AS purchased, revoked,
       paid_expired + bonus_expired AS expired, paid_available, paid_reserved, bonus_available, bonus_reserved,
       opened_at, updated_at, t.position
FROM balance_rows AS b
JOIN tracking AS t ON t.shard = b.shard AND t.name = 'views' AND t.build = b.build;

CREATE VIEW statement AS
SELECT s.shard, s.account, s.version, s.position, s.recorded_at, s.type, s.amount, s.subject, s.reason,
       s.available, s.reserved, s.debt
FROM statement_rows AS s
JOIN tracking AS t ON t.shard = s.shard AND t.name = 'views' AND t.build = s.build;

CREATE VIEW jobs AS
SELECT j.shard, j.account, j.job, j.ordered_as, j.number, j.count, j.model, j.price, j.state, j.attempt, j.failure,
       CASE WHEN j.state = 'queued' THEN (
           SELECT count(*) FROM job_rows AS ahead
           WHERE ahead.build = j.build AND ahead.state = 'queued' AND ahead.queued_at <= j.queued_at
       ) END AS place_in_line,
       j.waits_for, j.waits_until, j.queued_at, j.updated_at, j.ended_at
FROM job_rows AS j
JOIN tracking AS t ON t.shard = j.shard AND t.name = 'views' AND t.build = j.build;

-- Takes a shard's views from one position to a later one, rows and position together. Returns false, and writes
-- nothing, when the tracker is not at that position and build any more: somebody else has moved it. Its commit does not
-- wait for the disk: what a crash takes back, rows and position together, is folded from the log again.
CREATE FUNCTION write_views(
    to_shard integer, tracker text, of_build integer, from_position bigint, to_position bigint,
    balances jsonb, statement jsonb, jobs jsonb
) RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE tracking SET position = to_position
    WHERE shard = to_shard AND name = tracker AND position = from_position AND build = of_build;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO balance_rows SELECT * FROM jsonb_populate_recordset(NULL::balance_rows, balances)
    ON CONFLICT (shard, build, account) DO UPDATE SET
        paid_in = EXCLUDED.paid_in, paid_available = EXCLUDED.paid_available, paid_reserved = EXCLUDED.paid_reserved,
        paid_spent = EXCLUDED.paid_spent, paid_taken = EXCLUDED.paid_taken, paid_expired = EXCLUDED.paid_expired,
        bonus_in = EXCLUDED.bonus_in, bonus_available = EXCLUDED.bonus_available,
        bonus_reserved = EXCLUDED.bonus_reserved, bonus_spent = EXCLUDED.bonus_spent,
        bonus_taken = EXCLUDED.bonus_taken, bonus_expired = EXCLUDED.bonus_expired, revoked = EXCLUDED.revoked,
        debt = EXCLUDED.debt, updated_at = EXCLUDED.updated_at;
    INSERT INTO statement_rows SELECT * FROM jsonb_populate_recordset(NULL::statement_rows, statement);
    INSERT INTO job_rows SELECT * FROM jsonb_populate_recordset(NULL::job_rows, jobs)
    ON CONFLICT (shard, build, account, job) DO UPDATE SET
        state = EXCLUDED.state, attempt = EXCLUDED.attempt, failure = EXCLUDED.failure,
        waits_for = EXCLUDED.waits_for, waits_until = EXCLUDED.waits_until,
        updated_at = EXCLUDED.updated_at, ended_at = EXCLUDED.ended_at;
    RETURN true;
END $$;

-- Shows the build that was filled under the tracker `views/next`, once it has come as far as the one shown.
CREATE FUNCTION switch_views(to_shard integer) RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE tracking AS live SET build = next.build, position = next.position
    FROM tracking AS next
    WHERE live.shard = to_shard AND live.name = 'views' AND next.shard = to_shard AND next.name = 'views/next'
      AND live.position <= next.position;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM tracking WHERE shard = to_shard AND name = 'views/next';
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION write_views, switch_views FROM PUBLIC;
GRANT EXECUTE ON FUNCTION write_views, switch_views TO neurocards_application;
GRANT DELETE ON tracking TO neurocards_application;
GRANT SELECT, INSERT, UPDATE, DELETE ON balance_rows, statement_rows, job_rows TO neurocards_application;
GRANT SELECT ON balances, statement, jobs TO neurocards_application;
