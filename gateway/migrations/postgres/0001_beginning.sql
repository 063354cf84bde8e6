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

-- Evidence of every kind in one form. What an entry says is closed under a key of its own, which is wrapped by a key in a file; no key lies
-- here, only the names of those files.
CREATE SEQUENCE entry_seq;
CREATE TABLE entry (
    site    text   NOT NULL,
    made    bigint NOT NULL,                                  -- seconds since 1970, UTC
    id      bytea  NOT NULL CHECK (octet_length(id) = 16),
    ends    bigint,                                           -- when it stops to hold by itself; NULL where nobody knows
    seq     bigint NOT NULL DEFAULT nextval('entry_seq'),     -- the order of storing, as far as gateways have one
    class   text   NOT NULL,
    subject bytea  CHECK (subject IS NULL OR octet_length(subject) = 16),
    leaf    bytea  NOT NULL CHECK (octet_length(leaf) = 32),
    key     bytea  NOT NULL CHECK (octet_length(key) = 16),   -- which file's key wraps
    wrapped bytea  NOT NULL,
    body    bytea  NOT NULL,
    PRIMARY KEY (site, made, id)
) PARTITION BY RANGE (made);
CREATE INDEX entry_by_seq ON entry (seq);
CREATE INDEX entry_by_class ON entry (site, class, made);
CREATE INDEX entry_by_subject ON entry (site, subject) WHERE subject IS NOT NULL;
CREATE INDEX entry_by_key ON entry (key);
CREATE TABLE entry_default PARTITION OF entry DEFAULT;

-- Which ids are taken, and in which month their entries lie: a key of a partitioned table can't say that an id is stored once.
CREATE TABLE named (
    site text   NOT NULL,
    id   bytea  NOT NULL CHECK (octet_length(id) = 16),
    made bigint NOT NULL,
    PRIMARY KEY (site, id)
);
CREATE INDEX named_by_id ON named (id);

-- Leaves that are stored and wait for their place in the log: written by gateways that did not have the log in hand.
CREATE TABLE unnumbered (
    site text   NOT NULL,
    seq  bigint NOT NULL,
    id   bytea  NOT NULL,
    leaf bytea  NOT NULL,
    PRIMARY KEY (site, seq)
);
CREATE INDEX unnumbered_by_seq ON unnumbered (seq);

-- The places of entries in the log.
CREATE TABLE numbered (
    site  text   NOT NULL,
    id    bytea  NOT NULL,
    place bigint NOT NULL,
    PRIMARY KEY (site, id)
);

-- The log: hashes of complete subtrees (RFC 9162). One for all sites; a row is never changed.
CREATE TABLE node (
    level smallint NOT NULL,                                  -- 0 for a leaf
    place bigint   NOT NULL,
    hash  bytea    NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, place)
);

-- Signed heads of it.
CREATE TABLE head (
    size      bigint PRIMARY KEY,
    made      bigint NOT NULL,
    root      bytea  NOT NULL CHECK (octet_length(root) = 32),
    key       bytea  NOT NULL CHECK (octet_length(key) = 8),
    signature bytea  NOT NULL CHECK (octet_length(signature) = 64)
);

-- Keys under which something was destroyed: the others that they wrap are wrapped anew, then they go.
CREATE TABLE spent (
    key bytea PRIMARY KEY CHECK (octet_length(key) = 16)
);

-- What is in force, by its ids: gateways look here whether they run the same. Never a key itself.
CREATE TABLE in_force (
    site  text   NOT NULL,                                    -- '' for what all sites share
    what  text   NOT NULL,
    id    text   NOT NULL,
    since bigint NOT NULL,
    PRIMARY KEY (site, what)
);
