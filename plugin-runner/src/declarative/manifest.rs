//! `plugin.toml` as it is written, key for key. Unknown keys are refused here; what values mean is decided by the
//! modules that use them, which is why most of them remember where they stood.

use std::collections::BTreeMap;
use std::path::Path;

use crate::declarative::spanned::Spanned;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::LoadError;
use super::source::Source;
use crate::extraction::Fact;

pub(crate) use file::{Encoding, FileEntry, Scope};
pub(crate) use rules::{AssociationEntry, ExtractEntry, Kind, RewriteEntry};
pub(crate) use wire::{DhcpEntry, HttpEntry, OptionEntry, SubOptionEntry, SynchronizeEntry};

mod file;
mod rules;
mod wire;

/// Name of the file in a plugin's folder.
pub(crate) const FILE_NAME: &str = "plugin.toml";

/// A plugin that is only data. Unknown keys are errors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Major version of the plugin contract: 1.
    pub(crate) api: Spanned<u32>,
    /// Name of the phone family.
    pub(crate) family: Spanned<String>,
    /// Vendor of its phones, in the spelling that the fact `vendor` has.
    pub(crate) vendor: Spanned<String>,
    /// Version of the folder (Semantic Versioning, such as `1.0.0`). Change it with every release.
    pub(crate) version: Spanned<String>,
    /// What it is, in one line for an administrator.
    pub(crate) description: String,
    /// Facts that a device must have before it can be configured.
    #[serde(default)]
    pub(crate) requires: Vec<Fact>,
    /// Regular expressions on base names of files that hold secrets: who asks for one is recorded.
    #[serde(default)]
    pub(crate) sensitive: Vec<Spanned<String>>,
    /// How long the process may take to become ready, `1s` to `60s`. Absent: 10 seconds.
    pub(crate) start_deadline: Option<Spanned<String>>,
    #[serde(rename = "target", default)]
    pub(crate) targets: Vec<Spanned<TargetEntry>>,
    #[serde(rename = "model", default)]
    pub(crate) models: Vec<Spanned<ModelEntry>>,
    #[serde(rename = "extract", default)]
    pub(crate) extract: Vec<Spanned<ExtractEntry>>,
    #[serde(default)]
    pub(crate) aliases: Aliases,
    #[serde(default)]
    pub(crate) association: AssociationEntry,
    #[serde(rename = "file", default)]
    pub(crate) files: Vec<Spanned<FileEntry>>,
    #[serde(rename = "rewrite", default)]
    pub(crate) rewrites: Vec<RewriteEntry>,
    pub(crate) synchronize: Option<Spanned<SynchronizeEntry>>,
    #[serde(default)]
    pub(crate) dhcp: Vec<Spanned<DhcpEntry>>,
}

/// One installable plugin, usually one firmware version. At least one is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetEntry {
    /// Id of the plugin.
    pub(crate) id: Spanned<String>,
    /// The version it supports exactly.
    pub(crate) firmware: Option<String>,
    /// The same for models that differ, by their names.
    #[serde(default)]
    pub(crate) firmware_of: BTreeMap<String, Spanned<String>>,
    /// Range of versions it supports completely, `>=3, <4`. Absent: every version.
    pub(crate) versions: Option<Spanned<String>>,
    /// Names of its models. Absent: every `[[model]]`.
    pub(crate) models: Option<Vec<Spanned<String>>>,
    /// Folder whose `templates/` and `served/` are searched before those of the family.
    pub(crate) overlay: Option<Spanned<String>>,
    /// Free: `target.vars` in templates.
    #[serde(default)]
    pub(crate) vars: Map<String, Value>,
}

/// One model, or several with equal values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelEntry {
    /// Its name, in the spelling that the fact `model` has. Either this or `names`.
    pub(crate) name: Option<Spanned<String>>,
    /// Their names.
    pub(crate) names: Option<Vec<Spanned<String>>>,
    /// How many lines it has.
    pub(crate) lines: Option<u32>,
    /// How many function keys it has of its own.
    pub(crate) function_keys: Option<u32>,
    /// How many expansion modules can be attached.
    pub(crate) expansion_modules: Option<u32>,
    /// Whether a line can have a second server.
    pub(crate) high_availability: Option<bool>,
    /// Whether a switchboard application can steer it.
    pub(crate) switchboard: Option<bool>,
    /// Whether it is a base station among several.
    pub(crate) multicell: Option<bool>,
    /// Its signalling protocol.
    #[serde(default)]
    pub(crate) protocol: ModelProtocol,
    /// What kind of apparatus it is.
    #[serde(rename = "type")]
    pub(crate) form: Option<ModelType>,
    /// Free: `model.vars` in templates.
    #[serde(default)]
    pub(crate) vars: Map<String, Value>,
}

/// Signalling protocol of a model.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModelProtocol {
    #[default]
    Sip,
    Sccp,
}

impl ModelProtocol {
    /// The word of the contract.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ModelProtocol::Sip => "sip",
            ModelProtocol::Sccp => "sccp",
        }
    }
}

/// What kind of apparatus a model is.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModelType {
    Deskphone,
    Dect,
    Wifidect,
    Conference,
    Pager,
    Ata,
    Softphone,
    Doorphone,
    Generic,
    Gateway,
}

impl ModelType {
    /// The word of the contract.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ModelType::Deskphone => "deskphone",
            ModelType::Dect => "dect",
            ModelType::Wifidect => "wifidect",
            ModelType::Conference => "conference",
            ModelType::Pager => "pager",
            ModelType::Ata => "ata",
            ModelType::Softphone => "softphone",
            ModelType::Doorphone => "doorphone",
            ModelType::Generic => "generic",
            ModelType::Gateway => "gateway",
        }
    }
}

/// Other spellings of extracted facts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Aliases {
    /// What phones call themselves, and the name of the `[[model]]` they are.
    #[serde(default)]
    pub(crate) model: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads and checks the head of the `plugin.toml` in a folder.
    pub(crate) fn read(folder: &Path) -> Result<(Manifest, Source), LoadError> {
        let source = Source::read(&folder.join(FILE_NAME))?;
        let manifest: Manifest = source.parse()?;
        manifest.check_head(&source)?;
        Ok((manifest, source))
    }

    fn check_head(&self, source: &Source) -> Result<(), LoadError> {
        if *self.api.get_ref() != provd_proto::negotiation::API_MAJOR {
            let expected =
                format!("expected {}, the plugin API this provd speaks", provd_proto::negotiation::API_MAJOR);
            return Err(source.invalid(&self.api, "api", expected));
        }
        for (key, value) in [("family", &self.family), ("vendor", &self.vendor)] {
            if value.get_ref().trim().is_empty() {
                return Err(source.invalid(value, key, "expected a name"));
            }
        }
        if !is_semantic_version(self.version.get_ref()) {
            return Err(source.invalid(
                &self.version,
                "version",
                "expected a semantic version such as \"1.0.0\"",
            ));
        }
        let deadline = self.start_deadline.as_ref();
        if let Some(deadline) = deadline.filter(|deadline| !is_start_deadline(deadline.get_ref())) {
            return Err(source.invalid(deadline, "start_deadline", "expected \"1s\" to \"60s\""));
        }
        for pattern in &self.sensitive {
            source.regex(pattern, "sensitive")?;
        }
        Ok(())
    }
}

fn is_semantic_version(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    core.split('.').count() == 3 && core.split('.').all(is_number)
}

fn is_start_deadline(text: &str) -> bool {
    let seconds = text.strip_suffix('s').and_then(|seconds| seconds.parse::<u32>().ok());
    seconds.is_some_and(|seconds| (1..=60).contains(&seconds))
}
