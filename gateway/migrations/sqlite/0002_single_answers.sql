-- Single services and cookies that a choice allowed or refused within a purpose: names parted by one line feed.
ALTER TABLE record ADD COLUMN allowed_singly TEXT NOT NULL DEFAULT '';
ALTER TABLE record ADD COLUMN refused_singly TEXT NOT NULL DEFAULT '';

-- How often a name came although its visitor had refused it more than a minute before.
ALTER TABLE seen ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
