-- The users of directory.c:  sqlite3 users.db <directory.sql
CREATE TABLE user (
    domain TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL,
    -- The switch's a1-hash, which is the MD5 of name:domain:password: no password is stored.
    a1_hash TEXT NOT NULL,
    -- The dialplan context of the user's calls.
    context TEXT NOT NULL DEFAULT 'default',
    PRIMARY KEY (domain, name)
) WITHOUT ROWID;
