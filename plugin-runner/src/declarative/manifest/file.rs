//! The part of `plugin.toml` that says which files there are.

use crate::declarative::spanned::Spanned;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file that is generated. Two entries may name one path if their `when` keep them apart.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileEntry {
    /// Template of its path. It may depend on device, model and target; that of a common file on model and target.
    pub(crate) path: Spanned<String>,
    /// Folder below `templates/` that its template is in.
    pub(crate) template: Spanned<String>,
    /// Whether each device has its own, or all share it. What is common is made from the base raw config.
    #[serde(default)]
    pub(crate) scope: Scope,
    /// Whether there is one for each model of the target; common files only.
    pub(crate) each_model: Option<Spanned<bool>>,
    /// Whether fetching it proves that the phone is up to date; for one file of a device at most.
    pub(crate) trigger: Option<Spanned<bool>>,
    /// Whether it holds secrets.
    #[serde(default)]
    pub(crate) sensitive: bool,
    /// Its media type. Empty: by the file name.
    #[serde(default)]
    pub(crate) media_type: String,
    /// How text becomes bytes. What does not fit is transliterated.
    #[serde(default)]
    pub(crate) encoding: Encoding,
    /// Expression that must hold for the file to exist. Absent: it always does.
    pub(crate) when: Option<Spanned<String>>,
}

/// Whose a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    #[default]
    Device,
    Common,
}

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(crate) enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "iso-8859-1")]
    Latin1,
    #[serde(rename = "ascii")]
    Ascii,
}
