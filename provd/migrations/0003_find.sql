-- What lists are asked for. A tenant's own devices; '' stands for none, so that nobody's are found by the same index.
create index devices_by_tenant on devices (lower(coalesce(tenant_uuid, '')), seq);

-- Clients list configs by this key of theirs. Configs that requests made have no keys but those of provd, and cost nothing.
create index configs_by_x_type on configs ((extra ->> 'X_type'), seq) where extra <> '{}';
