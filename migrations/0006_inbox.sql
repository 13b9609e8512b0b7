-- What the messenger has told us, kept before it hears that we have it, and the dialogues that this belongs to.
--
-- An update is handled once in effect: its appends are idempotent, and everything else that it changes, the dialogue
-- and the replies, is written together with `handled_at`, only if that is not there yet. Replies are said after that,
-- so a crash in between repeats them at most. Handled updates are empty, and are deleted after a week.

CREATE TABLE inbox (
    shard       integer     NOT NULL,
    bot         bigint      NOT NULL,
    update_id   bigint      NOT NULL,
    place       bigint      GENERATED ALWAYS AS IDENTITY, -- in the order of arrival
    account     bigint      NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    content     text,        -- the update's JSON until it is handled
    attempts    integer     NOT NULL DEFAULT 0, -- at handling it, that failed
    failure     text,        -- what the last of them failed with
    handled_at  timestamptz,
    replies     text,        -- a JSON array of what is still to be said
    done_at     timestamptz,

    -- An update that comes again adds nothing. Their ids may start over at random, so a later one can be smaller.
    PRIMARY KEY (shard, bot, update_id),
    CONSTRAINT an_update_waits_with_its_content CHECK ((handled_at IS NULL) = (content IS NOT NULL)),
    CONSTRAINT nothing_is_said_before_it_is_handled CHECK (replies IS NULL OR handled_at IS NOT NULL),
    CONSTRAINT whoever_is_done_is_empty CHECK (done_at IS NULL OR (handled_at IS NOT NULL AND replies IS NULL))
);

CREATE INDEX waiting_updates ON inbox (shard, place) WHERE done_at IS NULL;
CREATE INDEX done_updates ON inbox (shard, done_at) WHERE done_at IS NOT NULL;

CREATE TABLE conversations (
    shard      integer     NOT NULL,
    bot        bigint      NOT NULL,
    account    bigint      NOT NULL,
    language   text,        -- NULL: not known yet
    content    text        NOT NULL, -- JSON
    updated_at timestamptz NOT NULL,

    PRIMARY KEY (shard, bot, account)
);

-- Marks updates of a shard as handled, those that are not yet, keeps their dialogues and replies, and returns their ids.
-- Of one account there is at most one among them.
CREATE FUNCTION finish_updates(of_shard integer, of_bot bigint, finished jsonb) RETURNS SETOF bigint
LANGUAGE sql SET search_path = public, pg_temp AS $$
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(finished)
            AS g (update_id bigint, account bigint, language text, conversation text, replies text, failure text)
    ), marked AS (
        UPDATE inbox SET content = NULL, handled_at = clock_timestamp(), replies = given.replies,
            failure = coalesce(given.failure, inbox.failure),
            done_at = CASE WHEN given.replies IS NULL THEN clock_timestamp() END
        FROM given
        WHERE inbox.shard = of_shard AND inbox.bot = of_bot AND inbox.update_id = given.update_id
          AND inbox.handled_at IS NULL
        RETURNING inbox.update_id
    ), kept AS (
        INSERT INTO conversations AS c (shard, bot, account, language, content, updated_at)
        SELECT of_shard, of_bot, given.account, given.language, given.conversation, clock_timestamp()
        FROM given JOIN marked USING (update_id) WHERE given.conversation IS NOT NULL
        ON CONFLICT (shard, bot, account) DO UPDATE SET
            language = EXCLUDED.language, content = EXCLUDED.content, updated_at = EXCLUDED.updated_at
        WHERE (c.language, c.content) IS DISTINCT FROM (EXCLUDED.language, EXCLUDED.content)
    )
    SELECT update_id FROM marked
$$;

REVOKE ALL ON FUNCTION finish_updates FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_updates TO neurocards_application;
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox, conversations TO neurocards_application;
