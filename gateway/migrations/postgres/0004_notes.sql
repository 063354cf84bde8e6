-- What analysts noted about a day of a site. The same words about the same day are one note: its id is of its content.
CREATE TABLE note (
    site  text    NOT NULL,
    id    bigint  NOT NULL,
    day   integer NOT NULL,                                   -- days since 1970, by the site's calendar
    words text    NOT NULL,
    PRIMARY KEY (site, id)
);
CREATE INDEX note_by_day ON note (day);
