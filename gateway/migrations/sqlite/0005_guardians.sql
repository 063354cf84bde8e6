-- Who said what a record holds, and on which ground where it was somebody else than the visitor.
ALTER TABLE record ADD COLUMN speaker TEXT NOT NULL DEFAULT 'visitor';
ALTER TABLE record ADD COLUMN ground TEXT;

-- What guardians agreed to, by the code that a visitor's browser was given: the browser finds its grant by it. A code serves once.
CREATE TABLE agreement (
    site      TEXT    NOT NULL,
    reference BLOB    NOT NULL CHECK (length(reference) = 10),
    record    BLOB    NOT NULL CHECK (length(record) = 16),
    made      INTEGER NOT NULL,         -- seconds since 1970, UTC
    PRIMARY KEY (site, reference)
) STRICT, WITHOUT ROWID;
