//! The calls of a plugin as the use cases make them: remembered where the plugin allows it, judged before they are believed.

use async_trait::async_trait;
use futures_util::future::join_all;
use provd_proto::v1;
use tonic::Code;

use super::client::CallError;
use super::convert;
use super::generation::Generation;
use super::host::PluginHost;
use super::served::open_beneath;
use crate::domain::answer::ServedFile;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{Configuration, FileReference, Support};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::{Request, RequestKind};
use crate::domain::synchronization::SynchronizationMethod;
use crate::provisioning::plugins::{FileAnswer, PluginError, Plugins, Shape, Votes};

/// Inline answers up to this size may be remembered, in bytes.
const REMEMBERED_INLINE: usize = 64 * 1024;

#[async_trait]
impl Plugins for PluginHost {
    fn installed(&self) -> Vec<String> {
        self.ids()
    }

    fn is_installed(&self, plugin: &str) -> bool {
        self.find(plugin).is_some()
    }

    fn is_available(&self, plugin: &str) -> bool {
        self.running(plugin).is_ok_and(|generation| !generation.client.is_breaker_open())
    }

    async fn extract(&self, request: &Request) -> Votes {
        let audience = self.audience();
        let remembered = if audience.is_current(&self.changes) { audience.remembered(request) } else { None };
        self.metrics.votes.looked(remembered.is_some());
        if let Some(votes) = remembered {
            return votes;
        }
        let interested = audience.interested(request);
        let asked = interested.len();
        let groups = self.of_one_mind(interested);
        let answers = join_all(groups.into_iter().map(|group| self.extract_by_any(group, request))).await;
        audience.count(request, asked, answers.into_iter().flatten().collect())
    }

    fn shape(&self, request: &Request) -> Option<Shape> {
        let audience = self.audience();
        audience.is_current(&self.changes).then(|| audience.shape(request))
    }

    fn changes(&self) -> u64 {
        self.changes.count()
    }

    async fn associate(&self, plugin: &str, info: &DeviceInfo) -> Result<Support, PluginError> {
        if let Some(support) = self.remembered_support(plugin, info)? {
            return Ok(support);
        }
        if let Some(support) = self.support_without_asking(plugin, info) {
            return Ok(support);
        }
        let generation = self.running(plugin)?;
        let message = v1::AssociateRequest { info: Some(convert::info(info)) };
        let response = generation.client.associate(message).await.map_err(failed(plugin))?;
        let support = convert::support(response.support()).map_err(defective(plugin))?;
        if response.may_be_remembered {
            generation.memory.remember_support(info, support);
        }
        Ok(support)
    }

    async fn configure_common(
        &self,
        plugin: &str,
        raw_config: &RawConfig,
    ) -> Result<Configuration, PluginError> {
        configure_common_by(&*self.running(plugin)?, plugin, raw_config).await
    }

    async fn configure(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, PluginError> {
        let plugin = device.plugin.as_deref().unwrap_or_default();
        configure_by(&*self.running(plugin)?, plugin, device, raw_config).await
    }

    async fn deconfigure(&self, plugin: &str, device: &Device) -> Result<(), PluginError> {
        let generation = self.running(plugin)?;
        generation.client.deconfigure(convert::device(device)).await.map_err(failed(plugin))
    }

    async fn synchronize(
        &self,
        device: &Device,
        raw_config: &RawConfig,
    ) -> Result<SynchronizationMethod, PluginError> {
        let plugin = device.plugin.as_deref().unwrap_or_default();
        let generation = self.running(plugin)?;
        let message = v1::SynchronizeRequest {
            device: Some(convert::device(device)),
            raw_config: Some(convert::raw_config(raw_config)),
        };
        let response = generation.client.synchronize(message).await.map_err(failed(plugin))?;
        convert::synchronization_method(response.method).map_err(defective(plugin))
    }

    async fn serve_file(
        &self,
        plugin: &str,
        device: &Device,
        request: &Request,
    ) -> Result<FileAnswer, PluginError> {
        let remembered = self.generation(plugin)?.memory.file(device, request);
        self.metrics.answers.looked(remembered.is_some());
        if let Some(reference) = remembered {
            return Ok(FileAnswer { reference, may_be_remembered: is_all_that_counts(request) });
        }
        if let Some(reference) = self.own_file(plugin, device, request)? {
            return Ok(FileAnswer { reference, may_be_remembered: is_all_that_counts(request) });
        }
        let generation = self.running(plugin)?;
        let message = v1::ServeFileRequest {
            device: Some(convert::device(device)),
            request: Some(convert::request(request)),
        };
        let forgotten = |reference| Ok(FileAnswer { reference, may_be_remembered: false });
        let (reference, memory) = match generation.client.serve_file(message).await {
            Ok(response) => {
                let memory = response.memory();
                (convert::file_reference(response.answer).map_err(defective(plugin))?, memory)
            }
            Err(CallError::Answered(status)) if status.code() == Code::NotFound => {
                return forgotten(FileReference::NotFound);
            }
            Err(CallError::Answered(status)) if status.code() == Code::PermissionDenied => {
                return forgotten(FileReference::Forbidden);
            }
            Err(error) => return Err(failed(plugin)(error)),
        };
        let owner = match memory {
            _ if !is_small(&reference) || !is_all_that_counts(request) => return forgotten(reference),
            v1::Memory::ByPath => None,
            v1::Memory::ByDevice => Some(device),
            v1::Memory::Unspecified | v1::Memory::Never => return forgotten(reference),
        };
        generation.memory.remember_file(owner, request, reference.clone());
        Ok(FileAnswer { reference, may_be_remembered: true })
    }

    fn open_served(&self, plugin: &str, path: &str) -> Option<ServedFile> {
        let entry = self.find(plugin)?;
        let generation = entry.shared.generation()?;
        let own = generation.description.served_folders.iter().map(|folder| generation.folder.join(folder));
        std::iter::once(entry.overrides.join("served"))
            .chain(own)
            .find_map(|folder| open_beneath(&folder, path))
            .or_else(|| self.open_firmware(plugin, path))
    }

    fn open_firmware(&self, plugin: &str, path: &str) -> Option<ServedFile> {
        // The name of an installed plugin leads nowhere else.
        let generation = self.find(plugin)?.shared.generation();
        let folder = generation.map(|generation| generation.description.firmware_folder.clone());
        let path = below(folder.as_deref().unwrap_or_default(), path)?;
        open_beneath(&self.settings.data_dir.join("firmware/served").join(plugin), path)
    }

    fn is_sensitive(&self, plugin: &str, base_name: &str) -> bool {
        self.generation(plugin).is_ok_and(|generation| generation.judged.sensitive.is_match(base_name))
    }
}

/// What is left of a path below a folder that phones see; nothing if it is elsewhere.
fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let path = path.trim_start_matches('/');
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// A query is not part of what answers are kept under.
fn is_all_that_counts(request: &Request) -> bool {
    !matches!(&request.kind, RequestKind::Http(http) if !http.query.is_empty())
}

/// Large bytes are not worth their memory.
fn is_small(reference: &FileReference) -> bool {
    !matches!(reference, FileReference::Inline(file) if file.content.len() > REMEMBERED_INLINE)
}

/// Has one process generate the common files.
pub(super) async fn configure_common_by(
    generation: &Generation,
    plugin: &str,
    raw_config: &RawConfig,
) -> Result<Configuration, PluginError> {
    let message = v1::ConfigureCommonRequest { raw_config: Some(convert::raw_config(raw_config)) };
    let response = generation.client.configure_common(message).await.map_err(failed(plugin))?;
    convert::configuration(response.files, "", response.warnings).map_err(defective(plugin))
}

/// Has one process generate the files of a device.
pub(super) async fn configure_by(
    generation: &Generation,
    plugin: &str,
    device: &Device,
    raw_config: &RawConfig,
) -> Result<Configuration, PluginError> {
    let message = v1::ConfigureRequest {
        device: Some(convert::device(device)),
        raw_config: Some(convert::raw_config(raw_config)),
    };
    let response = generation.client.configure(message).await.map_err(failed(plugin))?;
    convert::configuration(response.files, &response.trigger_path, response.warnings)
        .map_err(defective(plugin))
}

impl PluginHost {
    fn remembered_support(&self, plugin: &str, info: &DeviceInfo) -> Result<Option<Support>, PluginError> {
        let generation = self.entry(plugin)?.shared.generation();
        Ok(generation.and_then(|generation| generation.memory.support(info)))
    }
}

pub(super) fn defective(plugin: &str) -> impl FnOnce(String) -> PluginError {
    let plugin = plugin.to_owned();
    move |why| {
        tracing::error!("Plugin {plugin} is defective: {why}");
        PluginError::Defective { plugin, why }
    }
}

/// What a failed call means to the use cases.
pub(super) fn failed(plugin: &str) -> impl FnOnce(CallError) -> PluginError {
    let plugin = plugin.to_owned();
    move |error| match error {
        CallError::Unwell(error) => error,
        CallError::Answered(status) => match status.code() {
            Code::InvalidArgument | Code::FailedPrecondition | Code::Unimplemented => {
                PluginError::Refused(status.message().to_owned())
            }
            code => defective(&plugin)(format!("it answered {code:?}: {}", status.message())),
        },
    }
}
