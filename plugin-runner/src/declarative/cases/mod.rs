//! The cases beside a plugin: what it must make of requests, facts and raw configs, run against the plugin itself.
//!
//! Everything goes through the contract, as the core would ask. All cases run, whatever fails; a folder that does not
//! load is a failure like any other.

use std::fmt;
use std::path::{Path, PathBuf};

use self::format::CaseFile;
use super::engine::Engine;
use super::error::LoadError;
use super::manifest::Manifest;
use super::source::Source;

mod configure;
mod difference;
mod format;
mod request;
mod serve;

/// What to do with the files a case says are to be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Compare them with what is generated.
    Check,
    /// Write what is generated in their place.
    Bless,
}

/// What came of the cases of one plugin folder.
#[derive(Debug, Default)]
pub struct Report {
    /// How many checks passed. A case for several targets is one check for each.
    pub passed: usize,
    /// Those that did not.
    pub failures: Vec<Failure>,
}

/// A check that did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// File and line of the case; the folder, if it did not load.
    pub place: String,
    /// The case by its name.
    pub case: String,
    /// What was expected, and what came instead. May have several lines.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.case)?;
        self.message.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// Runs all cases of a plugin folder against all of its targets.
pub async fn run(folder: &Path, mode: Mode) -> Report {
    let mut report = Report::default();
    let engines = match engines(folder, &mut report) {
        Ok(engines) => engines,
        Err(error) => {
            report.add_load_error(folder, &error);
            return report;
        }
    };
    match case_files(&folder.join("tests")) {
        Ok(files) => {
            for file in files {
                run_file(&file, &engines, mode, &mut report).await;
            }
        }
        Err(error) => report.add_load_error(folder, &error),
    }
    report
}

impl Report {
    fn add_load_error(&mut self, folder: &Path, error: &LoadError) {
        let place = folder.display().to_string();
        self.failures.push(Failure { place, case: "loading".to_owned(), message: error.to_string() });
    }

    fn add(&mut self, place: &str, case: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(message) => {
                self.failures.push(Failure { place: place.to_owned(), case: case.to_owned(), message });
            }
        }
    }
}

/// One engine for each target that loads.
fn engines(folder: &Path, report: &mut Report) -> Result<Vec<Engine>, LoadError> {
    let (manifest, _) = Manifest::read(folder)?;
    let mut engines = Vec::new();
    for target in &manifest.targets {
        match Engine::load(folder, Some(target.get_ref().id.get_ref()), None) {
            Ok(engine) => engines.push(engine),
            Err(error) => report.add_load_error(folder, &error),
        }
    }
    Ok(engines)
}

fn case_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let listing = std::fs::read_dir(folder)
        .and_then(|listing| {
            listing.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        })
        .map_err(|cause| LoadError::Unreadable { file: folder.to_owned(), cause })?;
    let mut files: Vec<PathBuf> = listing
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    Ok(files)
}

async fn run_file(path: &Path, engines: &[Engine], mode: Mode, report: &mut Report) {
    let read = Source::read(path).and_then(|source| Ok((source.parse::<CaseFile>()?, source)));
    let (cases, source) = match read {
        Ok(read) => read,
        Err(error) => return report.add_load_error(path, &error),
    };
    let place = |line: usize| format!("{}:{line}", path.display());
    // Extraction is the family's: one target answers for all.
    if let Some(engine) = engines.first() {
        for case in &cases.request {
            let result = request::check_extraction(engine, case.get_ref()).await;
            report.add(
                &place(source.line(case)),
                case.get_ref().name.as_deref().unwrap_or("request"),
                result,
            );
        }
    }
    for case in &cases.association {
        let results = request::check_association(engines, case.get_ref()).await;
        for (target, result) in results {
            report.add(&place(source.line(case)), &format!("association of {target}"), result);
        }
    }
    for case in &cases.configure {
        let name = case.get_ref().name.as_deref().unwrap_or("configure");
        for (target, result) in configure::check(engines, case.get_ref(), path, mode).await {
            report.add(&place(source.line(case)), &format!("{name} ({target})"), result);
        }
    }
    for case in &cases.serve {
        let name = case.get_ref().name.as_deref().unwrap_or("serve");
        for (target, result) in serve::check(engines, case.get_ref()).await {
            report.add(&place(source.line(case)), &format!("{name} ({target})"), result);
        }
    }
}

/// The engines a case is for: that of its target, or all.
fn chosen<'e>(engines: &'e [Engine], target: Option<&str>) -> Vec<&'e Engine> {
    engines.iter().filter(|engine| target.is_none_or(|target| engine.id() == target)).collect()
}

/// Results by target; a target that is none is a failure.
type Results = Vec<(String, Result<(), String>)>;

fn no_such_target(target: Option<&str>) -> Results {
    let target = target.unwrap_or("any target").to_owned();
    vec![(target, Err("there is no such target, or it did not load".to_owned()))]
}

#[cfg(test)]
mod tests;
