//! The life of a config, and what a change of it does to the devices that inherit from it.
//!
//! A change is stored with a mark that its heirs are not configured anew yet, so that one which a crash interrupts is
//! carried on at the next start.

use std::sync::Arc;

use super::audit::config_changes;
use super::many::{Done, Running};
use super::store::{ConfigChange, StoreError};
use super::{Provisioning, ProvisioningError, new_id};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::config::Config;
use crate::domain::device::check_id;
use crate::domain::event::Action;
use crate::domain::raw_config;

impl Provisioning {
    /// Stores a new config. Devices that named it before it existed are configured: that is the operation, if there are any.
    pub async fn insert_config(
        self: &Arc<Self>,
        mut config: Config,
        actor: &Actor,
    ) -> Result<(Config, Option<Running>), ProvisioningError> {
        if config.id.is_empty() {
            config.id = new_id();
        }
        check_id(&config.id)?;
        check_parameters(&config)?;
        config.revision = 0;
        let entry =
            AuditEntry::config(actor, "created", &config.id, config_changes(&Config::default(), &config));
        let (change, id) = change(entry);
        let config = self.store.put_config(&config, change).await?;
        self.tell_config(Action::Created, &config.id);
        let running = self.configure_heirs(&config.id, id).await?;
        Ok((config, running))
    }

    /// Replaces the document of a config, at whatever state or only if it is still in the `expected` one. All devices that
    /// inherit from it are configured anew: that is the operation, if there are any. An equal document changes nothing.
    pub async fn update_config(
        self: &Arc<Self>,
        mut config: Config,
        expected: Option<&Config>,
        actor: &Actor,
    ) -> Result<(Config, Option<Running>), ProvisioningError> {
        let guard = self.locks.lock(format!("config {}", config.id)).await;
        let Some(stored) = self.store.config(&config.id).await? else {
            return Err(ProvisioningError::NoSuchConfig(config.id));
        };
        check_parameters(&config)?;
        check_expected(&stored, expected)?;
        config.revision = stored.revision;
        if config == *stored {
            return Ok((config, None));
        }
        let entry = AuditEntry::config(actor, "updated", &config.id, config_changes(&stored, &config));
        let (change, id) = change(entry);
        let config = self.store.put_config(&config, change).await?;
        self.tell_config(Action::Updated, &config.id);
        drop(guard);
        let running = self.configure_heirs(&config.id, id).await?;
        Ok((config, running))
    }

    /// Deletes a config that may be, at whatever state or only if it is still in the `expected` one. Devices keep naming it,
    /// and are configured without it.
    pub async fn delete_config(
        self: &Arc<Self>,
        id: &str,
        expected: Option<&Config>,
        actor: &Actor,
    ) -> Result<Option<Running>, ProvisioningError> {
        let guard = self.locks.lock(format!("config {id}")).await;
        let Some(stored) = self.store.config(id).await? else {
            return Err(ProvisioningError::NoSuchConfig(id.to_owned()));
        };
        if stored.deletable == Some(false) {
            return Err(ProvisioningError::NotDeletable(id.to_owned()));
        }
        check_expected(&stored, expected)?;
        let (change, unfinished) = change(AuditEntry::config(actor, "deleted", id, Vec::new()));
        if !self.store.delete_config(id, change).await? {
            return Err(ProvisioningError::NoSuchConfig(id.to_owned()));
        }
        self.tell_config(Action::Deleted, id);
        drop(guard);
        Ok(self.configure_heirs(id, unfinished).await?)
    }

    /// Carries on with what a crash interrupted.
    pub async fn resume_changes(self: &Arc<Self>) -> Result<(), StoreError> {
        for (change, config) in self.store.unfinished_changes().await? {
            tracing::info!("The change of config {config} was interrupted and is carried on");
            self.configure_heirs(&config, change).await?;
        }
        Ok(())
    }

    async fn configure_heirs(
        self: &Arc<Self>,
        config: &str,
        change: String,
    ) -> Result<Option<Running>, StoreError> {
        let heirs = self.store.descendants(config).await?;
        let devices = self.store.devices_of_configs(&heirs).await?;
        if devices.is_empty() {
            self.store.finish_change(&change).await?;
            return Ok(None);
        }
        Ok(Some(self.configure_many(
            format!("configure devices of config {config}"),
            devices,
            Done::Change(change),
        )))
    }
}

/// All changes of a config but its creation hold its lock, so that what is found here stays true.
fn check_expected(stored: &Config, expected: Option<&Config>) -> Result<(), ProvisioningError> {
    if expected.is_none_or(|expected| expected == stored) {
        return Ok(());
    }
    Err(ProvisioningError::Outdated(format!("the config `{}`", stored.id)))
}

/// What goes with a change, and the identifier of its mark.
fn change(entry: AuditEntry) -> (ConfigChange, String) {
    let id = new_id();
    (ConfigChange { unfinished: Some(id.clone()), audit: vec![entry] }, id)
}

/// Whether the parameters of a config can mean anything.
pub(super) fn check_parameters(config: &Config) -> Result<(), ProvisioningError> {
    raw_config::check(&config.raw_config)
        .map_err(|problems| ProvisioningError::InvalidRawConfig(problems.beneath("raw_config")))
}
