//! What is known of a plugin at this moment: written by its supervisor alone, read by everybody.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use super::audience::Changes;
use super::generation::Generation;
use super::logs::LogRing;
use crate::domain::event::{Action, Subject};
use crate::domain::plugin::PluginState;
use crate::domain::sandbox::SandboxStatus;
use crate::metrics::PluginCalls;
use crate::provisioning::events::Events;

/// What others see of a plugin.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) state: PluginState,
    pub(super) reason: Option<String>,
    pub(super) pid: Option<u32>,
    pub(super) ready_since: Option<SystemTime>,
    pub(super) starts: u64,
    /// The walls around its process.
    pub(super) sandbox: Option<SandboxStatus>,
    pub(super) capabilities: serde_json::Map<String, serde_json::Value>,
    /// The last process that was ready; it may have died.
    pub(super) generation: Option<Arc<Generation>>,
}

/// What supervisor and host share of one plugin.
#[derive(Debug)]
pub(super) struct Shared {
    // Written by the supervisor only; held for a copy or a field, never while waiting.
    snapshot: RwLock<Snapshot>,
    pub(super) ring: Arc<LogRing>,
    pub(super) counters: Arc<PluginCalls>,
    changes: Arc<Changes>,
    plugin: String,
    events: Events,
}

impl Shared {
    pub(super) fn new(
        plugin: String,
        counters: Arc<PluginCalls>,
        changes: Arc<Changes>,
        events: Events,
    ) -> Shared {
        let snapshot = Snapshot {
            state: PluginState::Starting,
            reason: None,
            pid: None,
            ready_since: None,
            starts: 0,
            sandbox: None,
            capabilities: serde_json::Map::new(),
            generation: None,
        };
        Shared { snapshot: RwLock::new(snapshot), ring: Arc::default(), counters, changes, plugin, events }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.see(Clone::clone)
    }

    /// The last process that was ready.
    pub(super) fn generation(&self) -> Option<Arc<Generation>> {
        self.see(|snapshot| snapshot.generation.clone())
    }

    pub(super) fn state(&self) -> PluginState {
        self.see(|snapshot| snapshot.state)
    }

    /// Something of what is known, without a copy of the rest.
    pub(super) fn see<T>(&self, something: impl FnOnce(&Snapshot) -> T) -> T {
        something(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let before = snapshot.state;
        change(&mut snapshot);
        let (state, reason) = (snapshot.state, snapshot.reason.clone());
        drop(snapshot);
        self.changes.happened();
        if state != before {
            let id = self.plugin.clone();
            self.events.tell(Action::Updated, || Subject::Plugin { id, state, reason });
        }
    }
}
