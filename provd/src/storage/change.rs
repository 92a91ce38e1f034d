//! The changes of devices, configs and common files: which statements make one up, in which order. The caller holds the
//! transaction.

use std::net::IpAddr;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::errors::{duplicate, names_table};
use super::files::Difference;
use super::script::Script;
use super::stamps::Touched;
use super::{audit, configs, devices, files};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::plugin::GeneratedFile;
use crate::provisioning::store::{ConfigChange, DeviceChange, StoreError};

/// What came of a change of a device.
#[derive(Debug)]
pub(super) struct Applied {
    /// The device as it is stored.
    pub(super) device: Device,
    /// The device itself, and whatever else had to change with it.
    pub(super) touched: Touched,
}

/// Does all a change asks for.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    change: &DeviceChange,
) -> Result<Applied, StoreError> {
    let device = match change.device.revision {
        0 => insert(connection, change).await?,
        _ => update(connection, change).await?,
    };
    let mut touched = Touched::nothing();
    touched.add_device(&device);
    if let Some(absorbed) = &change.absorbed
        && !delete(connection, &absorbed.id, Some(absorbed.revision), &mut touched).await?
    {
        return Err(StoreError::Conflict(absorbed.id.clone()));
    }
    if let Some(ip) = device.info.ip.filter(|_| change.takes_address) {
        let actor =
            change.audit.first().map_or_else(|| Actor::Server.to_string(), |entry| entry.actor.clone());
        take_address(connection, ip, (&device.id, &actor), &mut touched).await?;
    }
    if let Some(config) = &change.left_config {
        touched.add_configs(configs::delete_orphan(connection, config).await?);
    }
    Ok(Applied { device, touched })
}

/// Stores a new device with what comes with it, all in one script: phones come by the thousand. What the change rests on is
/// checked there too; that it does not hold is known afterwards, and nothing of the transaction is kept.
async fn insert(connection: &mut SqliteConnection, change: &DeviceChange) -> Result<Device, StoreError> {
    let mut script = checks(change);
    if let Some(config) = &change.new_config {
        configs::insert_by(&mut script, config)?;
    }
    let device = devices::insert_by(&mut script, &change.device)?;
    if let Some(configuration) = &change.files {
        let difference = Difference::to_nothing(&configuration.files);
        files::DEVICE.write_by(&mut script, &device.id, &difference, device.files_revision);
    }
    audit::add_to(&mut script, &change.audit)?;
    let taken = |error| match &change.new_config {
        Some(config) if names_table(&error, "configs") => duplicate(&config.id)(error),
        _ => duplicate(&device.id)(error),
    };
    are_true(&script.run(connection).await.map_err(taken)?)?;
    Ok(device)
}

/// Replaces a device, with what comes with the change.
async fn update(connection: &mut SqliteConnection, change: &DeviceChange) -> Result<Device, StoreError> {
    are_true(&checks(change).run(connection).await?)?;
    let difference = match &change.files {
        None => None,
        Some(new) => Some(files::DEVICE.compare(connection, &change.device.id, &new.files).await?),
    };
    let mut script = Script::default();
    if let Some(config) = &change.new_config {
        configs::insert_by(&mut script, config)?;
        let config = config.id.as_str();
        std::mem::take(&mut script).run(connection).await.map_err(duplicate(config))?;
    }
    let moves_bytes = difference.as_ref().is_some_and(|difference| difference.moves_bytes);
    let device = devices::update(connection, &change.device, moves_bytes).await?;
    if let Some(difference) = difference {
        files::DEVICE.write_by(&mut script, &device.id, &difference, device.files_revision);
    }
    audit::add_to(&mut script, &change.audit)?;
    script.run(connection).await?;
    Ok(device)
}

/// The checks that what the change rests on has not changed since: each gives a row for what has.
fn checks(change: &DeviceChange) -> Script {
    let mut script = Script::default();
    if change.discovered {
        devices::check_unknown(&mut script, &change.device);
    }
    configs::check_revisions(&mut script, &change.basis);
    script
}

/// Whether checks gave no row.
fn are_true(rows: &[SqliteRow]) -> Result<(), StoreError> {
    match rows.first() {
        None => Ok(()),
        Some(row) => Err(StoreError::Conflict(row.try_get(0)?)),
    }
}

/// Takes an address from all devices but one. Those that requests created and that nothing else identifies could never be
/// found again: they go.
async fn take_address(
    connection: &mut SqliteConnection,
    ip: IpAddr,
    (taker, actor): (&str, &str),
    touched: &mut Touched,
) -> Result<(), StoreError> {
    let why = format!("address {ip} taken by {taker}");
    let mut entries = Vec::new();
    let mut note = |action: &str, id: &str| {
        let entry = AuditEntry::device(&Actor::Server, action, id, vec![why.clone()]);
        entries.push(AuditEntry { actor: actor.to_owned(), ..entry });
    };
    for id in devices::ids_known_only_by(connection, ip, taker).await? {
        delete(connection, &id, None, touched).await?;
        note("deleted", &id);
    }
    for id in devices::release_address(connection, ip, taker).await? {
        touched.add_record(&id);
        note("updated", &id);
    }
    audit::add(connection, &entries).await
}

/// Deletes a device, at any revision or only at this one, its files, and its config if that is transient and nobody
/// else uses it. False if there is no such device.
async fn delete(
    connection: &mut SqliteConnection,
    id: &str,
    revision: Option<i64>,
    touched: &mut Touched,
) -> Result<bool, StoreError> {
    let Some(config) = devices::delete(connection, id, revision).await? else {
        return Ok(false);
    };
    touched.add_record(id);
    if let Some(config) = config {
        touched.add_configs(configs::delete_orphan(connection, &config).await?);
    }
    Ok(true)
}

/// Deletes a device as somebody asked. Gives what that touched; nothing if there is no such device.
pub(super) async fn delete_device(
    connection: &mut SqliteConnection,
    id: &str,
    revision: Option<i64>,
    entries: &[AuditEntry],
) -> Result<Option<Touched>, StoreError> {
    let mut touched = Touched::nothing();
    if !delete(connection, id, revision, &mut touched).await? {
        return Ok(None);
    }
    audit::add(connection, entries).await?;
    Ok(Some(touched))
}

/// Inserts or replaces a config, with what comes with the change.
pub(super) async fn put_config(
    connection: &mut SqliteConnection,
    config: &Config,
    change: &ConfigChange,
) -> Result<Config, StoreError> {
    let stored = configs::save(connection, config).await?;
    keep(connection, &config.id, change).await?;
    Ok(stored)
}

/// Deletes a config, if it is there, with what comes with the change.
pub(super) async fn delete_config(
    connection: &mut SqliteConnection,
    id: &str,
    change: &ConfigChange,
) -> Result<bool, StoreError> {
    let deleted = configs::delete(connection, id).await?;
    if deleted {
        keep(connection, id, change).await?;
    }
    Ok(deleted)
}

async fn keep(
    connection: &mut SqliteConnection,
    config: &str,
    change: &ConfigChange,
) -> Result<(), StoreError> {
    if let Some(id) = &change.unfinished {
        configs::begin_change(connection, id, config).await?;
    }
    audit::add(connection, &change.audit).await
}

/// Replaces the common files of a plugin.
pub(super) async fn put_common_files(
    connection: &mut SqliteConnection,
    plugin: &str,
    files: &[GeneratedFile],
) -> Result<(), StoreError> {
    let next = files::COMMON.revision(connection, plugin).await? + 1;
    let difference = files::COMMON.compare(connection, plugin, files).await?;
    files::COMMON.write(connection, plugin, &difference, next).await
}
