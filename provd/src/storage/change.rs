//! The changes of a device: which statements make one up, in which order. The caller holds the transaction.

use std::net::IpAddr;

use sqlx::SqliteConnection;

use super::{configs, devices, files};
use crate::domain::device::Device;
use crate::provisioning::store::{DeviceChange, StoreError};

/// Does all a change asks for, and gives the device back at its new revision.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    change: DeviceChange,
) -> Result<Device, StoreError> {
    let mut device = change.device;
    if change.discovered && devices::is_known(connection, &device).await? {
        return Err(StoreError::Conflict(device.id));
    }
    for (config, revision) in &change.basis {
        if configs::revision(connection, config).await? != *revision {
            return Err(StoreError::Conflict(format!("config `{config}`")));
        }
    }
    if let Some(config) = &change.new_config {
        configs::insert(connection, config).await?;
    }
    if device.revision == 0 {
        devices::insert(connection, &device).await?;
    } else {
        devices::update(connection, &device).await?;
    }
    device.revision += 1;
    if let Some(configuration) = change.files {
        files::DEVICE.replace(connection, &device.id, configuration.files).await?;
    }
    if let Some(absorbed) = &change.absorbed
        && !delete(connection, &absorbed.id, Some(absorbed.revision)).await?
    {
        return Err(StoreError::Conflict(absorbed.id.clone()));
    }
    if let Some(ip) = device.info.ip.filter(|_| change.takes_address) {
        release_address(connection, ip, &device.id).await?;
    }
    if let Some(config) = &change.left_config {
        configs::delete_orphan(connection, config).await?;
    }
    Ok(device)
}

/// Takes an address from all devices but one. Those that requests created and that nothing else identifies could never be
/// found again: they go.
async fn release_address(
    connection: &mut SqliteConnection,
    ip: IpAddr,
    keeper: &str,
) -> Result<(), StoreError> {
    for id in devices::ids_known_only_by(connection, ip, keeper).await? {
        delete(connection, &id, None).await?;
    }
    devices::release_address(connection, ip, keeper).await
}

/// Deletes a device, at any revision or only at this one, its files, and its config if that is transient and nobody
/// else uses it. False if there is no such device.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    id: &str,
    revision: Option<i64>,
) -> Result<bool, StoreError> {
    let Some(config) = devices::delete(connection, id, revision).await? else {
        return Ok(false);
    };
    if let Some(config) = config {
        configs::delete_orphan(connection, &config).await?;
    }
    Ok(true)
}
