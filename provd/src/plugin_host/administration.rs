//! What an administrator sees of plugins, and the one thing to do about them: a restart.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::host::{Entry, PluginHost, unavailable};
use crate::domain::dhcp::DhcpHint;
use crate::domain::plugin::{Crash, PluginStatus};
use crate::provisioning::plugins::{PluginAdministration, PluginError};

#[async_trait]
impl PluginAdministration for PluginHost {
    async fn statuses(&self) -> Vec<PluginStatus> {
        let mut statuses = Vec::new();
        for (id, entry) in &self.entries {
            let crashes = self.crashes(id).await;
            statuses.push(PluginStatus { crashes, ..entry.status(id) });
        }
        statuses
    }

    async fn status(&self, plugin: &str) -> Option<PluginStatus> {
        let entry = self.entries.get(plugin)?;
        Some(PluginStatus { crashes: self.crashes(plugin).await, ..entry.status(plugin) })
    }

    fn log(&self, plugin: &str) -> Option<Vec<String>> {
        Some(self.entries.get(plugin)?.shared.ring.lines())
    }

    fn dhcp_hints(&self) -> Vec<(String, Option<Vec<DhcpHint>>)> {
        let hints = |entry: &Entry| Some(entry.shared.generation()?.dhcp_hints.clone());
        self.entries.iter().map(|(id, entry)| (id.clone(), hints(entry))).collect()
    }

    async fn restart(&self, plugin: &str) -> Result<PluginStatus, PluginError> {
        let entry = self.entry(plugin)?;
        let (asked, outcome) = oneshot::channel();
        let stopping = || unavailable(plugin, "the server stops");
        entry.restarts.send(asked).await.map_err(|_| stopping())?;
        match outcome.await {
            Ok(Ok(())) => self.status(plugin).await.ok_or_else(stopping),
            Ok(Err(why)) => Err(unavailable(plugin, &why)),
            Err(_) => Err(stopping()),
        }
    }
}

impl PluginHost {
    /// Recorded crashes, newest first.
    async fn crashes(&self, plugin: &str) -> Vec<Crash> {
        self.store.crashes(plugin, SystemTime::UNIX_EPOCH).await.unwrap_or_else(|error| {
            tracing::error!("The crashes of plugin {plugin} cannot be read: {error}");
            Vec::new()
        })
    }
}

impl Entry {
    fn status(&self, id: &str) -> PluginStatus {
        let snapshot = self.shared.snapshot();
        let described = snapshot.generation.as_ref().map(|generation| &generation.description);
        let text =
            |from: Option<&String>, or: &String| from.filter(|text| !text.is_empty()).unwrap_or(or).clone();
        PluginStatus {
            id: id.to_owned(),
            version: text(described.map(|described| &described.version), &self.version),
            description: text(described.map(|described| &described.description), &self.description),
            state: snapshot.state,
            reason: snapshot.reason,
            pid: snapshot.pid,
            ready_since: snapshot.pid.and(snapshot.ready_since),
            starts: snapshot.starts,
            resident_bytes: snapshot.pid.and_then(resident_bytes),
            calls: self.shared.counters.calls.load(Ordering::Relaxed),
            failures: self.shared.counters.failures.load(Ordering::Relaxed),
            capabilities: snapshot.capabilities,
            crashes: Vec::new(),
        }
    }
}

/// Resident memory of a process, from statm(5) in `proc`.
fn resident_bytes(pid: u32) -> Option<u64> {
    let pages: u64 =
        std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
