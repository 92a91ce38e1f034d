//! Devices: their rows, and each statement about them.

use std::net::IpAddr;
use std::time::SystemTime;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder, Row as _, SqliteConnection};

use super::errors::corrupt;
use super::files::{self, OwnedFile};
use super::gathering::MOST;
use super::rows::{decode, from_json, from_micros, to_json, to_micros};
use super::script::Script;
use crate::domain::device::{Device, Failure};
use crate::domain::device_info::DeviceInfo;
use crate::domain::mac::Mac;
use crate::provisioning::store::{DeviceKey, StoreError};

// The statements of the request path, each to be answered from one index. A test asks SQLite how it answers them.
pub(super) const BY_ID: &str = "select * from devices where id = $1";
pub(super) const BY_MAC: &str = "select * from devices where mac = ? order by seq";
pub(super) const BY_MACS: &str =
    "select * from devices where mac in (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) order by mac, seq";
pub(super) const BY_SN: &str = "select * from devices where sn = ? order by seq";
pub(super) const BY_UUID: &str = "select * from devices where uuid = ? order by seq";
pub(super) const BY_IP: &str = "select * from devices where ip = ? order by seq limit 100";
pub(super) const BY_IP_WITHOUT_MAC: &str =
    "select * from devices where ip = ? and mac is null order by seq limit 100";
pub(super) const KNOWN_BY_MAC: &str = "select ? from devices where mac = ? and id <> ? limit 1";
pub(super) const KNOWN_BY_SN: &str = "select ? from devices where sn = ? and id <> ? limit 1";
pub(super) const KNOWN_BY_UUID: &str = "select ? from devices where uuid = ? and id <> ? limit 1";
pub(super) const COUNT_CREATED: &str = "select count(*) from devices where origin = $1";

pub(super) const EXPIRED: &str = "select * from devices where origin is not null \
     and coalesce(mac, sn, uuid) is null and created < $1 and not exists \
     (select 1 from presences where presences.device = devices.id and last_seen >= $1)";

/// Configs asked for in one statement; both databases have a limit on parameters, and a plan per number of them.
const CONFIGS_AT_ONCE: usize = 500;

/// Devices that were found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) devices: Vec<Device>,
    /// Their files, but for large ones.
    pub(super) files: Vec<OwnedFile>,
}

#[derive(FromRow)]
struct DeviceRow {
    id: String,
    mac: Option<String>,
    sn: Option<String>,
    uuid: Option<String>,
    ip: Option<String>,
    vendor: Option<String>,
    model: Option<String>,
    version: Option<String>,
    plugin: Option<String>,
    config: Option<String>,
    configured: bool,
    last_error: Option<String>,
    last_error_at: Option<i64>,
    provenance: String,
    origin: Option<String>,
    created: Option<i64>,
    files_revision: i64,
    added: Option<String>,
    tenant_uuid: Option<String>,
    remote_state_sip_username: Option<String>,
    extra: String,
    trigger_path: Option<String>,
    revision: i64,
}

pub(super) fn read(row: &SqliteRow) -> Result<Device, StoreError> {
    let row: DeviceRow = decode(row, "device", "id")?;
    let what = name(&row.id);
    let ip = row.ip.map(|ip| ip.parse::<IpAddr>()).transpose();
    let mac = row.mac.map(|mac| mac.parse()).transpose();
    let last_error = match row.last_error {
        Some(reason) => Some(Failure { reason, at: from_micros(row.last_error_at.unwrap_or(0), &what)? }),
        None => None,
    };
    Ok(Device {
        info: DeviceInfo {
            ip: ip.map_err(|why| corrupt(&what, format_args!("ip: {why}")))?,
            mac: mac.map_err(|why| corrupt(&what, format_args!("mac: {why}")))?,
            sn: row.sn,
            uuid: row.uuid,
            vendor: row.vendor,
            model: row.model,
            version: row.version,
        },
        plugin: row.plugin,
        config: row.config,
        configured: row.configured,
        last_error,
        provenance: from_json(&row.provenance, &what)?,
        origin: row.origin,
        created: row.created.map(|created| from_micros(created, &what)).transpose()?,
        files_revision: row.files_revision,
        added: row.added,
        tenant_uuid: row.tenant_uuid,
        remote_state_sip_username: row.remote_state_sip_username,
        trigger_path: row.trigger_path,
        extra: from_json(&row.extra, &what)?,
        revision: row.revision,
        id: row.id,
    })
}

fn name(id: &str) -> String {
    format!("device `{id}`")
}

pub(super) async fn one(connection: &mut SqliteConnection, id: &str) -> Result<Option<Device>, StoreError> {
    let row = sqlx::query(BY_ID).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// Devices with a fact. Of those known by what says who they are also the files, for which they are about to ask.
pub(super) async fn find(connection: &mut SqliteConnection, key: &DeviceKey) -> Result<Found, StoreError> {
    let (devices, files, value) = match key {
        DeviceKey::Mac(mac) => (BY_MAC, Some(files::BY_MAC), mac.to_string()),
        DeviceKey::Sn(sn) => (BY_SN, Some(files::BY_SN), sn.clone()),
        DeviceKey::Uuid(uuid) => (BY_UUID, Some(files::BY_UUID), uuid.clone()),
        DeviceKey::Ip(ip) => (BY_IP, None, ip.to_string()),
        DeviceKey::IpWithoutMac(ip) => (BY_IP_WITHOUT_MAC, None, ip.to_string()),
    };
    let mut script = Script::default();
    for statement in std::iter::once(devices).chain(files) {
        script.add(statement).bind(&value);
    }
    found_by(script, connection).await
}

/// Devices with one of up to [`MOST`] MAC addresses, with their files.
pub(super) async fn find_by_macs(
    connection: &mut SqliteConnection,
    macs: &[Mac],
) -> Result<Found, StoreError> {
    let (first, rest) = match macs {
        [] => return Ok(Found::default()),
        [only] => return find(connection, &DeviceKey::Mac(*only)).await,
        [first, rest @ ..] => (first, rest),
    };
    // The statements have places for all, so that they are prepared once.
    let places: Vec<String> =
        rest.iter().chain(std::iter::repeat(first)).take(MOST).map(Mac::to_string).collect();
    let mut script = Script::default();
    for statement in [BY_MACS, files::BY_MACS] {
        script.add(statement);
        for mac in &places {
            script.bind(mac);
        }
    }
    found_by(script, connection).await
}

async fn found_by(script: Script, connection: &mut SqliteConnection) -> Result<Found, StoreError> {
    let mut found = Found::default();
    for row in script.run(connection).await? {
        if files::is_file(&row) {
            // One that cannot be read is said to be damaged when it is asked for; the device is as good as ever.
            found.files.extend(files::read_owned(&row).ok());
        } else {
            found.devices.push(read(&row)?);
        }
    }
    Ok(found)
}

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Device>, StoreError> {
    let rows = sqlx::query("select * from devices order by seq").fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn ids_of_configs(
    connection: &mut SqliteConnection,
    configs: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::new();
    for configs in configs.chunks(CONFIGS_AT_ONCE) {
        let mut query = QueryBuilder::new("select id from devices where config in (");
        let mut list = query.separated(", ");
        for config in configs {
            list.push_bind(config);
        }
        query.push(") order by seq");
        ids.extend(query.build_query_scalar::<String>().persistent(false).fetch_all(&mut *connection).await?);
    }
    Ok(ids)
}

pub(super) async fn ids_of_plugin(
    connection: &mut SqliteConnection,
    plugin: &str,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar("select id from devices where plugin = $1 order by seq").bind(plugin);
    Ok(query.fetch_all(connection).await?)
}

pub(super) async fn unconfigured_of_plugin(
    connection: &mut SqliteConnection,
    plugin: &str,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar(
        "select id from devices where plugin = $1 and not configured and config is not null order by seq",
    );
    Ok(query.bind(plugin).fetch_all(connection).await?)
}

/// Adds the statement that inserts a device, as its first revision and with the first state of its files, and gives the
/// device as it is stored then.
pub(super) fn insert_by(script: &mut Script, device: &Device) -> Result<Device, StoreError> {
    script.add(
        "insert into devices (mac, sn, uuid, ip, vendor, model, version, plugin, config, configured, last_error, \
         added, tenant_uuid, remote_state_sip_username, trigger_path, extra, last_error_at, provenance, origin, \
         id, created, files_revision, revision, seq) \
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, \
         (select coalesce(max(seq), 0) + 1 from devices))",
    );
    let created = to_micros(SystemTime::now());
    bind(script, device)?.bind(&device.id).bind(created);
    let created = Some(from_micros(created, &name(&device.id))?);
    Ok(Device { created, files_revision: 1, revision: 1, ..device.clone() })
}

/// Replaces a device that is still at the revision it was read at, and moves it to the next; so it does with the state of
/// its files, if their bytes move.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    device: &Device,
    moves_bytes: bool,
) -> Result<Device, StoreError> {
    let mut script = Script::default();
    script.add(
        "update devices set mac = ?, sn = ?, uuid = ?, ip = ?, vendor = ?, model = ?, version = ?, plugin = ?, \
         config = ?, configured = ?, last_error = ?, added = ?, tenant_uuid = ?, remote_state_sip_username = ?, \
         trigger_path = ?, extra = ?, last_error_at = ?, provenance = ?, origin = ?, \
         files_revision = files_revision + ?, revision = revision + 1 \
         where id = ? and revision = ? returning id, created, files_revision",
    );
    bind(&mut script, device)?.bind(i64::from(moves_bytes)).bind(&device.id).bind(device.revision);
    let what = name(&device.id);
    let Some(row) = script.run(connection).await?.pop() else {
        return Err(StoreError::Conflict(what));
    };
    let (_, created, files_revision): (String, Option<i64>, i64) = decode(&row, "device", "id")?;
    let created = created.map(|created| from_micros(created, &what)).transpose()?;
    Ok(Device { created, files_revision, revision: device.revision + 1, ..device.clone() })
}

/// Binds everything but the identifier, what the store counts and when it was created.
fn bind<'s>(script: &'s mut Script, device: &Device) -> Result<&'s mut Script, StoreError> {
    let (info, what) = (&device.info, name(&device.id));
    script.bind(info.mac.map(|mac| mac.to_string())).bind(&info.sn).bind(&info.uuid);
    script.bind(info.ip.map(|ip| ip.to_string())).bind(&info.vendor).bind(&info.model).bind(&info.version);
    script.bind(&device.plugin).bind(&device.config).bind(device.configured);
    script.bind(device.last_error.as_ref().map(|failure| &failure.reason));
    script.bind(&device.added).bind(&device.tenant_uuid).bind(&device.remote_state_sip_username);
    script.bind(&device.trigger_path).bind(to_json(&device.extra, &what)?);
    script.bind(device.last_error.as_ref().map(|failure| to_micros(failure.at)));
    Ok(script.bind(to_json(&device.provenance, &what)?).bind(&device.origin))
}

/// Adds the check that no other device has the MAC address, serial number or UUID of this one. It gives a row for each that
/// one has.
pub(super) fn check_unknown(script: &mut Script, device: &Device) {
    for key in DeviceKey::identities(&device.info) {
        let (statement, value) = match key {
            DeviceKey::Mac(mac) => (KNOWN_BY_MAC, mac.to_string()),
            DeviceKey::Sn(sn) => (KNOWN_BY_SN, sn),
            DeviceKey::Uuid(uuid) => (KNOWN_BY_UUID, uuid),
            DeviceKey::Ip(_) | DeviceKey::IpWithoutMac(_) => continue,
        };
        script.add(statement).bind(name(&device.id)).bind(value).bind(&device.id);
    }
}

/// How many devices requests from a network created that nobody has changed since.
pub(super) async fn count_created(
    connection: &mut SqliteConnection,
    origin: &str,
) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar(COUNT_CREATED).bind(origin).fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}

/// Devices known only by their address that were neither created nor seen since a moment.
pub(super) async fn expired(
    connection: &mut SqliteConnection,
    since: SystemTime,
) -> Result<Vec<Device>, StoreError> {
    let rows = sqlx::query(EXPIRED).bind(to_micros(since)).fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

/// Devices that requests created and of whose identity only this address is known, but for one.
pub(super) async fn ids_known_only_by(
    connection: &mut SqliteConnection,
    ip: IpAddr,
    keeper: &str,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar(
        "select id from devices where ip = $1 and id <> $2 and origin is not null \
         and mac is null and sn is null and uuid is null",
    );
    Ok(query.bind(ip.to_string()).bind(keeper).fetch_all(connection).await?)
}

/// Takes an address from every device but one, and gives the identifiers of those that had it.
pub(super) async fn release_address(
    connection: &mut SqliteConnection,
    ip: IpAddr,
    keeper: &str,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar(
        "update devices set ip = null, revision = revision + 1 where ip = $1 and id <> $2 returning id",
    );
    Ok(query.bind(ip.to_string()).bind(keeper).fetch_all(connection).await?)
}

/// Deletes a device with its files, at any revision or only at this one. Nothing if there is none; else the config it
/// used, if any.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    id: &str,
    revision: Option<i64>,
) -> Result<Option<Option<String>>, StoreError> {
    let query = sqlx::query(
        "delete from devices where id = $1 and revision = coalesce($2, revision) returning config",
    );
    let row = query.bind(id).bind(revision).fetch_optional(connection).await?;
    row.map(|row| row.try_get("config")).transpose().map_err(|why| corrupt(&name(id), why))
}
