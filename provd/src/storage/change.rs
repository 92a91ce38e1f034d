//! The changes of devices, configs and common files: which statements make one up, in which order. The caller holds the
//! transaction.

use std::net::IpAddr;

use sqlx::SqliteConnection;

use super::files::Difference;
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
    check_still_true(connection, change).await?;
    if let Some(config) = &change.new_config {
        configs::insert(connection, config).await?;
    }
    let device = put(connection, change).await?;
    let mut touched = Touched::nothing();
    touched.add_device(&device);
    audit::add(connection, &change.audit).await?;
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

/// What the change rests on must not have changed since.
async fn check_still_true(
    connection: &mut SqliteConnection,
    change: &DeviceChange,
) -> Result<(), StoreError> {
    if change.discovered && devices::is_known(connection, &change.device).await? {
        return Err(StoreError::Conflict(change.device.id.clone()));
    }
    match configs::first_changed(connection, &change.basis).await? {
        Some(config) => Err(StoreError::Conflict(format!("config `{config}`"))),
        None => Ok(()),
    }
}

/// Stores the record, and the files if it comes with any.
async fn put(connection: &mut SqliteConnection, change: &DeviceChange) -> Result<Device, StoreError> {
    let id = &change.device.id;
    let difference = match &change.files {
        None => None,
        Some(new) if change.device.revision == 0 => Some(Difference::to_nothing(&new.files)),
        Some(new) => Some(files::DEVICE.compare(connection, id, &new.files).await?),
    };
    let moves_bytes = difference.as_ref().is_some_and(|difference| difference.moves_bytes);
    let device = match change.device.revision {
        0 => devices::insert(connection, &change.device).await?,
        _ => devices::update(connection, &change.device, moves_bytes).await?,
    };
    if let Some(difference) = difference {
        files::DEVICE.write(connection, &device.id, &difference, device.files_revision).await?;
    }
    Ok(device)
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
