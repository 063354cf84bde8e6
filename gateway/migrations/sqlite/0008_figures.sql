-- What was counted, without anybody in it. Each dimension is counted for itself: there is no row that crosses two. `figure_…` has a
-- row for each value, `purpose_…` one more for each purpose of it. Hours go after some weeks, days by the policy's own table.

CREATE TABLE figure_hour (
    site TEXT NOT NULL,               -- '' for all sites together
    dimension TEXT NOT NULL,          -- '' for everything; else what value is of
    at INTEGER NOT NULL,              -- hours since 1970 of the site's own clock
    value TEXT NOT NULL,
    pages INTEGER NOT NULL,           -- pages that people were shown
    decided INTEGER NOT NULL,         -- of these: there was a decision, and it was acted on
    visits INTEGER NOT NULL,          -- pages by which people entered
    owed INTEGER NOT NULL,            -- pages that owed a banner
    visits_owed INTEGER NOT NULL,     -- visits whose first page did
    rendered INTEGER NOT NULL,        -- banners that their script showed
    gpc INTEGER NOT NULL,             -- pages with Sec-GPC: 1
    visits_gpc INTEGER NOT NULL,      -- visits with it
    ahead INTEGER NOT NULL,           -- pages fetched ahead
    bots INTEGER NOT NULL,            -- pages for known programs
    answers INTEGER NOT NULL,         -- choices while one was owed
    first INTEGER NOT NULL,           -- of these: the first ones
    renewed INTEGER NOT NULL,         -- of these: given anew
    plain INTEGER NOT NULL,           -- of these: by the form without script
    agreed INTEGER NOT NULL,          -- of these: with something granted
    accept_all INTEGER NOT NULL,      -- of these, by act
    refuse_all INTEGER NOT NULL,
    custom INTEGER NOT NULL,
    ask_each_time INTEGER NOT NULL,
    changes INTEGER NOT NULL,         -- choices while none was owed
    taken_back INTEGER NOT NULL,      -- of these: with something taken back
    withdrawn INTEGER NOT NULL,       -- by the act withdraw
    single INTEGER NOT NULL,          -- about one cookie or service
    guardian INTEGER NOT NULL,        -- guardians' consent taken up
    imported INTEGER NOT NULL,        -- taken over from another tool
    within_2 INTEGER NOT NULL,        -- answers by the seconds they took
    within_5 INTEGER NOT NULL,
    within_10 INTEGER NOT NULL,
    within_30 INTEGER NOT NULL,
    within_60 INTEGER NOT NULL,
    within_300 INTEGER NOT NULL,
    later INTEGER NOT NULL,
    PRIMARY KEY (site, dimension, at, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE purpose_hour (
    site TEXT NOT NULL,               -- '' for all sites together
    dimension TEXT NOT NULL,          -- '' for everything; else what value is of
    at INTEGER NOT NULL,              -- hours since 1970 of the site's own clock
    value TEXT NOT NULL,
    purpose TEXT NOT NULL,
    seen INTEGER NOT NULL,            -- page views on which it was granted
    granted INTEGER NOT NULL,         -- answers that granted it
    refused INTEGER NOT NULL,         -- answers that refused it
    gained INTEGER NOT NULL,          -- changes that granted it
    lost INTEGER NOT NULL,            -- changes that took it back
    PRIMARY KEY (site, dimension, at, value, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE figure_day (
    site TEXT NOT NULL,               -- '' for all sites together
    dimension TEXT NOT NULL,          -- '' for everything; else what value is of
    at INTEGER NOT NULL,              -- days since 1970 of the site's own clock
    value TEXT NOT NULL,
    pages INTEGER NOT NULL,           -- pages that people were shown
    decided INTEGER NOT NULL,         -- of these: there was a decision, and it was acted on
    visits INTEGER NOT NULL,          -- pages by which people entered
    owed INTEGER NOT NULL,            -- pages that owed a banner
    visits_owed INTEGER NOT NULL,     -- visits whose first page did
    rendered INTEGER NOT NULL,        -- banners that their script showed
    gpc INTEGER NOT NULL,             -- pages with Sec-GPC: 1
    visits_gpc INTEGER NOT NULL,      -- visits with it
    ahead INTEGER NOT NULL,           -- pages fetched ahead
    bots INTEGER NOT NULL,            -- pages for known programs
    answers INTEGER NOT NULL,         -- choices while one was owed
    first INTEGER NOT NULL,           -- of these: the first ones
    renewed INTEGER NOT NULL,         -- of these: given anew
    plain INTEGER NOT NULL,           -- of these: by the form without script
    agreed INTEGER NOT NULL,          -- of these: with something granted
    accept_all INTEGER NOT NULL,      -- of these, by act
    refuse_all INTEGER NOT NULL,
    custom INTEGER NOT NULL,
    ask_each_time INTEGER NOT NULL,
    changes INTEGER NOT NULL,         -- choices while none was owed
    taken_back INTEGER NOT NULL,      -- of these: with something taken back
    withdrawn INTEGER NOT NULL,       -- by the act withdraw
    single INTEGER NOT NULL,          -- about one cookie or service
    guardian INTEGER NOT NULL,        -- guardians' consent taken up
    imported INTEGER NOT NULL,        -- taken over from another tool
    within_2 INTEGER NOT NULL,        -- answers by the seconds they took
    within_5 INTEGER NOT NULL,
    within_10 INTEGER NOT NULL,
    within_30 INTEGER NOT NULL,
    within_60 INTEGER NOT NULL,
    within_300 INTEGER NOT NULL,
    later INTEGER NOT NULL,
    PRIMARY KEY (site, dimension, at, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE purpose_day (
    site TEXT NOT NULL,               -- '' for all sites together
    dimension TEXT NOT NULL,          -- '' for everything; else what value is of
    at INTEGER NOT NULL,              -- days since 1970 of the site's own clock
    value TEXT NOT NULL,
    purpose TEXT NOT NULL,
    seen INTEGER NOT NULL,            -- page views on which it was granted
    granted INTEGER NOT NULL,         -- answers that granted it
    refused INTEGER NOT NULL,         -- answers that refused it
    gained INTEGER NOT NULL,          -- changes that granted it
    lost INTEGER NOT NULL,            -- changes that took it back
    PRIMARY KEY (site, dimension, at, value, purpose)
) STRICT, WITHOUT ROWID;

-- Times in which a gateway counted, a row for each time one ran: from its beginning up to what it stored last. What no row covers, nobody
-- counted.
CREATE TABLE run (
    id    BLOB PRIMARY KEY CHECK (length(id) = 16),
    began INTEGER NOT NULL,           -- seconds since 1970, UTC
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Days that were counted before, by site and by policy. How many answered was not told apart from who changed their mind, so that `answers`
-- stays 0 there: no rate is made of it.
INSERT INTO figure_day
    SELECT site, '', day, '',
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'visit' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'owed' THEN count END), 0),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'gpc' THEN count END), 0),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'accept_all' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'refuse_all' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'custom' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'ask_each_time' THEN count END), 0),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'withdraw' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'single' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'guardian' THEN count END), 0),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
    FROM tally GROUP BY site, day;
INSERT INTO purpose_day
    SELECT site, '', day, '', name, 0,
        coalesce(sum(CASE WHEN kind = 'granted' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'refused' THEN count END), 0), 0, 0
    FROM tally WHERE kind IN ('granted', 'refused') GROUP BY site, day, name;
INSERT INTO figure_day
    SELECT '', '', day, '',
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'visit' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'owed' THEN count END), 0),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'gpc' THEN count END), 0),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'accept_all' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'refuse_all' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'custom' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'ask_each_time' THEN count END), 0),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'withdraw' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'single' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'guardian' THEN count END), 0),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
    FROM tally GROUP BY day;
INSERT INTO purpose_day
    SELECT '', '', day, '', name, 0,
        coalesce(sum(CASE WHEN kind = 'granted' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'refused' THEN count END), 0), 0, 0
    FROM tally WHERE kind IN ('granted', 'refused') GROUP BY day, name;
INSERT INTO figure_day
    SELECT site, 'policy', day, lower(hex(policy)),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'visit' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'owed' THEN count END), 0),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'gpc' THEN count END), 0),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'accept_all' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'refuse_all' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'custom' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'ask_each_time' THEN count END), 0),
        0,
        0,
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'withdraw' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'single' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'act' AND name = 'guardian' THEN count END), 0),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
    FROM tally GROUP BY site, day, policy;
INSERT INTO purpose_day
    SELECT site, 'policy', day, lower(hex(policy)), name, 0,
        coalesce(sum(CASE WHEN kind = 'granted' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'refused' THEN count END), 0), 0, 0
    FROM tally WHERE kind IN ('granted', 'refused') GROUP BY site, day, policy, name;
INSERT INTO run
    SELECT zeroblob(16), min(day) * 86400, min((max(day) + 1) * 86400, unixepoch()) FROM tally HAVING count(*) > 0;
DROP TABLE tally;
