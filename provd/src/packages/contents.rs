//! What a package says of itself, in its first file: the promises that its other files are held to.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::device::check_id;

/// Path of the file in the package.
pub(super) const NAME: &str = "provd-package.json";
/// The only format there is.
pub(super) const FORMAT: u32 = 1;
/// Most files in a package.
const MOST_FILES: usize = 10_000;
/// Most bytes of all files together.
pub(super) const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Longest path, in bytes: what every tar archive can hold.
const LONGEST_PATH: usize = 200;
/// Longest version, in bytes.
const LONGEST_VERSION: usize = 64;

/// What is in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Format of the package: 1.
    pub format: u32,
    /// The plugin: `aastra-3.2.2.1136`.
    pub id: String,
    /// Version of the plugin itself.
    pub version: String,
    /// One line about it.
    #[serde(default)]
    pub description: String,
    /// Its files, in the order in which they are in the package.
    pub files: Vec<Member>,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Relative path, with `/`.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Contents that no package may have.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidContents {
    /// It was made for another provd.
    #[error("it has format {0}, and this provd reads format {FORMAT}: upgrade provd")]
    Format(u32),
    /// The plugin cannot have this identifier.
    #[error("id `{id}`: {why}")]
    Id {
        /// Which.
        id: String,
        /// Why not.
        why: String,
    },
    /// The version cannot name a folder.
    #[error(
        "version `{0}`: expected up to {LONGEST_VERSION} letters, digits, `.`, `-`, `+`, `~` and `_`, a letter or digit first"
    )]
    Version(String),
    /// A path leads elsewhere, or cannot be made everywhere.
    #[error(
        "file `{0}`: expected a relative path of up to {LONGEST_PATH} bytes, without `.`, `..` and control characters"
    )]
    Path(String),
    /// Two files would be in the same place.
    #[error("file `{0}`: another file of the package is there, or needs a folder there")]
    Twice(String),
    /// Too many files.
    #[error("it holds {0} files, more than {MOST_FILES}")]
    Files(usize),
    /// Too large.
    #[error("its files are larger than {MOST_BYTES} bytes; firmware does not belong into a package")]
    Bytes,
    /// The file every plugin has is missing.
    #[error("it holds no plugin.toml")]
    NoManifest,
}

impl Contents {
    /// Checks that files as these can be a plugin, wherever they are unpacked.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), InvalidContents> {
        if self.format != FORMAT {
            return Err(InvalidContents::Format(self.format));
        }
        check_id(&self.id)
            .map_err(|why| InvalidContents::Id { id: self.id.clone(), why: why.to_string() })?;
        check_version(&self.version)?;
        if self.files.len() > MOST_FILES {
            return Err(InvalidContents::Files(self.files.len()));
        }
        let mut bytes = self.files.iter().map(|file| file.size);
        if bytes.try_fold(0, u64::checked_add).is_none_or(|bytes| bytes > MOST_BYTES) {
            return Err(InvalidContents::Bytes);
        }
        check_paths(&self.files)
    }
}

/// Checks that a version can be part of a file's name.
pub(super) fn check_version(version: &str) -> Result<(), InvalidContents> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-+~_".contains(&byte);
    let begins_well = version.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_version = begins_well && version.len() <= LONGEST_VERSION && version.bytes().all(fits);
    is_version.then_some(()).ok_or_else(|| InvalidContents::Version(version.to_owned()))
}

fn check_paths(files: &[Member]) -> Result<(), InvalidContents> {
    let (mut taken, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for Member { path, .. } in files {
        if !is_safe(path) || path == NAME {
            return Err(InvalidContents::Path(path.clone()));
        }
        if !taken.insert(path.as_str()) {
            return Err(InvalidContents::Twice(path.clone()));
        }
        folders.extend(path.match_indices('/').map(|(end, _)| &path[..end]));
    }
    if let Some(both) = taken.intersection(&folders).next() {
        return Err(InvalidContents::Twice((*both).to_owned()));
    }
    taken.contains("plugin.toml").then_some(()).ok_or(InvalidContents::NoManifest)
}

fn is_safe(path: &str) -> bool {
    let is_plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    // Components pass over `//` and `/./`, so the text must be what they make of it.
    let normal: Vec<_> = Path::new(path).components().filter_map(|part| part.as_os_str().to_str()).collect();
    !path.is_empty()
        && path.len() <= LONGEST_PATH
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && Path::new(path).components().all(is_plain)
        && normal.join("/") == path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(paths: &[&str]) -> Contents {
        let member = |path: &&str| Member { path: (*path).to_owned(), size: 1, sha256: String::new() };
        Contents {
            format: 1,
            id: "a-1".to_owned(),
            version: "1.0.0".to_owned(),
            description: String::new(),
            files: paths.iter().map(member).collect(),
        }
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        assert_eq!(with(&["plugin.toml", "templates/é.j2"]).check(), Ok(()));
        let long = "a".repeat(LONGEST_PATH + 1);
        for path in ["/etc/passwd", "../a", "a/../../b", "a//b", "./a", "a/", "", "a\nb", "a\\b", NAME, &long]
        {
            assert_eq!(with(&["plugin.toml", path]).check(), Err(InvalidContents::Path(path.to_owned())));
        }
    }

    #[test]
    fn no_two_files_are_in_one_place() {
        for (paths, which) in [(["a", "plugin.toml", "a"], "a"), (["a", "plugin.toml", "a/b/c"], "a")] {
            assert_eq!(with(&paths).check(), Err(InvalidContents::Twice(which.to_owned())));
        }
    }

    #[test]
    fn what_is_too_much_or_missing_is_refused() {
        let sized = |size| {
            let mut contents = with(&["plugin.toml", "a"]);
            contents.files.iter_mut().for_each(|file| file.size = size);
            contents.check()
        };
        assert_eq!(sized(u64::MAX), Err(InvalidContents::Bytes));
        assert_eq!(sized(MOST_BYTES), Err(InvalidContents::Bytes));
        assert_eq!(sized(MOST_BYTES / 2), Ok(()));
        assert_eq!(with(&["a"]).check(), Err(InvalidContents::NoManifest));
        assert_eq!(Contents { format: 2, ..with(&["plugin.toml"]) }.check(), Err(InvalidContents::Format(2)));
        for version in ["", "../1", "1/2", "-1", "1 2", &"1".repeat(65)] {
            let contents = Contents { version: version.to_owned(), ..with(&["plugin.toml"]) };
            assert_eq!(contents.check(), Err(InvalidContents::Version(version.to_owned())));
        }
    }
}
