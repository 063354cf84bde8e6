-- What analysts noted about a day of a site. The same words about the same day are one note: its id is of its content.
CREATE TABLE note (
    site  TEXT    NOT NULL,
    id    INTEGER NOT NULL,
    day   INTEGER NOT NULL,                                   -- days since 1970, by the site's calendar
    words TEXT    NOT NULL,
    PRIMARY KEY (site, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX note_by_day ON note (day);
