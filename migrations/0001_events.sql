-- The log: events, the heads that order them, and the one function that may write either.
--
-- Why readers miss nothing: an append takes the next positions of its shard by updating the shard's row in `heads`,
-- and that row stays locked until the append commits. So within a shard positions become visible in the order in which
-- they were taken, without gaps: whoever asks for `position > n` sees every event after n that will ever be below the
-- highest one seen. A gap would be evidence of tampering.

CREATE TABLE events (
    shard       integer     NOT NULL,
    position    bigint      NOT NULL,
    stream      text        COLLATE "C" NOT NULL,
    version     bigint      NOT NULL,
    type        text        COLLATE "C" NOT NULL,
    event_id    uuid        NOT NULL,
    data        jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    command_id  text,   -- the command that led to it
    update_id   bigint, -- the Telegram update that led to the command
    cause_id    uuid,   -- the event that led to the command

    -- One event per position, and positions start at 1.
    PRIMARY KEY (shard, position),
    CONSTRAINT positions_start_at_one CHECK (position >= 1),

    -- One event per version of a stream, and versions start at 1.
    CONSTRAINT one_event_per_version UNIQUE (shard, stream, version),
    CONSTRAINT versions_start_at_one CHECK (version >= 1),

    -- Whoever settles a reservation says whose.
    CONSTRAINT a_settlement_names_its_job
        CHECK (type NOT IN ('CreditCaptured', 'CreditRefunded') OR coalesce(jsonb_typeof(data -> 'job') = 'string', false))
);

-- A job's reservation is settled once: captured or refunded, whatever the version of the second attempt.
CREATE UNIQUE INDEX settled_once ON events (shard, stream, (data ->> 'job'))
    WHERE type IN ('CreditCaptured', 'CreditRefunded');

-- What happened cannot be changed, by anybody.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what happened cannot be changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER events_cannot_be_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last position of each shard. The rows are made once: the number of shards never changes.
CREATE TABLE heads (
    shard integer PRIMARY KEY,
    head  bigint  NOT NULL,

    -- A head only counts events.
    CONSTRAINT heads_start_at_zero CHECK (head >= 0)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

CREATE TRIGGER heads_cannot_be_removed BEFORE DELETE OR TRUNCATE ON heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far each processor has come in each shard; `build` is the build of its rows that views show.
CREATE TABLE tracking (
    shard    integer NOT NULL,
    name     text    COLLATE "C" NOT NULL,
    position bigint  NOT NULL,
    build    integer NOT NULL DEFAULT 0,

    PRIMARY KEY (shard, name),
    CONSTRAINT positions_are_counted CHECK (position >= 0)
) WITH (fillfactor = 50);

-- The events of a batch of appends, in order: each is an array of what the columns of `events` are to hold.
CREATE FUNCTION events_of(batch jsonb) RETURNS TABLE (
    number bigint, stream text, version bigint, type text, event_id uuid, data jsonb,
    command_id text, update_id bigint, cause_id uuid
) LANGUAGE sql IMMUTABLE AS $$
    SELECT number, e ->> 0, (e ->> 1)::bigint, e ->> 2, (e ->> 3)::uuid, e -> 4,
           e ->> 5, (e ->> 6)::bigint, (e ->> 7)::uuid
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS listed (e, number)
$$;

-- Writes many appends of one shard, each as a whole or not at all, and answers each. An append is some events, all of
-- one owner's streams, and optionally a processor's position. It is refused when a stream is not exactly where the
-- append expects it, when its processor has been there before, or when an earlier append of its chain was refused.
--
--   at_once  whether the appends may be looked at all at once: each stream's versions follow each other, and no append
--            moves a processor
--   appends  an array for each: its chain, the processor whose position moves with it or null, that position, and the
--            number of its events; appends of one chain were decided one on the other
--   batch    the events of all of them, as `events_of` reads them: one document costs the client half of what arrays do
--
-- Returns the position before the first one written, and `answers`: NULL when every append was written in turn, else
-- one object per append, {"position": first} or {"stream": refused, "version": actual}. An append that lies in the log
-- already (the same event id at the same place: its caller lost the connection) is answered as written.
CREATE FUNCTION append_events(
    to_shard integer, at_once boolean, appends jsonb, batch jsonb, OUT before bigint, OUT answers jsonb
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    now_locked timestamptz;
    count_all  bigint := jsonb_array_length(batch);
BEGIN
    UPDATE heads SET head = head + count_all WHERE shard = to_shard RETURNING head - count_all INTO before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no shard %', to_shard USING ERRCODE = 'no_data_found';
    END IF;
    now_locked := clock_timestamp();

    IF at_once THEN
        PERFORM FROM (
            SELECT e.stream, min(e.version) AS first, max(e.version) AS last, count(*) AS count
            FROM events_of(batch) AS e
            GROUP BY e.stream
        ) AS wanted
        LEFT JOIN LATERAL (
            SELECT present.version FROM events AS present
            WHERE present.shard = to_shard AND present.stream = wanted.stream
            ORDER BY present.version DESC LIMIT 1
        ) AS present ON true
        WHERE wanted.first <> coalesce(present.version, 0) + 1 OR wanted.last - wanted.first + 1 <> wanted.count;
        IF NOT FOUND THEN
            INSERT INTO events
            SELECT to_shard, before + e.number, e.stream, e.version, e.type, e.event_id, e.data, now_locked,
                   e.command_id, e.update_id, e.cause_id
            FROM events_of(batch) AS e;
            RETURN;
        END IF;
    END IF;

    UPDATE heads SET head = before WHERE shard = to_shard;
    answers := append_one_by_one(to_shard, before, now_locked, appends, batch);
END $$;

-- The slow and plain half of `append_events`: each append is looked at by itself. The shard's head is locked.
CREATE FUNCTION append_one_by_one(
    to_shard integer, before bigint, now_locked timestamptz, appends jsonb, batch jsonb
) RETURNS jsonb LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    answers  jsonb := '[]';
    answer   jsonb;
    next     bigint := before + 1;
    low      integer;
    high     integer := 0;
    one      record;
    mine     jsonb;
    broken   text[] := '{}';
    is_new   boolean;
BEGIN
    FOR one IN
        SELECT a ->> 0 AS chain, a ->> 1 AS tracker, (a ->> 2)::bigint AS tracked, (a ->> 3)::integer AS count
        FROM jsonb_array_elements(appends) WITH ORDINALITY AS listed (a, number) ORDER BY number
    LOOP
        low := high + 1;
        high := high + one.count;
        mine := jsonb_path_query_array(batch, '$[$low to $high]', jsonb_build_object('low', low - 1, 'high', high - 1));

        answer := NULL;
        is_new := false;
        IF one.chain = ANY (broken) THEN
            answer := jsonb_build_object('stream', mine -> 0 -> 0, 'version', NULL);
        ELSE
            answer := append_answer(to_shard, next, mine);
            is_new := answer ->> 'position' = next::text;
        END IF;

        IF is_new AND one.tracker IS NOT NULL THEN
            INSERT INTO tracking AS t (shard, name, position) VALUES (to_shard, one.tracker, one.tracked)
            ON CONFLICT (shard, name) DO UPDATE SET position = EXCLUDED.position WHERE t.position < EXCLUDED.position;
            IF NOT FOUND THEN
                is_new := false;
                answer := jsonb_build_object('stream', 'tracking/' || one.tracker, 'version', one.tracked);
            END IF;
        END IF;

        IF is_new THEN
            INSERT INTO events
            SELECT to_shard, next - 1 + e.number, e.stream, e.version, e.type, e.event_id, e.data, now_locked,
                   e.command_id, e.update_id, e.cause_id
            FROM events_of(mine) AS e;
            next := next + one.count;
        ELSIF answer ? 'stream' THEN
            broken := broken || one.chain;
        END IF;
        answers := answers || jsonb_build_array(answer);
    END LOOP;
    UPDATE heads SET head = next - 1 WHERE shard = to_shard;
    RETURN answers;
END $$;

-- What an append of these events would be answered: {"position": next} when every stream is exactly where the events
-- expect it, {"position": its own} when it lies in the log already, else {"stream": ..., "version": actual}.
CREATE FUNCTION append_answer(to_shard integer, next bigint, batch jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    clash record;
    found_at bigint;
BEGIN
    SELECT wanted.stream, coalesce(present.version, 0) AS version INTO clash
    FROM (
        SELECT e.stream, e.version, e.number, lag(e.version) OVER (PARTITION BY e.stream ORDER BY e.number) AS before
        FROM events_of(batch) AS e
    ) AS wanted
    LEFT JOIN LATERAL (
        SELECT present.version FROM events AS present
        WHERE present.shard = to_shard AND present.stream = wanted.stream
        ORDER BY present.version DESC LIMIT 1
    ) AS present ON true
    WHERE wanted.version <> coalesce(wanted.before, present.version, 0) + 1
    ORDER BY wanted.number LIMIT 1;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('position', next);
    END IF;

    SELECT present.position INTO found_at FROM events_of(batch) AS e
    JOIN events AS present USING (stream, version, event_id)
    WHERE e.number = 1 AND present.shard = to_shard;
    IF FOUND THEN
        RETURN jsonb_build_object('position', found_at);
    END IF;
    RETURN jsonb_build_object('stream', clash.stream, 'version', clash.version);
END $$;

-- The right to read the log and to append to it, and no other. A program's own role becomes a member. Roles belong to
-- the server: another database may have made it before, or is making it now.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'neurocards_application') THEN
        CREATE ROLE neurocards_application NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
REVOKE ALL ON FUNCTION events_of, append_events, append_one_by_one, append_answer FROM PUBLIC;
GRANT SELECT ON events, heads TO neurocards_application;
GRANT SELECT, INSERT, UPDATE ON tracking TO neurocards_application;
GRANT EXECUTE ON FUNCTION append_events TO neurocards_application;
