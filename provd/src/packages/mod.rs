//! Packages: one plugin in one file, as it is built, signed, offered and checked.
//!
//! A package is a tar archive, compressed by gzip, whose first file says what the others are: path, size, SHA-256. What is not
//! exactly as it says is refused. Packages are small, for firmware is not in them, so one is in memory while it is read. What
//! they are made of is here too: an author's folder, and the head of its `plugin.toml`.
//! Where packages come from, and what becomes of them, is decided elsewhere.

mod bundled;
mod contents;
mod folder;
mod foreign;
mod index;
mod key;
mod manifest;
mod needs;
mod reading;
mod repository;
mod version;
mod writing;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use bundled::BUNDLED;
pub use contents::{Contents, InvalidContents, Member};
pub use folder::{FolderError, entries, read_folder};
pub use foreign::{Foreign, ForeignError, Tftpboot, is_foreign};
pub use index::{INDEX, Index, InvalidIndex, Offer};
pub use key::{InvalidKey, SigningKey, TrustedKey, Unsigned, check_signature};
pub use manifest::{Engine, Manifest, ManifestError, schema};
pub use reading::{Package, PackageError, read};
pub use repository::{Address, Channel, InvalidRepository, Repository};
pub use version::compare_versions;
pub use writing::{Unpackable, write};

/// End of the name of a package's file.
pub const EXTENSION: &str = ".provd.tar.gz";
/// What the name of its signature has in addition.
pub const SIGNATURE: &str = ".minisig";

/// Files of a plugin by relative path.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A script or an ELF program, which a plugin's `command` may name.
#[must_use]
pub fn is_program(content: &[u8]) -> bool {
    content.starts_with(b"#!") || content.starts_with(b"\x7fELF")
}
