//! What a migration does, or would do, and what is to be said of it: for programs as it is, for people in `rendering`.
//!
//! Values of documents, settings and files are not in it, for many are secrets: only their keys, names and ids.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

/// All of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Where it was read from.
    pub(super) from: PathBuf,
    /// Whether nothing was changed, because that was asked for.
    pub(super) dry_run: bool,
    /// Whether it was carried out.
    pub(super) applied: bool,
    /// Each plugin of the other server.
    pub(super) plugins: Vec<PluginLine>,
    /// Templates, firmware and administrators' files that are taken over.
    pub(super) files: Vec<FileLine>,
    /// Parameters of the server.
    pub(super) parameters: Vec<ParameterLine>,
    /// What became of the configs.
    pub(super) configs: Counts,
    /// What became of the devices.
    pub(super) devices: Counts,
    /// What is another way of saying the same here.
    pub(super) mapped: Vec<Mapped>,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
    /// What was not taken over, and why that is right.
    pub(super) left: Vec<Left>,
    /// Settings of the other server, and what they are here.
    pub(super) settings: Vec<SettingLine>,
    /// What only this server has.
    pub(super) only_here: Vec<Named>,
    /// What configured the phones, as it ended.
    pub(super) operation: Option<Value>,
    /// What to do next.
    pub(super) next: Vec<String>,
}

/// How many of a kind there are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// In files of the other server.
    pub(super) read: u64,
    /// New here.
    pub(super) created: u64,
    /// Changed here.
    pub(super) updated: u64,
    /// Here already.
    pub(super) unchanged: u64,
    /// Not taken over, for which there is a problem each.
    pub(super) refused: u64,
}

impl Counts {
    /// Whether there are none.
    pub(super) fn is_empty(self) -> bool {
        self.read == self.refused
    }
}

/// What becomes of something that is no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// It is new.
    New,
    /// It takes the place of another.
    Replaced,
    /// It is here already.
    Present,
    /// It cannot be taken over.
    Failed,
}

/// A plugin.
#[derive(Debug, Serialize)]
pub(super) struct PluginLine {
    pub(super) id: String,
    /// The one of the other server, if that is known.
    pub(super) version: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileKind {
    /// An administrator's template.
    Template,
    /// Of a package that the other server installed.
    Firmware,
    /// Somebody put it there.
    File,
}

/// A file of a plugin.
#[derive(Debug, Serialize)]
pub(super) struct FileLine {
    pub(super) plugin: String,
    /// Relative to the plugin's folder in `overrides`.
    pub(super) path: PathBuf,
    pub(super) kind: FileKind,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
}

/// A parameter of the server.
#[derive(Debug, Serialize)]
pub(super) struct ParameterLine {
    pub(super) name: String,
    /// Whose it is, if each tenant has its own.
    pub(super) tenant: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
}

/// Something that is said otherwise here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Mapped {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) what: String,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) reason: String,
    /// Whether it was taken over all the same, as the other server has it too.
    pub(super) taken: bool,
}

impl Problem {
    /// Of something that cannot be taken over.
    pub(super) fn refused(kind: &'static str, id: &str, reason: impl Into<String>) -> Problem {
        Problem { kind, id: id.to_owned(), reason: reason.into(), taken: false }
    }

    /// Of something that is as bad here as it was there.
    pub(super) fn taken(kind: &'static str, id: &str, reason: impl Into<String>) -> Problem {
        Problem { kind, id: id.to_owned(), reason: reason.into(), taken: true }
    }
}

/// Something that is not needed here.
#[derive(Debug, Serialize)]
pub(super) struct Left {
    /// Relative to the other server's storage.
    pub(super) path: PathBuf,
    pub(super) why: &'static str,
}

/// A setting of the other server.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct SettingLine {
    /// Its name there: `general.tftp_port`.
    pub(super) there: String,
    /// What to set here, or what to know.
    pub(super) here: String,
}

/// A document.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Named {
    pub(super) kind: &'static str,
    pub(super) id: String,
}

impl Report {
    /// Whether something was not taken over that should be here.
    pub(super) fn lacks_something(&self) -> bool {
        self.problems.iter().any(|problem| !problem.taken)
            || self.plugins.iter().any(|line| line.outcome == Outcome::Failed)
            || self.files.iter().any(|line| line.outcome == Outcome::Failed)
            || self.parameters.iter().any(|line| line.outcome == Outcome::Failed)
    }

    /// Whether there is anything to complain about.
    pub(super) fn is_flawless(&self) -> bool {
        self.problems.is_empty() && !self.lacks_something()
    }
}
