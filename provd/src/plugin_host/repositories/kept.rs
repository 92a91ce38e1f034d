//! The copy of what a repository said last, with its signature, in one file that is replaced in one step.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::super::placing::Trust;
use super::foreign::ForeignOffer;
use crate::packages::Index;

/// Name of the file.
const FILE: &str = "index.json";

/// In which words a repository offers its packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    /// Our index.
    Provd,
    /// `plugins.db` of wazo-provd.
    WazoProvd,
}

/// What a repository said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) format: Format,
    pub(super) text: String,
    pub(super) signature: Option<String>,
}

/// The same, believed and understood.
#[derive(Debug)]
pub(super) enum Listed {
    /// Of packages.
    Provd { index: Index, is_signed: bool },
    /// Of plugins of wazo-provd.
    Foreign(Vec<ForeignOffer>),
}

impl Kept {
    /// Reads the copy in a folder; nothing if there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Kept> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(FILE)).map(drop).map_err(|error| error.error)
    }

    /// Checks that somebody trusted signed it, and reads it.
    pub(super) fn list(&self, trust: &Trust) -> Result<Listed, String> {
        let signed_by = trust.check(self.text.as_bytes(), self.signature.as_deref())?;
        Ok(match self.format {
            Format::Provd => {
                let index = Index::parse(self.text.as_bytes()).map_err(|error| error.to_string())?;
                Listed::Provd { index, is_signed: signed_by.is_some() }
            }
            Format::WazoProvd => Listed::Foreign(ForeignOffer::read(&self.text)?),
        })
    }
}

impl Listed {
    /// When it was made, in seconds since 1970, if it says so.
    pub(super) fn made(&self) -> Option<u64> {
        match self {
            Listed::Provd { index, .. } => Some(index.made),
            Listed::Foreign(_) => None,
        }
    }

    /// Identifier and version of each package.
    pub(super) fn packages(&self) -> Vec<String> {
        match self {
            Listed::Provd { index, .. } => {
                index.packages.iter().map(|offer| format!("{} {}", offer.id, offer.version)).collect()
            }
            Listed::Foreign(offers) => {
                offers.iter().map(|offer| format!("{} {}", offer.id, offer.version)).collect()
            }
        }
    }
}
