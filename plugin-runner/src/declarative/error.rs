//! Why a plugin folder cannot be used. Each error names the file and line a person must open, and what was expected.

use std::io;
use std::path::PathBuf;

/// A folder that is no usable plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{}: {cause}", file.display())]
    Unreadable {
        /// What was to be read.
        file: PathBuf,
        /// Why it was not.
        cause: io::Error,
    },
    /// A key has a value that means nothing here.
    #[error("{}:{line}: `{key}`: {expected}", file.display())]
    Invalid {
        /// The file that states it.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// What was expected in its place.
        expected: String,
    },
    /// A template cannot be compiled.
    #[error("{}:{line}: {message}", file.display())]
    Template {
        /// The template.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the template engine says.
        message: String,
    },
    /// The folder has no target of this name.
    #[error("{}: there is no target `{id}`; the targets are: {}", file.display(), known.join(", "))]
    NoSuchTarget {
        /// The `plugin.toml`.
        file: PathBuf,
        /// The target asked for.
        id: String,
        /// The targets it has.
        known: Vec<String>,
    },
    /// The folder has several targets, and none was asked for.
    #[error("{}: say which target; the targets are: {}", file.display(), known.join(", "))]
    WhichTarget {
        /// The `plugin.toml`.
        file: PathBuf,
        /// The targets it has.
        known: Vec<String>,
    },
}
