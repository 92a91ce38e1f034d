-- When configuring failed, where facts come from, when a device came, and which state of its files a phone should have.
alter table devices add column last_error_at bigint;
alter table devices add column provenance text not null default '{}';
alter table devices add column origin text;
alter table devices add column created bigint;
alter table devices add column files_revision bigint not null default 1;

-- Whoever was not created by a request was created, with its plugin, by an administrator.
update devices set provenance = '{"plugin_assigned":true}' where added is null and plugin is not null;

-- Of whom nothing but the address is known, and whom nobody seems to have touched, may still turn out to be another. From
-- where it came and when is not known; so it counts for no network, and does not expire.
update devices set origin = 'unknown' where added = 'auto' and mac is null and sn is null and uuid is null
    and tenant_uuid is null and extra = '{}' and (config is null or config in (select id from configs where transient));

create index devices_by_origin on devices (origin) where origin is not null;
create index provisional_devices on devices (created)
    where origin is not null and coalesce(mac, sn, uuid) is null;

-- The state of the device's files, or the change of a common file, with which the bytes came.
alter table device_files add column revision bigint not null default 1;
alter table common_files add column revision bigint not null default 1;

-- What was last seen of a phone: apart from its record, for it changes with every request.
create table presences (
    device text primary key not null references devices (id) on delete cascade,
    last_seen bigint not null,
    last_request text not null,
    last_answer text not null,
    fetched_revision bigint,
    fetched_at bigint
);

-- Unknown devices that wait to be approved; `info` is JSON.
create table waiting_devices (
    id text primary key not null,
    seq bigint not null,
    info text not null,
    first_seen bigint not null,
    last_seen bigint not null
);

create index waiting_devices_by_seq on waiting_devices (seq);

-- Changes of configs whose heirs are not all configured anew yet. What is left here after a crash is done at the start.
create table unfinished_changes (
    id text primary key not null,
    config text not null
);

-- Who changed what; `changes` is a JSON array of texts. Every change writes here: so there is an index only for what is
-- asked about one device or config.
create table audit (
    number bigint primary key not null,
    at bigint not null,
    actor text not null,
    action text not null,
    kind text not null,
    subject text not null,
    changes text not null
);

create index audit_by_subject on audit (subject, number);
