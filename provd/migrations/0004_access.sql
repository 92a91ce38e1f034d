-- Tokens that administrators made. `hash` is the SHA-256 of what their holders show, in hexadecimal digits; that itself is
-- nowhere. `permissions` is a JSON array of patterns. Without a tenant it is the master tenant's.
create table tokens (
    id text primary key not null,
    name text unique not null,
    hash text unique not null,
    permissions text not null,
    tenant_uuid text,
    created bigint not null,
    expires bigint,
    last_used bigint
);

-- Tenants below the master tenant, which has no parent here and is not registered itself. A device or a token may belong to
-- a tenant that is not registered: so those are no references.
create table tenants (
    uuid text primary key not null,
    name text not null,
    parent_uuid text references tenants (uuid)
);

create index tenants_by_parent on tenants (parent_uuid);
