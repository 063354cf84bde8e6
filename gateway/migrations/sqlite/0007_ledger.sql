-- Evidence of every kind in one form. What an entry says is closed under a key of its own, which is wrapped by a key in a file; its
-- leaf in the log outlasts it.
CREATE TABLE entry (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,                -- the order of storing
    id      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    site    TEXT    NOT NULL,
    class   TEXT    NOT NULL,
    subject BLOB    CHECK (subject IS NULL OR length(subject) = 16),
    made    INTEGER NOT NULL,                                 -- seconds since 1970, UTC
    ends    INTEGER,                                          -- when it stops to hold by itself; NULL where nobody knows
    leaf    BLOB    NOT NULL CHECK (length(leaf) = 32),
    place   INTEGER UNIQUE,                                   -- its leaf's in the log; NULL until it is numbered
    key     BLOB    NOT NULL CHECK (length(key) = 16),        -- which file's key wraps
    wrapped BLOB    NOT NULL,
    body    BLOB    NOT NULL
) STRICT;
CREATE INDEX entry_by_time ON entry (site, class, made);
CREATE INDEX entry_by_subject ON entry (site, subject) WHERE subject IS NOT NULL;
CREATE INDEX entry_by_key ON entry (key);

-- The log: hashes of complete subtrees (RFC 9162). A row is never changed.
CREATE TABLE node (
    level INTEGER NOT NULL,                                   -- 0 for a leaf
    place INTEGER NOT NULL,
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

-- Signed heads of it.
CREATE TABLE head (
    size      INTEGER PRIMARY KEY,
    made      INTEGER NOT NULL,
    root      BLOB    NOT NULL CHECK (length(root) = 32),
    key       BLOB    NOT NULL CHECK (length(key) = 8),
    signature BLOB    NOT NULL CHECK (length(signature) = 64)
) STRICT;

-- Keys under which something was destroyed: the others that they wrap are wrapped anew, then they go.
CREATE TABLE spent (
    key BLOB PRIMARY KEY CHECK (length(key) = 16)
) STRICT, WITHOUT ROWID;
