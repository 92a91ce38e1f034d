//! Which files a target has, and what is in them: paths, the choice of template, rendering, encoding.

use crate::declarative::spanned::Spanned;
use minijinja::Value;
use provd_proto::v1::{Device, GeneratedFile};

use super::error::LoadError;
use super::manifest::{Manifest, Scope};
use super::source::Source;
use super::target::Target;
use super::templates::{Context, Templates};
use crate::PluginError;
use crate::extraction::Fact;
use common::CommonFile;
use content::Content;
use device::DeviceFile;

mod common;
mod content;
mod device;

/// The files of a target.
#[derive(Debug)]
pub(crate) struct Files {
    device: Vec<DeviceFile>,
    common: Vec<CommonFile>,
    requires: Vec<Fact>,
}

/// The files of one device, and the path of the one whose fetch proves that the phone is up to date.
#[derive(Debug, Default)]
pub(crate) struct DeviceFiles {
    pub(crate) files: Vec<GeneratedFile>,
    pub(crate) trigger_path: String,
}

impl Files {
    /// Compiles all entries.
    pub(crate) fn compile(
        manifest: &Manifest,
        source: &Source,
        target: &Target,
        templates: &mut Templates,
    ) -> Result<Files, LoadError> {
        let mut files = Files { device: Vec::new(), common: Vec::new(), requires: manifest.requires.clone() };
        for entry in manifest.files.iter().map(Spanned::get_ref) {
            let path = templates.text(source, &entry.path, "path")?;
            let content = Content::compile(entry, source, templates)?;
            match entry.scope {
                Scope::Device => files.device.push(DeviceFile::compile(entry, source, path, content)?),
                Scope::Common => {
                    let common = CommonFile::compile(entry, source, target, templates, (&path, &content))?;
                    files.common.extend(common);
                }
            }
        }
        device::check_trigger(manifest, source)?;
        common::check_paths(&files.common, source)?;
        Ok(files)
    }

    /// Generates the files of a device.
    pub(crate) fn of_device(
        &self,
        templates: &Templates,
        device: &Device,
        context: &Context,
        identity: &Value,
    ) -> Result<DeviceFiles, PluginError> {
        if let Some(missing) = self.missing_fact(device) {
            let (title, key) = (missing.title(), missing.name());
            return Err(PluginError::FailedPrecondition(format!(
                "the {title} of this device is not known: set its `{key}`, or let the phone ask for a file that \
                 reveals it"
            )));
        }
        let variables = context.value();
        let model = device.info.as_ref().and_then(|info| info.model.as_deref());
        let mut generated = DeviceFiles::default();
        for file in &self.device {
            if !file.content.is_wanted(templates, &variables)? {
                continue;
            }
            let path = templates.render(&file.path, identity)?;
            if file.is_trigger {
                generated.trigger_path.clone_from(&path);
            }
            add(&mut generated.files, file.content.generate(templates, path, model, &variables)?)?;
        }
        Ok(generated)
    }

    /// Generates the common files.
    pub(crate) fn in_common(
        &self,
        templates: &Templates,
        context: &Context,
    ) -> Result<Vec<GeneratedFile>, PluginError> {
        let mut files = Vec::new();
        for file in &self.common {
            if let Some(file) = file.generate(templates, context)? {
                add(&mut files, file)?;
            }
        }
        Ok(files)
    }

    /// Paths of the files a device may have. One that cannot be named for this device is not among them.
    pub(crate) fn device_paths(
        &self,
        templates: &Templates,
        device: &Device,
        identity: &Value,
    ) -> Vec<String> {
        if self.missing_fact(device).is_some() {
            return Vec::new();
        }
        self.device.iter().filter_map(|file| templates.render(&file.path, identity).ok()).collect()
    }

    /// Whether another device than the one that asks may have a file of its own under this path.
    pub(crate) fn may_be_of_a_device(&self, path: &str) -> bool {
        self.device.iter().any(|file| file.may_be_at(path))
    }

    /// Paths of the files that are shared.
    pub(crate) fn common_paths(&self) -> impl Iterator<Item = &str> {
        self.common.iter().map(CommonFile::path)
    }

    fn missing_fact(&self, device: &Device) -> Option<Fact> {
        let info = device.info.as_ref();
        let is_known = |fact: Fact| info.and_then(|info| fact.in_info(info)).is_some();
        self.requires.iter().copied().find(|fact| !is_known(*fact))
    }
}

/// Two entries may name one path for different conditions, but only one may be generated.
fn add(files: &mut Vec<GeneratedFile>, file: GeneratedFile) -> Result<(), PluginError> {
    if files.iter().any(|other| other.path == file.path) {
        let message = format!("two files of this plugin have the path `{}`", file.path);
        return Err(PluginError::FailedPrecondition(message));
    }
    files.push(file);
    Ok(())
}
