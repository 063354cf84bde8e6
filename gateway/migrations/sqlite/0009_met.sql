-- The last day on which a content was shown or in force (days since 1970): it goes once no record can name it any more.
ALTER TABLE content ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
UPDATE content SET last = CAST(strftime('%s', 'now') AS INTEGER) / 86400;

-- What a site's pages and answers were seen to have beside cookies, by group of pages. There is no column for a value, a query or a visitor.
CREATE TABLE met (
    site       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,            -- 'host', 'storage', ...
    name       TEXT    NOT NULL,            -- a host, a key with its numbers folded, a reason
    page       TEXT    NOT NULL,            -- the pages' first folder, with its numbers folded
    purpose    TEXT,                        -- of its rule; NULL where nobody speaks of it
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (site, kind, name, page)
) STRICT, WITHOUT ROWID;
