-- What a visitor chose: the evidence. Rows are added and never changed; `seq` is the order of storing.
CREATE TABLE record (
    seq     INTEGER PRIMARY KEY,
    id      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    site    TEXT    NOT NULL,
    visitor BLOB    CHECK (visitor IS NULL OR length(visitor) = 16),
    made    INTEGER NOT NULL,           -- seconds since 1970, UTC
    act     TEXT    NOT NULL,
    granted TEXT    NOT NULL,           -- purpose ids, parted by one space
    refused TEXT    NOT NULL,
    policy  BLOB    NOT NULL CHECK (length(policy) = 8),
    lang    TEXT,
    regime  TEXT    NOT NULL,
    gpc     INTEGER NOT NULL CHECK (gpc IN (0, 1)),
    mode    TEXT    NOT NULL,
    late    INTEGER NOT NULL CHECK (late IN (0, 1))
) STRICT;
CREATE INDEX record_by_time ON record (site, made);

-- What visitors were shown, by the SHA-256 of its bytes.
CREATE TABLE content (
    kind  TEXT NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    bytes BLOB NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT;

-- Counts without anybody in them: per site, UTC day and policy version.
CREATE TABLE tally (
    site   TEXT    NOT NULL,
    day    INTEGER NOT NULL,            -- days since 1970
    policy BLOB    NOT NULL CHECK (length(policy) = 8),
    kind   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (site, day, policy, kind, name)
) STRICT, WITHOUT ROWID;

-- What a site's traffic was seen to set. There is no column for a value.
CREATE TABLE seen (
    site        TEXT    NOT NULL,
    key         TEXT    NOT NULL,       -- a rule's pattern, or an unknown name with its numbers folded
    domain      TEXT    NOT NULL,       -- '' where the cookie is of the host alone
    path        TEXT    NOT NULL,
    partitioned INTEGER NOT NULL CHECK (partitioned IN (0, 1)),
    seen_in     TEXT    NOT NULL CHECK (seen_in IN ('response', 'request')),
    secure      INTEGER NOT NULL CHECK (secure IN (0, 1)),
    http_only   INTEGER NOT NULL CHECK (http_only IN (0, 1)),
    same_site   TEXT    NOT NULL,
    declared    INTEGER,                -- seconds, 0 until the browser closes, NULL where nobody declares it
    lifetime    INTEGER NOT NULL,       -- the longest seen, in seconds, 0 until the browser closes
    purpose     TEXT,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (site, key, domain, path, partitioned, seen_in)
) STRICT, WITHOUT ROWID;
