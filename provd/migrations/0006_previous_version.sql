-- The version of a plugin that ran before the one that runs, to which an administrator may return: version, folder,
-- is_packaged, as JSON.
alter table plugins add column previous text;
