-- The last day on which a content was shown or in force (days since 1970): it goes once no record can name it any more.
ALTER TABLE content ADD COLUMN last bigint NOT NULL DEFAULT 0;
UPDATE content SET last = extract(epoch FROM now())::bigint / 86400;

-- What a site's pages and answers were seen to have beside cookies, by group of pages. There is no column for a value, a query or a visitor.
CREATE TABLE met (
    site       text   NOT NULL,
    kind       text   NOT NULL,             -- 'host', 'storage', ...
    name       text   NOT NULL,             -- a host, a key with its numbers folded, a reason
    page       text   NOT NULL,             -- the pages' first folder, with its numbers folded
    purpose    text,                        -- of its rule; NULL where nobody speaks of it
    first_seen bigint NOT NULL,
    last_seen  bigint NOT NULL,
    count      bigint NOT NULL,
    PRIMARY KEY (site, kind, name, page)
);
