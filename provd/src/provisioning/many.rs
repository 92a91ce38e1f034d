//! Doing something to many devices as one operation: some at a time, so that phones are served meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::watch;

use super::operations::Worker;
use super::store::StoreError;
use super::{Provisioning, ProvisioningError};
use crate::domain::operation::Operation;

/// Devices configured at the same time, by all operations together. Half of what a plugin takes: the other half is for
/// phones.
pub(super) const PARALLEL: usize = 16;

/// Where operations are in REST.
pub const OPERATIONS: &str = "/0.2/operations";

/// What is recorded when all devices of an operation are configured, or known not to be configurable.
#[derive(Debug)]
pub(super) enum Done {
    /// The change of a config, by its mark.
    Change(String),
    /// The changes of several configs, by their marks.
    Changes(Vec<String>),
    /// What they are configured from, as a parameter: name and value.
    Parameter(String, String),
}

/// An operation under way; it goes on if this is dropped.
pub type Running = watch::Receiver<Operation>;

impl Provisioning {
    /// Configures many devices anew, as an operation. One that fails does not keep the others from it. When the outcome for
    /// each, good or bad, is stored, so is that this is done; before, the next start would do it again.
    pub(super) fn configure_many(
        self: &Arc<Self>,
        what: String,
        devices: Vec<String>,
        done: Done,
    ) -> Running {
        let provisioning = self.clone();
        let end = u64::try_from(devices.len()).ok();
        self.operations.run(OPERATIONS, what, end, |worker| async move {
            provisioning.configure_all(devices, done, &worker).await
        })
    }

    /// The work of such an operation.
    pub(super) async fn configure_all(
        &self,
        devices: Vec<String>,
        done: Done,
        worker: &Worker,
    ) -> Result<Option<String>, String> {
        if self.configure_each(devices, worker).await {
            self.record(done).await.map_err(|error| error.to_string())?;
        }
        match worker.failures() {
            0 => Ok(None),
            failures => Err(format!("{failures} devices are not configured")),
        }
    }

    pub(super) async fn record(&self, done: Done) -> Result<(), StoreError> {
        match done {
            Done::Change(id) => self.store.finish_change(&id).await,
            Done::Changes(ids) => {
                let finish = async |id: String| self.store.finish_change(&id).await;
                futures_util::stream::iter(ids).map(finish).buffer_unordered(PARALLEL).try_collect().await
            }
            Done::Parameter(name, value) => self.store.set_parameter(&name, Some(&value)).await,
        }
    }

    /// Says whether the outcome for every device, good or bad, is stored.
    async fn configure_each(&self, devices: Vec<String>, worker: &Worker) -> bool {
        let all_stored = AtomicBool::new(true);
        let one = async |id: String| {
            let _place = self.places.acquire().await;
            match self.reconfigure_device(&id).await {
                Ok(device) => {
                    if let Some(failure) = device.last_error {
                        worker.failed(&id, &failure.reason);
                    }
                }
                // Deleted since the list was made: nothing is left to do.
                Err(ProvisioningError::NoSuchDevice(_)) => {}
                Err(error) => {
                    tracing::error!("Device {id} could not be configured anew: {error}");
                    worker.failed(&id, &error.to_string());
                    self.configure_later(&id, None);
                    all_stored.store(false, Ordering::Relaxed);
                }
            }
            worker.advance();
        };
        futures_util::stream::iter(devices).for_each_concurrent(PARALLEL, one).await;
        all_stored.into_inner()
    }
}

/// Waits until an operation has ended, and gives it as it is then.
pub async fn ended(mut running: Running) -> Operation {
    let ended = running.wait_for(|operation| operation.progress.stage.is_over()).await;
    let operation = ended.map(|operation| operation.clone());
    // Its worker ends it before it goes.
    operation.unwrap_or_else(|_| running.borrow().clone())
}
