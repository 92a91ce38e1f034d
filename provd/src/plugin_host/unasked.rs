//! What plugins need not be asked, because it follows from what is known of them: who of several answers for all, which file
//! is a phone's own, whom a plugin cannot support.

use std::ffi::OsString;
use std::sync::Arc;

use provd_proto::v1;

use super::generation::{Generation, Plan};
use super::host::PluginHost;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::mac::canonical_path;
use crate::domain::plugin::{FileReference, PluginState, Support};
use crate::domain::request::Request;
use crate::packages::Engine;
use crate::provisioning::plugins::PluginError;

/// A plugin that is data for provd's own runner, which answers what the data say and nothing else.
#[derive(Debug)]
pub(super) struct Data {
    /// The version folder without the plugin it is of: its name holds the digest of what is in it. Targets of one family
    /// have the same.
    name: OsString,
    /// Whether an administrator put templates of his own in front.
    is_overridden: bool,
}

impl Data {
    pub(super) fn of(plan: &Plan) -> Option<Data> {
        let name = plan.folder.file_name().filter(|_| plan.manifest.engine == Engine::Declarative)?;
        Some(Data { name: name.to_owned(), is_overridden: plan.overrides.join("templates").exists() })
    }
}

impl Generation {
    /// Whether this one reads the same out of every request as another: both are targets of one family, whose rules are
    /// the family's.
    pub(super) fn extracts_like(&self, other: &Generation) -> bool {
        let (Some(own), Some(others)) = (&self.data, &other.data) else { return false };
        own.name == others.name
            && !own.is_overridden
            && !others.is_overridden
            && self.description.version == other.description.version
            && self.description.filters == other.description.filters
    }
}

impl PluginHost {
    /// Plugins that read the same out of a request, together: to ask one of them is enough.
    pub(super) fn of_one_mind(&self, plugins: Vec<String>) -> Vec<Vec<String>> {
        let mut groups: Vec<(Option<Arc<Generation>>, Vec<String>)> = Vec::new();
        for plugin in plugins {
            let generation = self.generation(&plugin).ok();
            let like = |group: &&mut (Option<Arc<Generation>>, Vec<String>)| {
                group.0.as_ref().zip(generation.as_ref()).is_some_and(|(one, two)| one.extracts_like(two))
            };
            match groups.iter_mut().find(like) {
                Some((_, group)) => group.push(plugin),
                None => groups.push((generation, vec![plugin])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// The file by which a device is known to be up to date, where a request is for its very path. A plugin that is data
    /// generated it for this device under this path, so it would name it.
    pub(super) fn own_file(
        &self,
        plugin: &str,
        device: &Device,
        request: &Request,
    ) -> Result<Option<FileReference>, PluginError> {
        let generation = self.generation(plugin)?;
        let (Some(trigger), Some(path)) = (&device.trigger_path, request.kind.path()) else {
            return Ok(None);
        };
        let is_own = generation.data.is_some()
            && device.configured
            && device.plugin.as_deref() == Some(plugin)
            && canonical_path(path.trim_start_matches('/')) == canonical_path(trigger);
        Ok(is_own.then(|| FileReference::Generated(trigger.clone())))
    }

    /// What need not be asked. A plugin that names the devices it supports supports no other vendor's; one that is
    /// quarantined, or has not become ready in its first start, cannot be waited for.
    pub(super) fn support_without_asking(&self, plugin: &str, info: &DeviceInfo) -> Option<Support> {
        let (first_start, generation) = self.find(plugin)?.shared.see(|snapshot| {
            let first_start = snapshot.state == PluginState::Starting && snapshot.starts <= 1;
            let is_quarantined = snapshot.state == PluginState::Quarantined;
            (first_start, snapshot.generation.clone().filter(|_| !is_quarantined))
        });
        let Some(generation) = generation else { return (!first_start).then_some(Support::None) };
        let vendor = info.vendor.as_ref()?;
        let supported = &generation.description.supported_devices;
        let another = |device: &v1::SupportedDevice| device.vendor != *vendor && device.vendor != "*";
        (!supported.is_empty() && supported.iter().all(another)).then_some(Support::Improbable)
    }
}
