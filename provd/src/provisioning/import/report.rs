//! What an import does, or what is wrong with its file, line by line. Of values that may be secrets only the keys are named.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::interchange::Kind;

/// Errors, and warnings, of which each is told; all are counted.
const REMARKS: usize = 1_000;
/// Changes of which each is told; all are counted.
const CHANGES: usize = 10_000;

/// What an import did, or would do.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Report {
    /// Whether the file was only checked.
    pub dry_run: bool,
    /// Whether it is stored.
    pub applied: bool,
    /// Lines that hold a document, or should.
    pub lines: u64,
    /// What is new.
    pub created: Counts,
    /// What is changed.
    pub updated: Counts,
    /// What is as the file has it already.
    pub unchanged: Counts,
    /// Why nothing is stored: the first thousand reasons.
    pub errors: Vec<Remark>,
    /// How many reasons there are.
    pub errors_in_all: u64,
    /// What is allowed and perhaps not meant: the first thousand.
    pub warnings: Vec<Remark>,
    /// What becomes of each line, of the first ten thousand that change something.
    pub changes: Vec<Change>,
}

/// How many there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Phones.
    pub devices: u64,
    /// Configs.
    pub configs: u64,
}

impl Counts {
    fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Device => self.devices += 1,
            Kind::Config => self.configs += 1,
        }
    }
}

/// What is to be said of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Remark {
    /// The line.
    pub line: u64,
    /// What it is of, if that is known.
    pub kind: Option<&'static str>,
    /// The identifier it names.
    pub id: Option<String>,
    /// What there is to say.
    pub reason: String,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Something new.
    Create,
    /// A change of what there is.
    Update,
    /// Nothing: it is so already.
    Unchanged,
}

/// What a line changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The line.
    pub line: u64,
    /// `device` or `config`.
    pub kind: &'static str,
    /// The identifier; absent if it is yet to be made.
    pub id: Option<String>,
    /// What becomes of it.
    pub action: Action,
    /// What changes of it, for people: `model: 6730i → 6731i`, `raw_config.sip_lines`.
    pub changes: Vec<String>,
}

/// A line that is looked at.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) kind: Option<Kind>,
    pub(super) id: Option<String>,
}

impl Place {
    fn remark(&self, reason: String) -> Remark {
        Remark { line: self.line, kind: self.kind.map(Kind::as_str), id: self.id.clone(), reason }
    }
}

impl Report {
    /// Whether nothing of the file can be stored.
    pub fn is_refused(&self) -> bool {
        self.errors_in_all > 0
    }

    pub(super) fn refuse(&mut self, place: &Place, reason: String) {
        self.errors_in_all += 1;
        if self.errors.len() < REMARKS {
            self.errors.push(place.remark(reason));
        }
    }

    pub(super) fn warn(&mut self, place: &Place, reason: String) {
        if self.warnings.len() < REMARKS {
            self.warnings.push(place.remark(reason));
        }
    }

    pub(super) fn note(&mut self, kind: Kind, change: Change) {
        match change.action {
            Action::Create => self.created.add(kind),
            Action::Update => self.updated.add(kind),
            Action::Unchanged => self.unchanged.add(kind),
        }
        if self.changes.len() < CHANGES {
            self.changes.push(change);
        }
    }
}
