//! The part of `plugin.toml` that says which files there are.

use serde::Deserialize;
use toml::Spanned;

/// `[[file]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileEntry {
    pub(crate) path: Spanned<String>,
    pub(crate) template: Spanned<String>,
    #[serde(default)]
    pub(crate) scope: Scope,
    pub(crate) each_model: Option<Spanned<bool>>,
    pub(crate) trigger: Option<Spanned<bool>>,
    #[serde(default)]
    pub(crate) sensitive: bool,
    #[serde(default)]
    pub(crate) media_type: String,
    #[serde(default)]
    pub(crate) encoding: Encoding,
    pub(crate) when: Option<Spanned<String>>,
}

/// Whose a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    #[default]
    Device,
    Common,
}

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "iso-8859-1")]
    Latin1,
    #[serde(rename = "ascii")]
    Ascii,
}
