-- What was counted, without anybody in it. Each dimension is counted for itself: there is no row that crosses two. `figure_…` has a
-- row for each value, `purpose_…` one more for each purpose of it. Hours go after some weeks, days by the policy's own table.

CREATE TABLE figure_hour (
    site text COLLATE "C" NOT NULL, -- '' for all sites together
    dimension text COLLATE "C" NOT NULL, -- '' for everything; else what value is of
    at bigint NOT NULL,               -- hours since 1970 of the site's own clock
    value text COLLATE "C" NOT NULL,
    pages bigint NOT NULL,            -- pages that people were shown
    decided bigint NOT NULL,          -- of these: there was a decision, and it was acted on
    visits bigint NOT NULL,           -- pages by which people entered
    owed bigint NOT NULL,             -- pages that owed a banner
    visits_owed bigint NOT NULL,      -- visits whose first page did
    rendered bigint NOT NULL,         -- banners that their script showed
    gpc bigint NOT NULL,              -- pages with Sec-GPC: 1
    visits_gpc bigint NOT NULL,       -- visits with it
    ahead bigint NOT NULL,            -- pages fetched ahead
    bots bigint NOT NULL,             -- pages for known programs
    answers bigint NOT NULL,          -- choices while one was owed
    first bigint NOT NULL,            -- of these: the first ones
    renewed bigint NOT NULL,          -- of these: given anew
    plain bigint NOT NULL,            -- of these: by the form without script
    agreed bigint NOT NULL,           -- of these: with something granted
    accept_all bigint NOT NULL,       -- of these, by act
    refuse_all bigint NOT NULL,
    custom bigint NOT NULL,
    ask_each_time bigint NOT NULL,
    changes bigint NOT NULL,          -- choices while none was owed
    taken_back bigint NOT NULL,       -- of these: with something taken back
    withdrawn bigint NOT NULL,        -- by the act withdraw
    single bigint NOT NULL,           -- about one cookie or service
    guardian bigint NOT NULL,         -- guardians' consent taken up
    imported bigint NOT NULL,         -- taken over from another tool
    within_2 bigint NOT NULL,         -- answers by the seconds they took
    within_5 bigint NOT NULL,
    within_10 bigint NOT NULL,
    within_30 bigint NOT NULL,
    within_60 bigint NOT NULL,
    within_300 bigint NOT NULL,
    later bigint NOT NULL,
    PRIMARY KEY (site, dimension, at, value)
);

CREATE TABLE purpose_hour (
    site text COLLATE "C" NOT NULL, -- '' for all sites together
    dimension text COLLATE "C" NOT NULL, -- '' for everything; else what value is of
    at bigint NOT NULL,               -- hours since 1970 of the site's own clock
    value text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    seen bigint NOT NULL,             -- page views on which it was granted
    granted bigint NOT NULL,          -- answers that granted it
    refused bigint NOT NULL,          -- answers that refused it
    gained bigint NOT NULL,           -- changes that granted it
    lost bigint NOT NULL,             -- changes that took it back
    PRIMARY KEY (site, dimension, at, value, purpose)
);

CREATE TABLE figure_day (
    site text COLLATE "C" NOT NULL, -- '' for all sites together
    dimension text COLLATE "C" NOT NULL, -- '' for everything; else what value is of
    at bigint NOT NULL,               -- days since 1970 of the site's own clock
    value text COLLATE "C" NOT NULL,
    pages bigint NOT NULL,            -- pages that people were shown
    decided bigint NOT NULL,          -- of these: there was a decision, and it was acted on
    visits bigint NOT NULL,           -- pages by which people entered
    owed bigint NOT NULL,             -- pages that owed a banner
    visits_owed bigint NOT NULL,      -- visits whose first page did
    rendered bigint NOT NULL,         -- banners that their script showed
    gpc bigint NOT NULL,              -- pages with Sec-GPC: 1
    visits_gpc bigint NOT NULL,       -- visits with it
    ahead bigint NOT NULL,            -- pages fetched ahead
    bots bigint NOT NULL,             -- pages for known programs
    answers bigint NOT NULL,          -- choices while one was owed
    first bigint NOT NULL,            -- of these: the first ones
    renewed bigint NOT NULL,          -- of these: given anew
    plain bigint NOT NULL,            -- of these: by the form without script
    agreed bigint NOT NULL,           -- of these: with something granted
    accept_all bigint NOT NULL,       -- of these, by act
    refuse_all bigint NOT NULL,
    custom bigint NOT NULL,
    ask_each_time bigint NOT NULL,
    changes bigint NOT NULL,          -- choices while none was owed
    taken_back bigint NOT NULL,       -- of these: with something taken back
    withdrawn bigint NOT NULL,        -- by the act withdraw
    single bigint NOT NULL,           -- about one cookie or service
    guardian bigint NOT NULL,         -- guardians' consent taken up
    imported bigint NOT NULL,         -- taken over from another tool
    within_2 bigint NOT NULL,         -- answers by the seconds they took
    within_5 bigint NOT NULL,
    within_10 bigint NOT NULL,
    within_30 bigint NOT NULL,
    within_60 bigint NOT NULL,
    within_300 bigint NOT NULL,
    later bigint NOT NULL,
    PRIMARY KEY (site, dimension, at, value)
);

CREATE TABLE purpose_day (
    site text COLLATE "C" NOT NULL, -- '' for all sites together
    dimension text COLLATE "C" NOT NULL, -- '' for everything; else what value is of
    at bigint NOT NULL,               -- days since 1970 of the site's own clock
    value text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    seen bigint NOT NULL,             -- page views on which it was granted
    granted bigint NOT NULL,          -- answers that granted it
    refused bigint NOT NULL,          -- answers that refused it
    gained bigint NOT NULL,           -- changes that granted it
    lost bigint NOT NULL,             -- changes that took it back
    PRIMARY KEY (site, dimension, at, value, purpose)
);

-- Times in which a gateway counted, a row for each time one ran: from its beginning up to what it stored last. What no row covers, nobody
-- counted.
CREATE TABLE run (
    id    bytea PRIMARY KEY CHECK (octet_length(id) = 16),
    began bigint NOT NULL,            -- seconds since 1970, UTC
    until bigint NOT NULL
);

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
    SELECT site, 'policy', day, encode(policy, 'hex'),
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
    SELECT site, 'policy', day, encode(policy, 'hex'), name, 0,
        coalesce(sum(CASE WHEN kind = 'granted' THEN count END), 0),
        coalesce(sum(CASE WHEN kind = 'refused' THEN count END), 0), 0, 0
    FROM tally WHERE kind IN ('granted', 'refused') GROUP BY site, day, policy, name;
INSERT INTO run
    SELECT decode(repeat('00', 16), 'hex'), min(day)::bigint * 86400, least((max(day)::bigint + 1) * 86400, extract(epoch FROM now())::bigint) FROM tally HAVING count(*) > 0;
DROP TABLE tally;

-- For those who query this database themselves: the same with days and hours as such. What stands here is exact, and not for publishing:
-- what the gateway shows passes disclosure control first.
CREATE VIEW statistics_by_day AS SELECT site, date '1970-01-01' + at::integer AS day, dimension, value,
    pages, decided, visits, owed, visits_owed, rendered, gpc, visits_gpc, ahead, bots, answers, first,
    renewed, plain, agreed, accept_all, refuse_all, custom, ask_each_time, changes, taken_back, withdrawn,
    single, guardian, imported, within_2, within_5, within_10, within_30, within_60, within_300, later
    FROM figure_day WHERE site <> '';
CREATE VIEW statistics_by_hour AS SELECT site, timestamp '1970-01-01' + at * interval '1 hour' AS hour, dimension, value,
    pages, decided, visits, owed, visits_owed, rendered, gpc, visits_gpc, ahead, bots, answers, first,
    renewed, plain, agreed, accept_all, refuse_all, custom, ask_each_time, changes, taken_back, withdrawn,
    single, guardian, imported, within_2, within_5, within_10, within_30, within_60, within_300, later
    FROM figure_hour WHERE site <> '';
CREATE VIEW statistics_of_purposes_by_day AS SELECT site, date '1970-01-01' + at::integer AS day, dimension, value,
    purpose, seen, granted, refused, gained, lost FROM purpose_day WHERE site <> '';
CREATE VIEW statistics_of_purposes_by_hour AS SELECT site, timestamp '1970-01-01' + at * interval '1 hour' AS hour, dimension,
    value, purpose, seen, granted, refused, gained, lost FROM purpose_hour WHERE site <> '';
CREATE VIEW statistics_gaps AS SELECT to_timestamp(reached) AS began, to_timestamp(next) AS ended FROM (
        SELECT max(until) OVER (ORDER BY began, id) AS reached, lead(began) OVER (ORDER BY began, id) AS next FROM run
    ) AS runs WHERE next > reached;
