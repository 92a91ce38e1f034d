//! Telling phones to fetch their files again: one, or many with a limit, pauses and a halt.
//!
//! The plugin of a phone says how, the [`Synchronizer`](super::synchronizer::Synchronizer) does it. That a phone was told
//! does not mean that it fetched anything: its remote state shows that.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::many::Running;
use super::operations::Worker;
use super::{Provisioning, ProvisioningError};
use crate::domain::device::Device;
use crate::domain::raw_config::RawConfig;
use crate::domain::synchronization::SynchronizationTarget;

/// Where operations that tell one phone are in REST.
pub const SYNCHRONIZE: &str = "/0.2/dev_mgr/synchronize";
/// Where operations that tell many phones are.
pub const SYNCHRONIZATIONS: &str = "/0.2/dev_mgr/synchronizations";

/// Length of the user names of accounts that many phones share, as the installers of existing systems make them.
const SHARED_LENGTH: usize = 10;

/// How fast many phones are told, and when it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Phones told at the same time: each group is waited for.
    pub at_once: usize,
    /// Pause between groups.
    pub pause: Duration,
    /// More failures than this end it after their group; absent: it goes on to the end.
    pub halt_after: Option<u64>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { at_once: 10, pause: Duration::from_secs(1), halt_after: None }
    }
}

impl Provisioning {
    /// Tells one phone, as an operation: it succeeds when the phone, or its PBX, acknowledged.
    pub async fn synchronize_device(self: &Arc<Self>, id: &str) -> Result<Running, ProvisioningError> {
        self.stored_device(id).await?;
        let (provisioning, id) = (self.clone(), id.to_owned());
        let what = format!("synchronize device {id}");
        Ok(self.operations.run(
            SYNCHRONIZE,
            what,
            None,
            |_| async move { provisioning.tell(&id).await.map(Some) },
        ))
    }

    /// Tells many phones, some at a time, as an operation. It fails if one of them could not be told.
    pub fn synchronize_many(self: &Arc<Self>, devices: Vec<String>, pace: Pace) -> Running {
        let provisioning = self.clone();
        let end = u64::try_from(devices.len()).ok();
        let what = match devices.as_slice() {
            [only] => format!("synchronize device {only}"),
            devices => format!("synchronize {} devices", devices.len()),
        };
        self.operations.run(SYNCHRONIZATIONS, what, end, |worker| async move {
            provisioning.tell_each(&devices, pace, &worker).await
        })
    }

    async fn tell_each(
        &self,
        devices: &[String],
        pace: Pace,
        worker: &Worker,
    ) -> Result<Option<String>, String> {
        let tell = async |id: &String| {
            if let Err(why) = self.tell(id).await {
                worker.failed(id, &why);
            }
            worker.advance();
        };
        let mut told = 0;
        for group in devices.chunks(pace.at_once.max(1)) {
            if told > 0 {
                tokio::time::sleep(pace.pause).await;
            }
            join_all(group.iter().map(tell)).await;
            told += group.len();
            let failures = worker.failures();
            if told < devices.len() && pace.halt_after.is_some_and(|limit| failures > limit) {
                let left = devices.len() - told;
                return Err(format!(
                    "halted: {failures} of {told} phones could not be told; {left} were not tried"
                ));
            }
        }
        match worker.failures() {
            0 => Ok(Some(format!("{told} phones were told"))),
            failures => Err(format!("{failures} of {told} phones could not be told")),
        }
    }

    /// Tells one phone. Gives what was answered, or why it could not be told.
    async fn tell(&self, id: &str) -> Result<String, String> {
        let device = self.store.device(id).await.map_err(|error| error.to_string())?;
        let device = device.ok_or_else(|| format!("there is no device `{id}`"))?;
        let outcome = self.try_tell(&device).await;
        match &outcome {
            Ok(answer) => tracing::info!("Device {id} is told to fetch its files: {answer}"),
            Err(why) => tracing::warn!("Device {id} could not be told to fetch its files: {why}"),
        }
        outcome
    }

    async fn try_tell(&self, device: &Device) -> Result<String, String> {
        if !device.configured {
            let why = device.last_error.as_ref().map_or("", |failure| failure.reason.as_str());
            return Err(format!("it is not configured: {why}"));
        }
        let plugin = device.plugin.as_deref().ok_or("it has no plugin")?;
        let synchronizer = self.synchronizer.as_ref().ok_or("this server has no way to tell phones")?;
        tracing::info!("Synchronizing device {} with plugin {plugin}", device.id);
        let raw_config = self.raw_config_to_tell(device).await?;
        let method =
            self.plugins.synchronize(device, &raw_config).await.map_err(|error| error.to_string())?;
        let target = target(device, &raw_config);
        synchronizer.synchronize(&target, &method).await.map_err(|error| error.to_string())
    }

    async fn raw_config_to_tell(&self, device: &Device) -> Result<RawConfig, String> {
        let config = device.config.as_deref().ok_or("it has no config")?;
        let merged = self.merged_raw_config(config).await.map_err(|error| error.to_string())?;
        Ok(RawConfig::new(merged.ok_or_else(|| format!("its config {config} does not exist"))?))
    }
}

/// By the name the phone registered with, if it is its own, and by its address.
fn target(device: &Device, raw_config: &RawConfig) -> SynchronizationTarget {
    let peer = device.remote_state_sip_username.clone().filter(|peer| !is_shared(peer));
    let line = raw_config.document().get("sip_lines").and_then(|lines| lines.get("1"));
    let text = |key: &str| line.and_then(|line| line.get(key)).and_then(Value::as_str).map(str::to_owned);
    SynchronizationTarget {
        device: device.id.clone(),
        peer,
        username: text("username"),
        ip: device.info.ip,
        credentials: text("auth_username").or_else(|| text("username")).zip(text("password")),
    }
}

/// Whether every phone that nobody has provisioned yet would be told: an account named `ap` and eight characters.
fn is_shared(peer: &str) -> bool {
    peer.starts_with("ap") && peer.chars().count() == SHARED_LENGTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_account_is_not_told_by_its_name() {
        assert!(is_shared("apx7k2m9q1") && !is_shared("ap123456789012") && !is_shared("alice56789"));
    }
}
