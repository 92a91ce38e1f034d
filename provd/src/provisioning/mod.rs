//! The use cases that the pipeline and the API share: who is created, changed and configured when.
//!
//! They know the rules of the domain and two seams, a [`store`] and [`plugins`]; never SQL, processes or protocols.

mod association;
mod audit;
mod autocreation;
pub mod basis;
pub mod bulk;
pub mod census;
mod configs;
mod configuring;
mod devices;
mod error;
pub mod events;
pub mod find;
pub mod firmware;
pub mod import;
pub mod installation;
mod installing;
mod locks;
pub mod many;
pub mod operations;
pub mod parameters;
pub mod plugins;
mod presences;
mod preview;
pub mod repositories;
mod retention;
mod seeds;
pub mod store;
pub mod synchronization;
pub mod synchronizer;
mod telling;
mod trial;
mod upkeep;
mod url_key;
mod waiting;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};
use tokio::sync::Semaphore;

pub use association::Choice;
pub(crate) use audit::device_changes;
pub use error::ProvisioningError;
pub use locks::{DeviceGuard, DeviceLocks};
pub use presences::Sight;
pub use preview::Preview;
pub use upkeep::PluginEvent;

use events::Events;
use installing::Installations;
use operations::Operations;
use parameters::Parameters;
use plugins::Plugins;
use presences::Presences;
use store::Store;
use synchronizer::Synchronizer;
use waiting::WaitingList;

/// Everything a use case works on.
pub struct Provisioning {
    store: Arc<dyn Store>,
    plugins: Arc<dyn Plugins>,
    locks: DeviceLocks,
    base: Map<String, Value>,
    events: Events,
    operations: Operations,
    presences: Presences,
    waiting_list: WaitingList,
    parameters: Parameters,
    installations: Installations,
    synchronizer: Option<Arc<dyn Synchronizer>>,
    /// Devices that could not be configured, and the plugin that was away, if that was why; held to add one or take all.
    unconfigured: Mutex<HashMap<String, Option<String>>>,
    /// Places for configuring many devices: all operations together take half of what a plugin does at a time.
    places: Semaphore,
}

impl Provisioning {
    /// Puts the use cases on a store and plugins. `base` is the base raw config: `http_base_url`, `ip`, `http_port`,
    /// `tftp_port` and what else the administrator wants every phone to inherit.
    pub fn new(store: Arc<dyn Store>, plugins: Arc<dyn Plugins>, base: Map<String, Value>) -> Provisioning {
        Provisioning {
            store,
            plugins,
            locks: DeviceLocks::default(),
            base,
            events: Events::default(),
            operations: Operations::default(),
            presences: Presences::default(),
            waiting_list: WaitingList::default(),
            parameters: Parameters::default(),
            installations: Installations::default(),
            synchronizer: None,
            unconfigured: Mutex::default(),
            places: Semaphore::new(many::PARALLEL),
        }
    }

    /// With a way to make phones fetch their files again.
    #[must_use]
    pub fn synchronizing_by(self, synchronizer: Arc<dyn Synchronizer>) -> Provisioning {
        Provisioning { synchronizer: Some(synchronizer), ..self }
    }

    /// With the bus that others tell of events too.
    #[must_use]
    pub fn telling(self, events: Events) -> Provisioning {
        Provisioning { operations: Operations::telling(events.clone()), events, ..self }
    }

    /// Who is told what happens.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// What takes longer than an answer may.
    pub fn operations(&self) -> &Operations {
        &self.operations
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
