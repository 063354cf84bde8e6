-- Choices of which a site's receivers are still to be told. A row is written with its record and goes when its receiver has it.
CREATE TABLE outbox (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,                -- never used twice: settling a row twice must hit no other
    receiver BLOB    NOT NULL CHECK (length(receiver) = 8),   -- part of the hash of its site and address
    record   BLOB    NOT NULL,
    due      INTEGER NOT NULL DEFAULT 0,                      -- seconds since 1970; not before then
    failures INTEGER NOT NULL DEFAULT 0,                      -- how often it was sent and not taken
    since    INTEGER                                          -- since when it is known to wait
) STRICT;
CREATE INDEX outbox_by_receiver ON outbox (receiver, due, seq);
