//! One target out of a family: which models it has, which firmware, and which folders it is made of.

use std::path::{Component, Path, PathBuf};

use crate::declarative::spanned::Spanned;
use provd_proto::v1::{Capabilities, SupportedDevice};
use serde_json::{Map, Value};

use super::error::LoadError;
use super::manifest::{Manifest, ModelEntry, TargetEntry};
use super::source::Source;
use super::versions::VersionRange;

/// A target with its models resolved.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) vendor: String,
    pub(crate) firmware: Option<String>,
    pub(crate) versions: Option<VersionRange>,
    pub(crate) models: Vec<Model>,
    /// Relative to the plugin's folder.
    pub(crate) overlay: Option<String>,
    pub(crate) vars: Map<String, Value>,
}

/// A model in the firmware of one target.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) firmware: Option<String>,
    pub(crate) capabilities: Capabilities,
    pub(crate) vars: Map<String, Value>,
}

impl Target {
    /// Resolves every target of the family, so that a mistake in one is found whichever runs, and picks one.
    ///
    /// `id` may be left out if there is only one.
    pub(crate) fn resolve(
        manifest: &Manifest,
        source: &Source,
        folder: &Path,
        id: Option<&str>,
    ) -> Result<Target, LoadError> {
        let models = models(manifest, source)?;
        let mut targets: Vec<Target> = Vec::new();
        for entry in &manifest.targets {
            let entry = entry.get_ref();
            if targets.iter().any(|target| target.id == *entry.id.get_ref()) {
                return Err(source.invalid(&entry.id, "id", "two targets have this id"));
            }
            targets.push(target(manifest, source, folder, entry, &models)?);
        }
        pick(targets, source, id)
    }

    /// The model of this name.
    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// Every model, as the contract describes it.
    pub(crate) fn supported_devices(&self) -> Vec<SupportedDevice> {
        let device = |model: &Model| SupportedDevice {
            vendor: self.vendor.clone(),
            model: model.name.clone(),
            version: model.firmware.clone().unwrap_or_else(|| "*".to_owned()),
            capabilities: Some(model.capabilities.clone()),
        };
        self.models.iter().map(device).collect()
    }
}

fn pick(mut targets: Vec<Target>, source: &Source, id: Option<&str>) -> Result<Target, LoadError> {
    let known: Vec<String> = targets.iter().map(|target| target.id.clone()).collect();
    let file = source.file().to_owned();
    match id {
        Some(id) => match targets.into_iter().find(|target| target.id == id) {
            Some(target) => Ok(target),
            None => Err(LoadError::NoSuchTarget { file, id: id.to_owned(), known }),
        },
        None if targets.len() == 1 => Ok(targets.remove(0)),
        None => Err(LoadError::WhichTarget { file, known }),
    }
}

fn target(
    manifest: &Manifest,
    source: &Source,
    folder: &Path,
    entry: &TargetEntry,
    all: &[Model],
) -> Result<Target, LoadError> {
    if !is_id(entry.id.get_ref()) {
        return Err(source.invalid(&entry.id, "id", "expected letters, digits, `.`, `-` and `_`"));
    }
    let mut models = match &entry.models {
        Some(names) => names.iter().map(|name| named(source, name, all)).collect::<Result<Vec<_>, _>>()?,
        None => all.to_vec(),
    };
    for (name, firmware) in &entry.firmware_of {
        if !models.iter().any(|model| model.name == *name) {
            let expected = format!("`{name}` is no model of this target");
            return Err(source.invalid(firmware, "firmware_of", expected));
        }
    }
    for model in &mut models {
        let differing = entry.firmware_of.get(&model.name).map(|firmware| firmware.get_ref().clone());
        model.firmware = differing.or_else(|| entry.firmware.clone());
    }
    Ok(Target {
        id: entry.id.get_ref().clone(),
        vendor: manifest.vendor.get_ref().clone(),
        firmware: entry.firmware.clone(),
        versions: versions(source, entry)?,
        models,
        overlay: overlay(source, folder, entry)?,
        vars: entry.vars.clone(),
    })
}

/// An id is a folder name of the core, a part of URLs and of metrics.
fn is_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !id.is_empty() && !id.starts_with('.') && id.bytes().all(allowed)
}

fn named(source: &Source, name: &Spanned<String>, all: &[Model]) -> Result<Model, LoadError> {
    all.iter().find(|model| model.name == *name.get_ref()).cloned().ok_or_else(|| {
        source.invalid(name, "models", format!("there is no [[model]] of the name `{}`", name.get_ref()))
    })
}

fn versions(source: &Source, entry: &TargetEntry) -> Result<Option<VersionRange>, LoadError> {
    let Some(text) = &entry.versions else { return Ok(None) };
    let range = text.get_ref().parse().map_err(|error: super::versions::InvalidRange| {
        source.invalid(text, "versions", error.to_string())
    })?;
    Ok(Some(range))
}

fn overlay(source: &Source, folder: &Path, entry: &TargetEntry) -> Result<Option<String>, LoadError> {
    let Some(overlay) = &entry.overlay else { return Ok(None) };
    let path = PathBuf::from(overlay.get_ref());
    let beneath = path.components().all(|component| matches!(component, Component::Normal(_)));
    if !beneath || !folder.join(&path).is_dir() {
        return Err(source.invalid(overlay, "overlay", "expected a folder inside the plugin's"));
    }
    Ok(Some(overlay.get_ref().trim_end_matches('/').to_owned()))
}

fn models(manifest: &Manifest, source: &Source) -> Result<Vec<Model>, LoadError> {
    let mut models: Vec<Model> = Vec::new();
    for entry in &manifest.models {
        let names = match (&entry.get_ref().name, &entry.get_ref().names) {
            (Some(name), None) => std::slice::from_ref(name),
            (None, Some(names)) if !names.is_empty() => names.as_slice(),
            _ => return Err(source.invalid(entry, "model", "expected either `name` or `names`")),
        };
        for name in names {
            if models.iter().any(|model| model.name == *name.get_ref()) {
                return Err(source.invalid(name, "name", "two models have this name"));
            }
            models.push(model(name.get_ref(), entry.get_ref()));
        }
    }
    Ok(models)
}

fn model(name: &str, entry: &ModelEntry) -> Model {
    let capabilities = Capabilities {
        lines: entry.lines,
        function_keys: entry.function_keys,
        expansion_modules: entry.expansion_modules,
        high_availability: entry.high_availability,
        switchboard: entry.switchboard,
        multicell: entry.multicell,
        protocol: Some(entry.protocol.name().to_owned()),
        r#type: entry.form.map(|form| form.name().to_owned()),
    };
    Model { name: name.to_owned(), firmware: None, capabilities, vars: entry.vars.clone() }
}
