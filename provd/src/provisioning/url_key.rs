//! The provisioning keys of tenants in the URLs of their phones, where phones must show one: whose a key is, and what is
//! generated with it. Keys are secrets, and never logged.

use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Provisioning;
use super::many::{Done, Running};
use super::store::StoreError;
use super::upkeep::BASE_OF_LAST_START;
use crate::domain::device::Device;
use crate::domain::parameter::PROVISIONING_KEY;

/// Parameter of a raw config that phones find the server by.
const BASE_URL: &str = "http_base_url";

impl Provisioning {
    /// With phones that must show the key of a tenant at the beginning of each URL, or without.
    #[must_use]
    pub fn requiring_url_keys(mut self, required: bool) -> Provisioning {
        self.parameters.url_keys = required;
        self
    }

    /// Whether phones must show a key.
    pub fn requires_url_keys(&self) -> bool {
        self.parameters.url_keys
    }

    /// Whether a device is of the tenant a key belongs to, or of nobody yet.
    pub fn key_opens(&self, tenant: &str, device: &Device) -> bool {
        let owner = tenant_of(device);
        owner.is_empty() || owner == tenant
    }

    /// Which tenant a key belongs to; the empty name is the master tenant.
    pub fn tenant_with_key(&self, key: &str) -> Option<String> {
        self.parameters.look(|values| values.tenant_with_key(key).map(str::to_owned))
    }

    /// Puts the key of a device's tenant behind the URL its files are fetched from, or says why there is none to put.
    pub(super) fn add_url_key(&self, device: &Device, merged: &mut Map<String, Value>) -> Result<(), String> {
        if !self.parameters.url_keys {
            return Ok(());
        }
        let tenant = tenant_of(device);
        let key = self.parameters.look(|values| values.key_of(&tenant).cloned());
        let key = key
            .ok_or_else(|| format!("its tenant has no {PROVISIONING_KEY}, which its URLs must begin with"))?;
        if let Some(Value::String(url)) = merged.get_mut(BASE_URL) {
            *url = format!("{}/{key}", url.trim_end_matches('/'));
        }
        Ok(())
    }

    /// Changes when a key does; nothing where files hold none.
    pub(super) fn url_key_digest(&self) -> Option<String> {
        let keys = || self.parameters.look(|values| format!("{:?}", values.keys().collect::<Vec<_>>()));
        self.parameters.url_keys.then(|| hex::encode(Sha256::digest(keys())))
    }

    /// Configures the devices of a tenant whose key changed, as an operation. Nothing if no device has it in its files.
    pub(super) async fn apply_key(
        self: &Arc<Self>,
        tenant: Option<&str>,
    ) -> Result<Option<Running>, StoreError> {
        if !self.parameters.url_keys {
            return Ok(None);
        }
        let tenant = tenant.unwrap_or_default();
        let devices = self.store.devices().await?.into_iter().filter(|device| tenant_of(device) == tenant);
        let devices: Vec<String> = devices.map(|device| device.id).collect();
        let done = Done::Parameter(BASE_OF_LAST_START.to_owned(), self.basis_of_files());
        if devices.is_empty() {
            self.record(done).await?;
            return Ok(None);
        }
        let what = format!("configure devices with another {PROVISIONING_KEY}");
        Ok(Some(self.configure_many(what, devices, done)))
    }
}

/// Name of the tenant a device belongs to; empty if nobody has claimed it.
fn tenant_of(device: &Device) -> String {
    let tenant = device.tenant_uuid.as_deref().and_then(|tenant| Uuid::try_parse(tenant).ok());
    tenant.filter(|tenant| !tenant.is_nil()).map(|tenant| tenant.to_string()).unwrap_or_default()
}
