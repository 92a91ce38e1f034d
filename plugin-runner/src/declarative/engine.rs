//! One target of a plugin folder, loaded: everything the contract asks, answered from what the folder says.
//!
//! Nothing is kept between calls. Changes of the folder, or of the administrator's, show after a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use provd_proto::negotiation::API_MINOR;
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureCommonRequest, ConfigureCommonResponse, ConfigureRequest,
    ConfigureResponse, DescribeRequest, DescribeResponse, Device, DhcpHint, ExtractRequest, ExtractResponse,
    RawConfig, ServeFileRequest, ServeFileResponse, SynchronizeRequest, SynchronizeResponse, request,
};

use super::association::Association;
use super::dhcp;
use super::error::LoadError;
use super::extraction::Extraction;
use super::files::{DeviceFiles, Files};
use super::manifest::Manifest;
use super::serving::Serving;
use super::synchronization::Synchronization;
use super::target::Target;
use super::templates::{Context, Family, Templates};
use crate::{Plugin, PluginError, raw_config};

/// A plugin that is only data. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    version: String,
    description: String,
    target: Target,
    family: Family,
    templates: Templates,
    extraction: Extraction,
    association: Association,
    files: Files,
    serving: Serving,
    synchronization: Synchronization,
    dhcp_hints: Vec<DhcpHint>,
    sensitive: Vec<String>,
    served_folders: Vec<String>,
}

impl Engine {
    /// Loads one target of a folder, with the administrator's folder of overrides if there is one.
    ///
    /// The target may be left out if the folder has only one. Everything in the folder is checked and compiled, so that
    /// what loads can be trusted to fail later for want of parameters only.
    pub fn load(folder: &Path, target: Option<&str>, overrides: Option<&Path>) -> Result<Engine, LoadError> {
        let (manifest, source) = Manifest::read(folder)?;
        let target = Target::resolve(&manifest, &source, folder, target)?;
        let mut templates = Templates::load(&layers(folder, &target, overrides, "templates"))?;
        let extraction = Extraction::compile(&manifest, &source, &mut templates)?;
        let files = Files::compile(&manifest, &source, &target, &mut templates)?;
        let synchronization = Synchronization::compile(&manifest, &source, &mut templates)?;
        // Templates are layered from the back, static files are looked for from the front.
        let static_folders = layers(folder, &target, overrides, "served").into_iter().rev().collect();
        let inner = Inner {
            association: Association::compile(&manifest, &source)?,
            serving: Serving::compile(&manifest, &source, static_folders)?,
            dhcp_hints: dhcp::hints(&manifest, &source)?,
            sensitive: manifest.sensitive.iter().map(|pattern| pattern.get_ref().clone()).collect(),
            served_folders: served_folders(folder, &target),
            version: manifest.version.into_inner(),
            description: manifest.description,
            family: Family::of(&target),
            target,
            templates,
            extraction,
            files,
            synchronization,
        };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// Identifier of the target.
    pub fn id(&self) -> &str {
        &self.inner.target.id
    }
}

/// The folders of one name, the one searched first being the last.
fn layers(folder: &Path, target: &Target, overrides: Option<&Path>, name: &str) -> Vec<PathBuf> {
    let overlay = target.overlay.as_ref().map(|overlay| folder.join(overlay).join(name));
    let own = overrides.map(|overrides| overrides.join(name));
    [Some(folder.join(name)), overlay, own].into_iter().flatten().collect()
}

/// The folders of static files inside the plugin's own, the one searched first being the first.
fn served_folders(folder: &Path, target: &Target) -> Vec<String> {
    let overlay = target.overlay.as_ref().map(|overlay| format!("{overlay}/served"));
    let folders = overlay.into_iter().chain(["served".to_owned()]);
    folders.filter(|name| folder.join(name).is_dir()).collect()
}

impl Inner {
    fn describe(&self) -> DescribeResponse {
        DescribeResponse {
            id: self.target.id.clone(),
            version: self.version.clone(),
            description: self.description.clone(),
            api_minor: API_MINOR,
            features: Vec::new(),
            supported_devices: self.target.supported_devices(),
            filters: self.extraction.filters(),
            dhcp_hints: self.dhcp_hints.clone(),
            sensitive_filenames: self.sensitive.clone(),
            served_folders: self.served_folders.clone(),
            firmware_folder: String::new(),
            extraction: Some(self.extraction.message()),
        }
    }

    fn extract(&self, request: &ExtractRequest) -> Result<ExtractResponse, PluginError> {
        let kind = request.request.as_ref().and_then(|request| request.kind.as_ref());
        let kind =
            kind.ok_or_else(|| PluginError::InvalidArgument("the request is of no kind".to_owned()))?;
        let info = self.extraction.extract(kind, &self.templates);
        let info = info.map_err(|error| PluginError::InvalidArgument(error.to_string()))?;
        Ok(ExtractResponse { info, memory: Some(self.extraction.memory(kind)) })
    }

    fn context(&self, device: Option<&Device>, config: Option<&RawConfig>) -> Result<Context, PluginError> {
        let mut context = Context::of(&self.family, device)?;
        context.add_config(&raw_config::document(config)?)?;
        Ok(context)
    }

    fn configure_common(
        &self,
        request: &ConfigureCommonRequest,
    ) -> Result<ConfigureCommonResponse, PluginError> {
        let context = self.context(None, request.raw_config.as_ref())?;
        let files = self.files.in_common(&self.templates, &context)?;
        Ok(ConfigureCommonResponse { files, warnings: context.warnings() })
    }

    fn configure(&self, request: &ConfigureRequest) -> Result<ConfigureResponse, PluginError> {
        let device = known(request.device.as_ref())?;
        let mut context = Context::of(&self.family, Some(device))?;
        let identity = context.value();
        context.add_config(&raw_config::document(request.raw_config.as_ref())?)?;
        let DeviceFiles { files, trigger_path } =
            self.files.of_device(&self.templates, device, &context, &identity)?;
        Ok(ConfigureResponse { files, trigger_path, warnings: context.warnings() })
    }

    fn synchronize(&self, request: &SynchronizeRequest) -> Result<SynchronizeResponse, PluginError> {
        let device = known(request.device.as_ref())?;
        let context = self.context(Some(device), request.raw_config.as_ref())?;
        self.synchronization.synchronize(&self.templates, device, &context.value())
    }

    fn serve_file(&self, request: &ServeFileRequest) -> Result<ServeFileResponse, PluginError> {
        let device = known(request.device.as_ref())?;
        let kind: Option<&request::Kind> = request.request.as_ref().and_then(|request| request.kind.as_ref());
        let kind =
            kind.ok_or_else(|| PluginError::InvalidArgument("the request is of no kind".to_owned()))?;
        let identity = Context::of(&self.family, Some(device))?.value();
        self.serving.serve(&self.files, &self.templates, (device, &identity), kind)
    }
}

fn known(device: Option<&Device>) -> Result<&Device, PluginError> {
    device.ok_or_else(|| PluginError::InvalidArgument("the request names no device".to_owned()))
}

/// Renders on a thread of its own, so that health is answered meanwhile.
async fn rendered<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PluginError> + Send + 'static,
) -> Result<T, PluginError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(PluginError::Internal(format!("rendering did not finish: {error}"))))
}

#[async_trait]
impl Plugin for Engine {
    async fn describe(&self, _request: DescribeRequest) -> Result<DescribeResponse, PluginError> {
        Ok(self.inner.describe())
    }

    async fn extract(&self, request: ExtractRequest) -> Result<ExtractResponse, PluginError> {
        self.inner.extract(&request)
    }

    async fn associate(&self, request: AssociateRequest) -> Result<AssociateResponse, PluginError> {
        let info = request.info.unwrap_or_default();
        let support = self.inner.association.support(&self.inner.target, &info);
        Ok(AssociateResponse { support: support.into(), may_be_remembered: true })
    }

    async fn configure_common(
        &self,
        request: ConfigureCommonRequest,
    ) -> Result<ConfigureCommonResponse, PluginError> {
        let inner = Arc::clone(&self.inner);
        rendered(move || inner.configure_common(&request)).await
    }

    async fn configure(&self, request: ConfigureRequest) -> Result<ConfigureResponse, PluginError> {
        let inner = Arc::clone(&self.inner);
        rendered(move || inner.configure(&request)).await
    }

    async fn synchronize(&self, request: SynchronizeRequest) -> Result<SynchronizeResponse, PluginError> {
        self.inner.synchronize(&request)
    }

    async fn serve_file(&self, request: ServeFileRequest) -> Result<ServeFileResponse, PluginError> {
        self.inner.serve_file(&request)
    }
}
