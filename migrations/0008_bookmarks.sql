-- How far something outside was read: the messenger's account of Stars, for one. By name; there are few.

CREATE TABLE bookmarks (
    name   text   COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL,

    CONSTRAINT a_bookmark_counts CHECK (number >= 0)
);

GRANT SELECT, INSERT, UPDATE ON bookmarks TO neurocards_application;
