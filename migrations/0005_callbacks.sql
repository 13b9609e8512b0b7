-- What KIE has called back about: which task belongs to a job's request. Kept until the job is through with it, because
-- the answer to the request may have been lost. Hints: KIE is asked before anything is done about one.

CREATE TABLE kie_callbacks (
    shard       integer     NOT NULL,
    account     bigint      NOT NULL,
    job         text        COLLATE "C" NOT NULL,
    number      integer     NOT NULL, -- of the request, as in `KieTaskRequested`
    task        text        COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    -- A callback that is repeated adds nothing.
    PRIMARY KEY (shard, account, job, number, task),
    CONSTRAINT requests_are_numbered_from_one CHECK (number >= 1)
);

GRANT SELECT, INSERT, DELETE ON kie_callbacks TO neurocards_application;
