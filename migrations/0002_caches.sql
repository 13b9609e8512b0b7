-- What may be thrown away: snapshots, which are rebuilt from events, and the keys of personal texts, whose removal
-- makes the texts unreadable for good and leaves the books as they are.

CREATE TABLE snapshots (
    shard    integer NOT NULL,
    stream   text    COLLATE "C" NOT NULL,
    version  bigint  NOT NULL, -- of the last event folded in
    fold     integer NOT NULL, -- the version of the fold that made it; another fold ignores it
    state    jsonb   NOT NULL,

    PRIMARY KEY (shard, stream),
    CONSTRAINT a_snapshot_folds_something CHECK (version >= 1)
);

-- One key per owner, wrapped by the key that only the program holds (DATA_KEY).
CREATE TABLE personal_keys (
    shard      integer     NOT NULL,
    owner      text        COLLATE "C" NOT NULL,
    key_id     uuid        NOT NULL,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    PRIMARY KEY (shard, owner)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots TO neurocards_application;
GRANT SELECT, INSERT, DELETE ON personal_keys TO neurocards_application;
