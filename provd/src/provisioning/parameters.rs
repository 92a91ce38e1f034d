//! Parameters of the server as they are now: read from the database at the start, kept in memory, stored when they change.
//! What a value may be is the business of [`crate::domain::parameter`]. Values may be secrets, and are never logged.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;

use super::Provisioning;
use super::many::Running;
use super::store::{Store, StoreError};
use crate::domain::audit::Actor;
use crate::domain::parameter::{
    HTTP_PROXY, HTTPS_PROXY, LOCALE, NAT, PLUGIN_SERVER, PROVISIONING_KEY, Parameter,
};
use crate::domain::policy::NatNetworks;

/// Name under which all of them are stored, as one document.
const STORED: &str = "parameters";

/// Why a parameter was not set.
#[derive(Debug, Error)]
pub enum ParameterError {
    /// A key belongs to one tenant.
    #[error("{PROVISIONING_KEY}: another tenant uses it; choose another")]
    KeyInUse,
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The parameters of the server, and what holds where there are none.
#[derive(Default)]
pub(super) struct Parameters {
    // Held for a look or a swap, never while waiting.
    values: RwLock<Values>,
    /// Held by whoever changes them, so that one change does not undo another.
    changing: Mutex<()>,
    /// Where phones are behind NAT unless a parameter says otherwise.
    nat: NatNetworks,
    /// Whether the URLs of phones must begin with the key of their tenant.
    pub(super) url_keys: bool,
}

/// Values by name; those of tenants below their tenant, the master tenant being the empty name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Values {
    #[serde(default)]
    server: BTreeMap<String, String>,
    #[serde(default)]
    tenants: BTreeMap<String, BTreeMap<String, String>>,
    /// The tenant of each key: every request of a phone may ask.
    #[serde(skip)]
    tenants_by_key: HashMap<String, String>,
}

impl Values {
    /// As they are in the database.
    async fn stored(store: &dyn Store) -> Result<Values, StoreError> {
        let Some(stored) = store.parameter(STORED).await? else { return Ok(Values::default()) };
        let values: Values = serde_json::from_str(&stored).map_err(|_| StoreError::Corrupt {
            what: format!("parameter `{STORED}`"),
            why: "it is no document of parameters".to_owned(),
        })?;
        Ok(values.sound())
    }

    fn get(&self, parameter: &Parameter, tenant: Option<&str>) -> Option<&String> {
        if parameter.is_per_tenant {
            self.tenants.get(tenant.unwrap_or_default())?.get(parameter.name)
        } else {
            self.server.get(parameter.name)
        }
    }

    fn set(&mut self, parameter: &Parameter, tenant: Option<&str>, value: Option<String>) {
        let values = if parameter.is_per_tenant {
            self.tenants.entry(tenant.unwrap_or_default().to_owned()).or_default()
        } else {
            &mut self.server
        };
        match value {
            Some(value) => values.insert(parameter.name.to_owned(), value),
            None => values.remove(parameter.name),
        };
        self.tenants.retain(|_, values| !values.is_empty());
    }

    /// Which tenant has a key; the empty name is the master tenant.
    pub(super) fn tenant_with_key(&self, key: &str) -> Option<&str> {
        self.tenants_by_key.get(key).map(String::as_str)
    }

    /// The key of a tenant.
    pub(super) fn key_of(&self, tenant: &str) -> Option<&String> {
        self.tenants.get(tenant)?.get(PROVISIONING_KEY)
    }

    /// Each tenant with its key.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tenants.keys().filter_map(|tenant| Some((tenant.as_str(), self.key_of(tenant)?.as_str())))
    }

    fn indexed(mut self) -> Values {
        let by_key = self.keys().map(|(tenant, key)| (key.to_owned(), tenant.to_owned())).collect();
        self.tenants_by_key = by_key;
        self
    }

    /// Forgets values that mean nothing, say after a downgrade, so that no use of them has to expect any.
    fn sound(mut self) -> Values {
        let is_sound = |name: &String, value: &String| {
            let sent = value.as_str().into();
            let sound = Parameter::named(name).is_some_and(|parameter| parameter.read(&sent).is_ok());
            if !sound {
                tracing::warn!("The stored parameter {name} means nothing, and counts as not set");
            }
            sound
        };
        let filter =
            |values: &mut BTreeMap<String, String>| values.retain(|name, value| is_sound(name, value));
        filter(&mut self.server);
        self.tenants.values_mut().for_each(filter);
        self.indexed()
    }
}

/// What parameters say about downloads. Secrets may be in all of them: they are URLs.
#[derive(Clone, Default)]
pub struct DownloadParameters {
    /// A repository of plugins besides those of the settings.
    pub plugin_server: Option<String>,
    /// Proxy for `http` URLs.
    pub http_proxy: Option<String>,
    /// Proxy for `https` URLs, as `host:port`.
    pub https_proxy: Option<String>,
}

impl DownloadParameters {
    /// Reads them as they are now: downloads are rare.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub async fn read(store: &dyn Store) -> Result<DownloadParameters, StoreError> {
        let mut server = Values::stored(store).await?.server;
        Ok(DownloadParameters {
            plugin_server: server.remove(PLUGIN_SERVER),
            http_proxy: server.remove(HTTP_PROXY),
            https_proxy: server.remove(HTTPS_PROXY),
        })
    }
}

impl Parameters {
    pub(super) fn look<T>(&self, look: impl FnOnce(&Values) -> T) -> T {
        look(&self.values.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn server(&self, name: &str) -> Option<String> {
        self.look(|values| values.server.get(name).cloned())
    }
}

impl Provisioning {
    /// With networks whose phones are behind NAT, unless the parameter says otherwise.
    #[must_use]
    pub fn behind_nat(mut self, nat: NatNetworks) -> Provisioning {
        self.parameters.nat = nat;
        self
    }

    /// Reads what was set before the last start.
    pub async fn load_parameters(&self) -> Result<(), StoreError> {
        let values = Values::stored(&*self.store).await?;
        *self.parameters.values.write().unwrap_or_else(PoisonError::into_inner) = values;
        Ok(())
    }

    /// The value of a parameter that is in effect, for a tenant if each has its own.
    pub fn parameter(&self, parameter: &Parameter, tenant: Option<&str>) -> Option<String> {
        let value = self.parameters.look(|values| values.get(parameter, tenant).cloned());
        if parameter.name == NAT {
            return value.or_else(|| Some(u8::from(self.parameters.nat.is_everywhere()).to_string()));
        }
        value
    }

    /// Sets a parameter, or takes its value away. In effect and stored when this returns. Gives the operation that brings
    /// the files of devices up to date with it, if there are any.
    ///
    /// # Errors
    ///
    /// The key is another tenant's, or the database refused; then all is as it was.
    pub async fn set_parameter(
        self: &Arc<Self>,
        parameter: &Parameter,
        tenant: Option<&str>,
        value: Option<String>,
        actor: &Actor,
    ) -> Result<Option<Running>, ParameterError> {
        let _changing = self.parameters.changing.lock().await;
        let before = self.parameters.look(Values::clone);
        if parameter.name == PROVISIONING_KEY
            && let Some(owner) = value.as_deref().and_then(|key| before.tenant_with_key(key))
            && owner != tenant.unwrap_or_default()
        {
            return Err(ParameterError::KeyInUse);
        }
        let mut after = before.clone();
        after.set(parameter, tenant, value);
        let after = after.indexed();
        if after == before {
            return Ok(None);
        }
        let document = serde_json::to_string(&after)
            .map_err(|error| StoreError::Unavailable(format!("parameters cannot be written: {error}")))?;
        self.store.set_parameter(STORED, Some(&document)).await?;
        *self.parameters.values.write().unwrap_or_else(PoisonError::into_inner) = after;
        tracing::info!("Parameter {} was changed by {actor}", parameter.name);
        Ok(if parameter.name == PROVISIONING_KEY { self.apply_key(tenant).await? } else { None })
    }

    /// Language and country of descriptions.
    pub fn locale(&self) -> Option<String> {
        self.parameters.server(LOCALE)
    }

    /// Whether several phones may have this address, so that one that shows up there does not take it from the others.
    pub fn may_be_shared(&self, ip: IpAddr) -> bool {
        match self.parameters.server(NAT).as_deref() {
            Some(set) => set == "1",
            None => self.parameters.nat.contains(ip),
        }
    }
}
