-- The users of directory.c:  sqlite3 users.db <directory.sql
CREATE TABLE user (
    domain TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL,
    -- As the switch's a1-hash: md5 of name:domain:password, so that no password is stored.
    a1_hash TEXT NOT NULL,
    -- The context of the dialplan that the user's calls are in.
    context TEXT NOT NULL DEFAULT 'default',
    PRIMARY KEY (domain, name)
) WITHOUT ROWID;
