//! What is known of an installed package: a file in its folder, written before the folder gets its name.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::definition::Package;

/// Name of the file in the folder of a package.
pub(super) const RECORD: &str = "package.json";

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) version: String,
    pub(super) description: String,
    #[serde(default)]
    pub(super) descriptions: BTreeMap<String, String>,
    /// Tells whether another definition makes the same of it.
    pub(super) fingerprint: String,
    /// Whether somebody asked for it, and not only for a package that needs it.
    pub(super) is_explicit: bool,
    pub(super) depends: Vec<String>,
    pub(super) models: Vec<String>,
    pub(super) hardware: Vec<String>,
    pub(super) at: SystemTime,
    /// SHA-256 of the vendors' files it was made of.
    pub(super) sources: Vec<String>,
    /// What phones find, relative to what is served.
    pub(super) paths: Vec<String>,
}

impl Record {
    /// Reads the record in the folder of a package.
    pub(super) fn read(folder: &Path) -> io::Result<Record> {
        Ok(serde_json::from_slice(&fs::read(folder.join(RECORD))?)?)
    }
}

/// What a definition makes of which files, in few signs.
pub(super) fn fingerprint(package: &Package) -> String {
    // Where a file is downloaded makes it no other.
    let files: Vec<_> = package.files.iter().map(|file| (&file.name, &file.digest)).collect();
    let made = format!("{} {files:?} {:?}", package.version, package.graph);
    hex::encode(&Sha256::digest(made)[..8])
}
