//! What came of cases: for people, and for programs.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What came of all cases of a plugin.
#[derive(Debug)]
pub(super) struct Report {
    folder: PathBuf,
    outcomes: Vec<Outcome>,
}

/// What came of one case with one target.
#[derive(Debug)]
pub(super) struct Outcome {
    /// File and line of the case; empty if it is about the plugin as a whole.
    pub(super) place: String,
    /// Its name, or its kind.
    pub(super) case: String,
    /// Which plugin was asked.
    pub(super) target: String,
    /// What was expected, and what came instead. May have several lines.
    pub(super) result: Result<(), String>,
}

impl Outcome {
    pub(super) fn of_plugin(case: &str, target: &str, result: Result<(), String>) -> Outcome {
        Outcome { place: String::new(), case: case.to_owned(), target: target.to_owned(), result }
    }

    fn document(&self) -> Value {
        let Outcome { place, case, target, result } = self;
        let (passed, message) = (result.is_ok(), result.as_ref().err());
        json!({"place": place, "case": case, "target": target, "passed": passed, "message": message})
    }
}

/// A failure, as a compiler would show it: a place to go to, then why.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.case)?;
        if !self.target.is_empty() {
            write!(f, " ({})", self.target)?;
        }
        let message = self.result.as_ref().err().map(String::as_str).unwrap_or_default();
        message.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl Report {
    pub(super) fn new(folder: &Path) -> Report {
        Report { folder: folder.to_owned(), outcomes: Vec::new() }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// Those that failed.
    pub(super) fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.result.is_err())
    }

    /// How many passed. A case for several targets counts once for each.
    pub(super) fn passed(&self) -> usize {
        self.outcomes.len() - self.failures().count()
    }

    /// Whether there were cases, and all of them passed.
    pub(super) fn is_good(&self) -> bool {
        !self.outcomes.is_empty() && self.failures().next().is_none()
    }

    pub(super) fn print(&self, json: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if json {
            let cases: Vec<Value> = self.outcomes.iter().map(Outcome::document).collect();
            let (passed, failed) = (self.passed(), self.failures().count());
            let document = json!({"plugin": self.folder, "passed": passed, "failed": failed, "cases": cases});
            return writeln!(out, "{document:#}");
        }
        for failure in self.failures() {
            writeln!(out, "{failure}\n")?;
        }
        match (self.passed(), self.failures().count()) {
            (0, 0) => writeln!(out, "There are no such cases in {}.", self.folder.join("tests").display()),
            (passed, 0) => writeln!(out, "{passed} passed."),
            (passed, failed) => writeln!(out, "{passed} passed, {failed} failed."),
        }
    }
}
