//! Plugins in the format of wazo-provd, made packages of provd: a folder, or an archive of one, with `entry.py` and
//! `plugin-info`. What they are and need is written into a `plugin.toml`; nothing of them is changed, and none of their code
//! runs here.
//!
//! What that server wrote into the folder meanwhile is no part of the plugin: caches, and who installed what.

mod archive;
mod folder;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::contents::{InvalidContents, MOST_BYTES, check_version};
use super::{Files, Manifest};
use crate::domain::device::check_id;

/// Version of the interface between that server and its plugins.
const INTERFACE: f64 = 0.2;
/// What such a plugin is known by.
const ENTRY: &str = "entry.py";
const INFO: &str = "plugin-info";
/// Where it writes files for phones, beside those it brings.
const TFTPBOOT: &str = "var/tftpboot";
/// What is not of the plugin.
const LEFT_OUT: [&str; 5] = ["var/cache", "var/installed", "var/templates", "tests", ".git"];
/// Modules with which a plugin speaks to phones itself, and with which it starts programs.
const NETWORK: [&str; 6] = ["urllib.request", "http.client", "socket", "requests", "telnetlib", "pexpect"];
const PROCESSES: [&str; 2] = ["pexpect", "subprocess"];

/// A plugin of wazo-provd as one of provd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// What its name is there and here.
    pub id: String,
    /// The head of the `plugin.toml` that was written for it.
    pub manifest: Manifest,
    /// Its files, with that.
    pub files: Files,
}

/// Whether the files in `var/tftpboot` belong to the plugin: they do as it is published. In a server's folder there are files
/// of phones and firmware among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tftpboot {
    /// They are taken.
    Published,
    /// They are left where they are.
    Used,
}

/// Why something is no plugin of wazo-provd.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// It cannot be read.
    #[error("{path}: {cause}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is something else.
    #[error("this is no plugin of wazo-provd: {0}")]
    Other(String),
    /// Something it says cannot be.
    #[error("plugin-info: {0}")]
    Info(String),
    /// Its files cannot be in a package.
    #[error(transparent)]
    Contents(#[from] InvalidContents),
}

/// What is read of `plugin-info`.
#[derive(Debug, Deserialize)]
struct Info {
    version: String,
    #[serde(default)]
    description: String,
    plugin_iface_version_min: Option<f64>,
    plugin_iface_version_max: Option<f64>,
}

/// The `plugin.toml` that is written.
#[derive(Debug, Serialize)]
struct Head<'a> {
    api: u32,
    id: &'a str,
    version: &'a str,
    description: &'a str,
    engine: &'a str,
    start_deadline: &'a str,
    #[serde(skip_serializing_if = "NeedsHead::is_nothing")]
    needs: NeedsHead,
}

#[derive(Debug, Serialize)]
struct NeedsHead {
    #[serde(skip_serializing_if = "is_false")]
    network: bool,
    #[serde(skip_serializing_if = "is_false")]
    processes: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

impl NeedsHead {
    fn is_nothing(&self) -> bool {
        !self.network && !self.processes
    }
}

/// Whether a folder holds such a plugin.
#[must_use]
pub fn is_foreign(folder: &Path) -> bool {
    folder.join(ENTRY).is_file() && folder.join(INFO).is_file() && !folder.join("plugin.toml").exists()
}

impl Foreign {
    /// Reads a folder, which has the name of the plugin. Links are followed within it.
    ///
    /// # Errors
    ///
    /// It is no such plugin, or cannot be a package.
    pub fn in_folder(path: &Path, tftpboot: Tftpboot) -> Result<Foreign, ForeignError> {
        let failed = |cause| ForeignError::Io { path: path.to_owned(), cause };
        let root = path.canonicalize().map_err(failed)?;
        let id = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_taken = |path: &Path, is_folder: bool| {
            let is_written_to = tftpboot == Tftpboot::Used && path.starts_with(TFTPBOOT);
            is_of_plugin(path) && (is_folder || !is_written_to)
        };
        let (files, folders) = folder::read(&root, &is_taken)?;
        Foreign::new(id, files, folders)
    }

    /// Reads an archive as such plugins are published: tar, alone or compressed by bzip2 or gzip, of a folder with the name of
    /// the plugin.
    ///
    /// # Errors
    ///
    /// It is no such archive, or what is in it cannot be a package.
    pub fn in_archive(bytes: &[u8]) -> Result<Foreign, ForeignError> {
        let (id, files, folders) = archive::read(bytes, &is_of_plugin)?;
        Foreign::new(id, files, folders)
    }

    fn new(id: String, mut files: Files, folders: BTreeSet<PathBuf>) -> Result<Foreign, ForeignError> {
        check_id(&id).map_err(|why| InvalidContents::Id { id: id.clone(), why: why.to_string() })?;
        let text = |name: &str| {
            let content = files.get(Path::new(name));
            content.ok_or_else(|| ForeignError::Other(format!("there is no {name}"))).map(Vec::as_slice)
        };
        text(ENTRY)?;
        let info: Info =
            serde_json::from_slice(text(INFO)?).map_err(|error| ForeignError::Info(error.to_string()))?;
        info.check()?;
        let head = head(&id, &info, &files);
        let manifest = Manifest::parse(&head).map_err(ForeignError::Info)?;
        files.insert("plugin.toml".into(), head.into_bytes());
        keep(folders, &mut files);
        Ok(Foreign { id, manifest, files })
    }
}

impl Info {
    fn check(&self) -> Result<(), ForeignError> {
        check_version(&self.version)?;
        let newer = self.plugin_iface_version_min.filter(|min| *min > INTERFACE);
        let older = self.plugin_iface_version_max.filter(|max| *max < INTERFACE);
        match newer.or(older) {
            Some(other) => Err(ForeignError::Info(format!(
                "it wants version {other} of the interface of that server, and here it is {INTERFACE}"
            ))),
            None => Ok(()),
        }
    }
}

/// It writes into folders that have no file yet, and does not make them. A package has files alone, so each gets an empty one.
fn keep(folders: BTreeSet<PathBuf>, files: &mut Files) {
    for folder in folders.into_iter().rev().filter(|folder| folder.starts_with(TFTPBOOT)) {
        if !files.keys().any(|file| file.starts_with(&folder)) {
            files.insert(folder.join(".keep"), Vec::new());
        }
    }
}

/// The text of its `plugin.toml`.
fn head(id: &str, info: &Info, files: &Files) -> String {
    let head = Head {
        api: 1,
        id,
        version: &info.version,
        description: info.description.lines().next().unwrap_or_default(),
        engine: "wazo-provd",
        // A hundred of them start at once.
        start_deadline: "60s",
        needs: NeedsHead { network: imports(files, &NETWORK), processes: imports(files, &PROCESSES) },
    };
    // Texts, numbers and tables in this order can always be written.
    toml::to_string(&head).unwrap_or_default()
}

/// Whether its code names one of these modules in an import. Too much does no harm: an administrator decides.
fn imports(files: &Files, modules: &[&str]) -> bool {
    let is_code = |path: &PathBuf| path.extension().is_some_and(|end| end == "py");
    files.iter().filter(|(path, _)| is_code(path)).any(|(_, content)| {
        String::from_utf8_lossy(content).lines().map(str::trim_start).any(|line| {
            let named = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
            let parent = |module: &str| {
                module.rsplit_once('.').map(|(parent, name)| format!("{parent} import {name}"))
            };
            named.is_some_and(|named| {
                modules.iter().any(|module| {
                    begins_with(named, module)
                        || parent(module).is_some_and(|parent| begins_with(named, &parent))
                })
            })
        })
    })
}

/// Whether a text begins with these words.
fn begins_with(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn is_of_plugin(path: &Path) -> bool {
    let is_compiled = path.extension().is_some_and(|end| end == "pyc")
        || path.components().any(|part| part.as_os_str() == "__pycache__");
    !is_compiled && !LEFT_OUT.iter().any(|name| path.starts_with(name))
}

/// Counts bytes, and refuses what no package can hold before it is in memory.
#[derive(Debug, Default)]
struct Budget(u64);

impl Budget {
    fn take(&mut self, bytes: u64) -> Result<(), InvalidContents> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > MOST_BYTES { Err(InvalidContents::Bytes) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
