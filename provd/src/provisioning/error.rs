//! Why a use case did not do as asked, in words an API client can act on.
//!
//! A plugin that cannot configure a device is none of these: the device is stored, says `configured: false`, and keeps
//! the reason as its `last_error`.

use thiserror::Error;

use super::store::StoreError;
use crate::domain::config::InvalidConfig;
use crate::domain::device::{InvalidDevice, InvalidId};
use crate::domain::raw_config::Problems;

/// A refused change. Nothing of it is stored.
#[derive(Debug, Error)]
pub enum ProvisioningError {
    /// There is no such device.
    #[error("there is no device `{0}`")]
    NoSuchDevice(String),
    /// There is no such config.
    #[error("there is no config `{0}`")]
    NoSuchConfig(String),
    /// The config says it must not be deleted.
    #[error("the config `{0}` is not deletable: set its `deletable` to true first")]
    NotDeletable(String),
    /// The record is not, or no more, what the change was to start from.
    #[error("{0} was changed since it was read")]
    Outdated(String),
    /// The document is no device.
    #[error(transparent)]
    InvalidDevice(#[from] InvalidDevice),
    /// The document is no config.
    #[error(transparent)]
    InvalidConfig(#[from] InvalidConfig),
    /// The identifier cannot be one.
    #[error("id: {0}")]
    InvalidId(#[from] InvalidId),
    /// The raw config cannot mean anything.
    #[error("{0}")]
    InvalidRawConfig(Problems),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}
