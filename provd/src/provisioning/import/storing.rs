//! Storing what was planned, and having the devices concerned configured.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::plan::Plan;
use super::report::Report;
use crate::domain::device::Device;
use crate::domain::event::Action;
use crate::provisioning::bulk::Bulk;
use crate::provisioning::many::{Done, OPERATIONS, PARALLEL, Running};
use crate::provisioning::store::StoreError;
use crate::provisioning::{Provisioning, ProvisioningError};

impl Provisioning {
    /// Stores all of a plan, and begins what follows from it.
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        plan: Plan<'_>,
    ) -> Result<(Report, Option<Running>), ProvisioningError> {
        let Plan { mut report, bulk, unconfigured, settled, leaving, .. } = plan;
        let bulk = Arc::new(bulk);
        if !bulk.is_empty() {
            let devices = self.store.store_bulk(bulk.clone()).await?;
            self.tell_of(&bulk, &devices);
        }
        report.applied = true;
        let known: HashSet<&String> = unconfigured.iter().chain(&settled).collect();
        let mut heirs = self.heirs_of(&bulk).await?;
        heirs.retain(|heir| !known.contains(heir));
        let devices = [unconfigured, heirs].concat();
        let running = self.configure_imported(&bulk, devices, leaving).await?;
        Ok((report, running))
    }

    fn tell_of(&self, bulk: &Bulk, devices: &[Device]) {
        let action = |is_new: bool| if is_new { Action::Created } else { Action::Updated };
        for (config, _) in &bulk.configs {
            self.tell_config(action(config.revision == 0), &config.id);
        }
        for (change, device) in bulk.devices.iter().zip(devices) {
            let is_new = change.device.revision == 0;
            if is_new {
                self.presences.forget(&device.id);
            }
            self.tell_device(action(is_new), device);
        }
    }

    /// Configures the devices of the file that need it, and those that inherit from a config of it. The marks of the
    /// configs, and that devices are not configured, outlive a crash: the next start carries on.
    async fn configure_imported(
        self: &Arc<Self>,
        bulk: &Bulk,
        devices: Vec<String>,
        leaving: Vec<Device>,
    ) -> Result<Option<Running>, StoreError> {
        let marks = bulk.configs.iter().filter_map(|(_, change)| change.unfinished.clone()).collect();
        let done = Done::Changes(marks);
        if devices.is_empty() && leaving.is_empty() {
            self.record(done).await?;
            return Ok(None);
        }
        let provisioning = self.clone();
        let end = u64::try_from(devices.len()).ok();
        let what = "configure imported devices".to_owned();
        Ok(Some(self.operations.run(OPERATIONS, what, end, |worker| async move {
            let forget = async |device: Device| provisioning.deconfigure(&device).await;
            futures_util::stream::iter(leaving).for_each_concurrent(PARALLEL, forget).await;
            provisioning.configure_all(devices, done, &worker).await
        })))
    }

    /// The devices that inherit from a config of the file.
    async fn heirs_of(&self, bulk: &Bulk) -> Result<Vec<String>, StoreError> {
        let mut configs = HashSet::new();
        for (config, _) in &bulk.configs {
            if !configs.contains(&config.id) {
                configs.extend(self.store.descendants(&config.id).await?);
            }
        }
        let configs: Vec<String> = configs.into_iter().collect();
        self.store.devices_of_configs(&configs).await
    }
}
