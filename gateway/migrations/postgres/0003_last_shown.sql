-- The last day on which a content was shown or in force (days since 1970): it goes once no record can name it any more.
ALTER TABLE content ADD COLUMN last bigint NOT NULL DEFAULT 0;
UPDATE content SET last = extract(epoch FROM now())::bigint / 86400;
