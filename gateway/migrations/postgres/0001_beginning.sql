-- The tables of `migrations/sqlite`, for many gateways at once. Everything lies in one schema, `consent_gateway`. Tables that grow with
-- visitors are partitioned by month; what is of no month's partition lies in the default one until then.

-- What visitors were shown, by the SHA-256 of its bytes. (Of no site: a reference table where the others are sharded.)
CREATE TABLE content (
    kind  text  NOT NULL,
    hash  bytea NOT NULL CHECK (octet_length(hash) = 32),
    bytes bytea NOT NULL,
    PRIMARY KEY (kind, hash)
);

-- Counts without anybody in them: per site, UTC day and policy version.
CREATE TABLE tally (
    site   text    NOT NULL,
    day    integer NOT NULL,            -- days since 1970
    policy bytea   NOT NULL CHECK (octet_length(policy) = 8),
    kind   text    NOT NULL,
    name   text    NOT NULL,
    count  bigint  NOT NULL,
    PRIMARY KEY (site, day, policy, kind, name)
) PARTITION BY RANGE (day);
CREATE TABLE tally_default PARTITION OF tally DEFAULT;

-- What a site's traffic was seen to set. There is no column for a value.
CREATE TABLE seen (
    site        text    NOT NULL,
    key         text    NOT NULL,       -- a rule's pattern, or an unknown name with its numbers folded
    domain      text    NOT NULL,       -- '' where the cookie is of the host alone
    path        text    NOT NULL,
    partitioned boolean NOT NULL,
    seen_in     text    NOT NULL CHECK (seen_in IN ('response', 'request')),
    secure      boolean NOT NULL,
    http_only   boolean NOT NULL,
    same_site   text    NOT NULL,
    declared    bigint,                 -- seconds, 0 until the browser closes, NULL where nobody declares it
    lifetime    bigint  NOT NULL,       -- the longest seen, in seconds, 0 until the browser closes
    purpose     text,
    first_seen  bigint  NOT NULL,
    last_seen   bigint  NOT NULL,
    count       bigint  NOT NULL,
    returned    bigint  NOT NULL,
    PRIMARY KEY (site, key, domain, path, partitioned, seen_in)
);

-- Choices of which a site's receivers are still to be told. A row is written with its record and goes when its receiver has it.
CREATE SEQUENCE outbox_seq;
CREATE TABLE outbox (
    site     text    NOT NULL,
    seq      bigint  NOT NULL DEFAULT nextval('outbox_seq'),
    receiver bytea   NOT NULL CHECK (octet_length(receiver) = 8),   -- part of the hash of its site and address
    record   bytea   NOT NULL CHECK (octet_length(record) = 16),
    due      bigint  NOT NULL DEFAULT 0,                            -- seconds since 1970; not before then
    failures integer NOT NULL DEFAULT 0,                            -- how often it was sent and not taken
    since    bigint,                                                -- since when it is known to wait
    holder   bigint  NOT NULL DEFAULT 0,                            -- the gateway that sends it,
    held     bigint  NOT NULL DEFAULT 0,                            -- until then; afterwards any other may
    PRIMARY KEY (site, seq)
);
CREATE INDEX outbox_by_receiver ON outbox (receiver, due, seq);
CREATE INDEX outbox_by_seq ON outbox (seq);

-- What guardians agreed to, by the code that a visitor's browser was given: the browser finds its grant by it. A code serves once.
CREATE TABLE agreement (
    site      text   NOT NULL,
    reference bytea  NOT NULL CHECK (octet_length(reference) = 10),
    record    bytea  NOT NULL CHECK (octet_length(record) = 16),
    made      bigint NOT NULL,          -- seconds since 1970, UTC
    PRIMARY KEY (site, reference)
);
CREATE INDEX agreement_by_time ON agreement (made);
