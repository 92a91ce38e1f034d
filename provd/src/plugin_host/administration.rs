//! What an administrator sees of plugins, and does about them. How they come and go is in [`super::repertoire`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::host::{Entry, PluginHost, unavailable};
use super::placing::record_of;
use super::supervisor::{RestartRequest, Version};
use crate::domain::dhcp::DhcpHint;
use crate::domain::plugin::{Crash, PluginLog, PluginStatus};
use crate::provisioning::PluginEvent;
use crate::provisioning::installation::{InstallationError, PlacedPlugin, PluginOffer, SentPackage};
use crate::provisioning::operations::Worker;
use crate::provisioning::plugins::{PluginAdministration, PluginError, Trial};

#[async_trait]
impl PluginAdministration for PluginHost {
    async fn statuses(&self) -> Vec<PluginStatus> {
        let mut statuses = Vec::new();
        for (id, entry) in self.all() {
            let crashes = self.crashes(&id).await;
            statuses.push(PluginStatus { crashes, ..entry.status(&id) });
        }
        statuses
    }

    fn overview(&self) -> Vec<PluginStatus> {
        self.all().into_iter().map(|(id, entry)| entry.status(&id)).collect()
    }

    async fn status(&self, plugin: &str) -> Option<PluginStatus> {
        let entry = self.find(plugin)?;
        Some(PluginStatus { crashes: self.crashes(plugin).await, ..entry.status(plugin) })
    }

    fn log(&self, plugin: &str, seen: u64) -> Option<PluginLog> {
        Some(self.find(plugin)?.shared.ring.after(seen))
    }

    fn dhcp_hints(&self) -> Vec<(String, Option<Vec<DhcpHint>>)> {
        let hints = |entry: &Entry| Some(entry.shared.generation()?.judged.dhcp_hints.clone());
        self.all().into_iter().map(|(id, entry)| (id, hints(&entry))).collect()
    }

    async fn restart(&self, plugin: &str) -> Result<PluginStatus, PluginError> {
        self.replace_process(&*self.entry(plugin)?, None).await.map_err(|why| unavailable(plugin, &why))?;
        self.status(plugin).await.ok_or_else(|| PluginError::NotInstalled(plugin.to_owned()))
    }

    async fn offers(&self) -> Result<Vec<PluginOffer>, InstallationError> {
        let bundled = self.offered().await?;
        self.with_repositories(bundled).await
    }

    async fn place_offered(
        &self,
        plugin: &str,
        worker: &Arc<Worker>,
    ) -> Result<PlacedPlugin, InstallationError> {
        self.put_in_place(plugin, worker).await
    }

    async fn place(&self, package: SentPackage) -> Result<PlacedPlugin, InstallationError> {
        self.place_package(package, self.settings.trust.clone()).await
    }

    async fn previous(&self, plugin: &str) -> Result<PlacedPlugin, InstallationError> {
        self.previous_version(plugin).await
    }

    async fn try_out(&self, placed: &PlacedPlugin) -> Result<Box<dyn Trial>, InstallationError> {
        Ok(Box::new(self.start_beside(placed).await?))
    }

    async fn install_placed(&self, placed: PlacedPlugin) -> Result<PluginEvent, InstallationError> {
        self.install_record(record_of(placed)).await
    }

    async fn uninstall(&self, plugin: &str) -> Result<(), InstallationError> {
        self.remove(plugin).await
    }
}

impl PluginHost {
    /// Has the process of a plugin replaced, by one of another version if there is one, or says why it was not.
    pub(super) async fn replace_process(
        &self,
        entry: &Entry,
        version: Option<Box<Version>>,
    ) -> Result<(), String> {
        let (outcome, replaced) = oneshot::channel();
        let ending = || "it is being stopped".to_owned();
        entry.restarts.send(RestartRequest { outcome, version }).await.map_err(|_| ending())?;
        replaced.await.unwrap_or_else(|_| Err(ending()))
    }

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
            p99: self.shared.counters.p99(),
            previous_version: self.previous.as_ref().map(|previous| previous.version.clone()),
            capabilities: snapshot.capabilities,
            sandbox: snapshot.pid.and(snapshot.sandbox),
            crashes: Vec::new(),
        }
    }
}

/// Resident memory of a process, from statm(5) in `proc`.
pub(super) fn resident_bytes(pid: u32) -> Option<u64> {
    let pages: u64 =
        std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
