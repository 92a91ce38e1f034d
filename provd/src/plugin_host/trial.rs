//! A version of a plugin that is tried out: a process beside the one phones are served by, which nobody else asks.

use std::sync::Arc;

use async_trait::async_trait;

use super::calls::{configure_by, configure_common_by};
use super::generation::{Running, StartError, start};
use super::host::PluginHost;
use super::logs::LogRing;
use super::placing::record_of;
use super::repertoire::failed;
use crate::domain::device::Device;
use crate::domain::plugin::Configuration;
use crate::domain::raw_config::RawConfig;
use crate::metrics::PluginCalls;
use crate::provisioning::installation::{InstallationError, PlacedPlugin};
use crate::provisioning::plugins::{PluginError, Trial};

/// A started process.
pub(super) struct TrialProcess {
    plugin: String,
    running: Running,
}

impl PluginHost {
    /// Starts a version whose files are in their place. Its log goes where that of the installed one goes; what it is asked
    /// is not counted.
    pub(super) async fn start_beside(
        &self,
        placed: &PlacedPlugin,
    ) -> Result<TrialProcess, InstallationError> {
        let plan = self.plan(&record_of(placed.clone())).map_err(failed)?;
        let ring = match self.find(&placed.id) {
            Some(entry) => entry.shared.ring.clone(),
            None => Arc::new(LogRing::default()),
        };
        let counters = Arc::new(PluginCalls::default());
        let running = start(&plan, &self.spawner, &ring, &counters, &self.tasks).await.map_err(|error| {
            let (StartError::Failed(reason) | StartError::Hopeless(reason)) = error;
            InstallationError::Unfit {
                plugin: placed.id.clone(),
                version: placed.version.clone(),
                why: format!("it does not start: {reason}"),
            }
        })?;
        Ok(TrialProcess { plugin: placed.id.clone(), running })
    }
}

#[async_trait]
impl Trial for TrialProcess {
    async fn configure_common(&self, raw_config: &RawConfig) -> Result<Configuration, PluginError> {
        configure_common_by(&self.running.generation, &self.plugin, raw_config).await
    }

    async fn configure(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, PluginError> {
        configure_by(&self.running.generation, &self.plugin, device, raw_config).await
    }

    async fn end(self: Box<Self>) {
        self.running.stop().await;
    }
}
