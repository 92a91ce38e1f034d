-- A plugin that was installed from a package stays in that version when the program brings another with it.
alter table plugins add column is_packaged integer not null default 0;
