-- What people are still to be told of their orders: a to-do list, an order a row. Not a fold: it starts at the present.
--
-- The feedback of a shard follows its log. Orders that something happened to are noted here, together with how far the
-- log was read (`tracking`, name `feedback`): so after a crash nothing is missed and nothing is noted twice. What was
-- said is kept beside it, because saying it again would be a second message. A row stays when all was told: a video
-- may come hours after the end, and the failure before it must not be told once more. Rows are swept by age.

CREATE TABLE tellings (
    shard      integer     NOT NULL,
    account    bigint      NOT NULL,
    ordered_as text        COLLATE "C" NOT NULL, -- the order's id
    news       bigint      NOT NULL,             -- the position of the last event of the order that was noted
    news_at    timestamptz NOT NULL,             -- when that was recorded
    done       bigint      NOT NULL DEFAULT 0,   -- all was told of what happened up to this position
    told       jsonb       NOT NULL DEFAULT '{}',

    PRIMARY KEY (shard, account, ordered_as)
) WITH (fillfactor = 50);

-- For whoever takes the shard up: the orders that there is something to tell of.
CREATE INDEX open_tellings ON tellings (shard, account, ordered_as) WHERE done < news;

-- Takes the feedback of a shard from one position to a later one and notes the orders that something happened to
-- between, or returns false when it is not at that position any more: somebody else has moved it. Its commit does not
-- wait for the disk: what a crash takes back, notes and position together, is read from the log again.
CREATE FUNCTION note_tellings(
    to_shard integer, from_position bigint, to_position bigint,
    accounts bigint[], orders text[], positions bigint[], moments timestamptz[]
) RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE tracking SET position = to_position
    WHERE shard = to_shard AND name = 'feedback' AND position = from_position;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO tellings (shard, account, ordered_as, news, news_at)
    SELECT to_shard, noted.* FROM unnest(accounts, orders, positions, moments) AS noted
    ON CONFLICT (shard, account, ordered_as) DO UPDATE SET news = EXCLUDED.news, news_at = EXCLUDED.news_at;
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION note_tellings FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_tellings TO neurocards_application;
GRANT SELECT, INSERT, UPDATE, DELETE ON tellings TO neurocards_application;
