//! Why a step was not done, in words for whoever installs the package.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a step was not done.
#[derive(Debug, Error)]
pub(in crate::firmware) enum StepError {
    /// What a step works on is not there.
    #[error("nothing matches `{0}`: the vendor's file is not what the plugin expects")]
    NoMatch(String),
    /// A step needs one file.
    #[error("`{pattern}` matches {found} files, but only one is expected")]
    Several {
        /// Which pattern.
        pattern: String,
        /// How many it matches.
        found: usize,
    },
    /// An archive is damaged, or no such archive.
    #[error("{archive}: {why}")]
    Archive {
        /// Its name.
        archive: String,
        /// What is wrong.
        why: String,
    },
    /// An archive wants to write where it must not, or something else than files.
    #[error("{archive}: `{entry}` {why}: it is refused, whoever made it")]
    Refused {
        /// Its name.
        archive: String,
        /// What is in it.
        entry: String,
        /// What is wrong with that.
        why: String,
    },
    /// An archive is larger than any firmware.
    #[error("{archive}: more is in it than is unpacked ({limit}): it is refused, whoever made it")]
    TooMuch {
        /// Its name.
        archive: String,
        /// The limit it passes.
        limit: String,
    },
    /// Two files are to have one name.
    #[error("two files would be {}; the plugin's procedure is wrong", .0.display())]
    Collision(PathBuf),
    /// Another program is needed.
    #[error(
        "{archive}: a RAR archive is unpacked by unrar, unar, bsdtar or 7z: install one of these programs"
    )]
    NoProgram {
        /// Its name.
        archive: String,
    },
    /// A file could not be read or written.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// A file that could not be read or written.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> StepError {
    let path = path.to_owned();
    move |cause| StepError::Io { path, cause }
}
