-- Types are those that SQLite and PostgreSQL share, but for `blob`, which PostgreSQL calls `bytea`.
-- `seq` numbers records in the order they came; `revision` counts the changes of one. Times are microseconds since 1970.

create table configs (
    id text primary key not null,
    seq bigint not null,
    raw_config text not null,
    role text,
    transient boolean not null,
    deletable boolean,
    extra text not null,
    revision bigint not null
);

create index configs_by_seq on configs (seq);
create index configs_by_role on configs (role, seq);

-- A parent may be missing, and may come later: so it is no reference.
create table config_parents (
    config text not null references configs (id) on delete cascade,
    position bigint not null,
    parent text not null,
    primary key (config, position)
);

create index config_parents_by_parent on config_parents (parent, config);

-- Nor is the plugin or the config of a device: both may be named before they are there.
create table devices (
    id text primary key not null,
    seq bigint not null,
    mac text,
    sn text,
    uuid text,
    ip text,
    vendor text,
    model text,
    version text,
    plugin text,
    config text,
    configured boolean not null,
    last_error text,
    added text,
    tenant_uuid text,
    remote_state_sip_username text,
    extra text not null,
    trigger_path text,
    revision bigint not null
);

create index devices_by_seq on devices (seq);
create index devices_by_mac on devices (mac, seq);
create index devices_by_sn on devices (sn, seq);
create index devices_by_uuid on devices (uuid, seq);
create index devices_by_ip on devices (ip, seq);
create index devices_by_ip_without_mac on devices (ip, seq) where mac is null;
create index devices_by_plugin on devices (plugin, seq);
create index devices_by_config on devices (config, seq);

create table device_files (
    device text not null references devices (id) on delete cascade,
    canonical text not null,
    path text not null,
    content blob not null,
    media_type text,
    sensitive boolean not null,
    etag text not null,
    modified bigint not null,
    primary key (device, canonical)
);

create table common_files (
    plugin text not null,
    canonical text not null,
    path text not null,
    content blob not null,
    media_type text,
    sensitive boolean not null,
    etag text not null,
    modified bigint not null,
    primary key (plugin, canonical)
);

create table plugins (
    id text primary key not null,
    version text not null,
    folder text not null,
    quarantine text
);

-- `number` counts the crashes of a plugin; `log` is a JSON array of lines.
create table plugin_crashes (
    plugin text not null,
    number bigint not null,
    at bigint not null,
    reason text not null,
    log text not null,
    primary key (plugin, number)
);

create table parameters (
    name text primary key not null,
    value text not null
);
