-- Which words of the owner's a choice was made under: the first eight bytes of the hash of a content row of kind 'words'.
ALTER TABLE record ADD COLUMN words BLOB CHECK (words IS NULL OR length(words) = 8);
