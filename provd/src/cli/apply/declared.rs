//! One config or device as a file declares it.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::cli::table::field;

/// A document, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    /// The file.
    pub(super) file: PathBuf,
    /// `device` or `config`.
    pub(super) kind: &'static str,
    /// Its place among those of its kind in the file, from 1.
    pub(super) place: usize,
    /// As REST has it.
    pub(super) document: Map<String, Value>,
}

impl Declared {
    /// The line that says so to a server.
    pub(super) fn line(&self) -> String {
        format!("{}\n", json!({ self.kind: self.document }))
    }
}

/// `site.toml: device 3 (reception)`
impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.file.display(), self.kind, self.place)?;
        let names = ["id", "mac"].into_iter().filter_map(|key| self.document.get(key)?.as_str());
        names.take(1).try_for_each(|name| write!(f, " ({})", name.escape_debug()))
    }
}

/// The one that a line of a report is about.
pub(super) fn at<'a>(declared: &'a [Declared], remark: &Value) -> Option<&'a Declared> {
    let line: usize = field(remark, "line").parse().ok()?;
    declared.get(line.checked_sub(1)?)
}
