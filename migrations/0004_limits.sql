-- What all workers share about the services outside: rates, and who rests. The one table without shards: a row is a
-- service's account, a key or a model, and there are few.
--
-- A rate is kept as one moment, `paid_until`: each turn takes 1 / rate seconds, and all turns given so far have taken
-- up the time until then. A turn may be taken up to `burst` turns ahead of the clock. So in any t seconds all
-- workers together get at most burst + rate * t turns.

CREATE TABLE limits (
    name        text        COLLATE "C" PRIMARY KEY,
    paid_until  timestamptz NOT NULL DEFAULT 'epoch',
    reason      text,        -- why it rests; NULL: it does not, or it has been woken
    rests_until timestamptz, -- NULL with a reason: until somebody wakes it

    -- Whoever rests says why.
    CONSTRAINT a_rest_has_a_reason CHECK (reason IS NOT NULL OR rests_until IS NULL)
) WITH (fillfactor = 20);

-- Takes up to `wanted` turns of a rate, as many as are due now: `granted`. When none is, `wait_s` is how long until one
-- will be. The row's lock puts all workers' calls in a line; the clock is the server's, read under the lock. A clock
-- that was set back, or a rate that was changed, costs at most one burst.
CREATE FUNCTION lease_turns(
    of_name text, burst integer, per_s double precision, wanted integer,
    OUT granted integer, OUT wait_s double precision
) LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    turn_us  CONSTANT bigint := ceil(1000000 / per_s);
    burst_us CONSTANT bigint := burst * turn_us;
    now_us   bigint;
    paid_us  bigint;
BEGIN
    INSERT INTO limits (name) VALUES (of_name) ON CONFLICT (name) DO NOTHING;
    SELECT extract(epoch FROM paid_until) * 1000000 INTO paid_us FROM limits WHERE name = of_name FOR UPDATE;
    now_us := extract(epoch FROM clock_timestamp()) * 1000000;
    paid_us := least(greatest(paid_us, now_us), now_us + burst_us);
    granted := least(wanted, (now_us + burst_us - paid_us) / turn_us);
    wait_s := CASE WHEN granted = 0 THEN (paid_us + turn_us - now_us - burst_us) / 1000000.0 ELSE 0 END;
    IF granted > 0 THEN
        UPDATE limits SET paid_until = 'epoch'::timestamptz + (paid_us + granted * turn_us) * interval '1 microsecond'
        WHERE name = of_name;
    END IF;
END $$;

REVOKE ALL ON FUNCTION lease_turns FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_turns TO neurocards_application;
GRANT SELECT, INSERT, UPDATE ON limits TO neurocards_application;
