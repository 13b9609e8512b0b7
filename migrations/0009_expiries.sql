-- When credits end: a to-do list, a moment of an account a row. A lot ends by time alone, and the log hears of it only
-- from whoever looks; so the moments at which lots end are noted, and looked at when they have come.
--
-- They are noted before the position up to which the log was read (`tracking`, name `expiring`): after a crash some are
-- noted again, and none is missed. A row goes when its credits have ended, or were found spent.

CREATE TABLE expiries (
    shard   integer     NOT NULL,
    account bigint      NOT NULL,
    ends_at timestamptz NOT NULL,
    noted   bigint      NOT NULL, -- the position of the last event that says so

    -- In the order in which they come due.
    PRIMARY KEY (shard, ends_at, account)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON expiries TO neurocards_application;
