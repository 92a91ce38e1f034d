//! The use cases that the pipeline and the API share: who is created, changed and configured when.
//!
//! They know the rules of the domain and two seams, a [`store`] and [`plugins`]; never SQL, processes or protocols.

mod configs;
mod configuring;
mod devices;
mod error;
mod locks;
pub mod plugins;
mod seeds;
pub mod store;
mod upkeep;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

pub use error::ProvisioningError;
pub use locks::{DeviceGuard, DeviceLocks};
pub use upkeep::PluginEvent;

use plugins::Plugins;
use store::Store;

/// Everything a use case works on.
pub struct Provisioning {
    store: Arc<dyn Store>,
    plugins: Arc<dyn Plugins>,
    locks: DeviceLocks,
    base: Map<String, Value>,
    /// Devices that could not be configured because their plugin was away; held to add one or take all.
    waiting: Mutex<HashSet<String>>,
}

impl Provisioning {
    /// Puts the use cases on a store and plugins. `base` is the base raw config: `http_base_url`, `ip`, `http_port`,
    /// `tftp_port` and what else the administrator wants every phone to inherit.
    pub fn new(store: Arc<dyn Store>, plugins: Arc<dyn Plugins>, base: Map<String, Value>) -> Provisioning {
        Provisioning { store, plugins, locks: DeviceLocks::default(), base, waiting: Mutex::default() }
    }

    /// The database.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The plugins.
    pub fn plugins(&self) -> &dyn Plugins {
        &*self.plugins
    }

    /// Locks that order what happens to one device.
    pub fn locks(&self) -> &DeviceLocks {
        &self.locks
    }
}

/// A new identifier: 32 hexadecimal digits of a random UUID.
pub fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
