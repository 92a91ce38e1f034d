//! `provd plugin test`: the cases beside a plugin, asked of its own processes as a server would ask.
//!
//! All cases run, whatever fails; a plugin that does not start is a failure like any other. What a case does not state is
//! not tested.

mod acceptance;
mod configuration;
mod difference;
mod facts;
mod format;
mod identification;
mod report;
mod serving;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use toml::Spanned;

use self::acceptance::Edits;
use super::arguments::TestArguments;
use crate::packages::Manifest;
use crate::plugin_host::workbench::{Trial, Workbench};

pub(super) use self::facts::{Facts, facts_of};
pub(super) use self::format::CaseFile;
use self::report::{Outcome, Report};

/// What to do with what came out in place of what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Say so.
    Compare,
    /// Expect it from now on.
    Accept,
}

/// Runs what was asked for and shows what came of it.
pub(super) async fn execute(arguments: &TestArguments, json: bool) -> io::Result<ExitCode> {
    let mode = if arguments.accept { Mode::Accept } else { Mode::Compare };
    let report = run(&arguments.folder, &arguments.cases, mode).await?;
    report.print(json)?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the cases beside a plugin whose names hold one of these texts; all of them where there is none.
///
/// # Errors
///
/// Nothing can be run here: no temporary folder, say. What is wrong with the plugin is in the report.
async fn run(folder: &Path, wanted: &[String], mode: Mode) -> io::Result<Report> {
    let mut report = Report::new(folder);
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let read = Manifest::read(&folder).map_err(|error| error.to_string());
    let read = read.and_then(|manifest| Ok((manifest, CaseFile::beside(&folder)?)));
    let (manifest, files) = match read {
        Ok(read) => read,
        Err(why) => {
            report.add(Outcome::of_plugin("reading", "", Err(why)));
            return Ok(report);
        }
    };
    let workbench = Workbench::new()?;
    let (mut targets, mut broken) = (Vec::new(), Vec::new());
    for id in &manifest.ids {
        match workbench.start(&workbench.in_place(id, manifest.clone(), &folder)).await {
            Ok(trial) => targets.push(Target { id: id.clone(), trial }),
            Err(why) => {
                report.add(Outcome::of_plugin("starting", id, Err(why)));
                broken.push(id.clone());
            }
        }
    }
    for file in &files {
        let mut run = Run {
            file,
            targets: &targets,
            broken: &broken,
            wanted,
            mode,
            edits: Edits::default(),
            report: &mut report,
        };
        run.all().await?;
    }
    for target in targets {
        target.trial.terminate().await;
    }
    Ok(report)
}

/// A plugin of the folder, and its process.
struct Target {
    id: String,
    trial: Trial,
}

/// The run of one file.
struct Run<'a> {
    file: &'a CaseFile,
    targets: &'a [Target],
    /// Those that did not start, which was told.
    broken: &'a [String],
    wanted: &'a [String],
    mode: Mode,
    edits: Edits,
    report: &'a mut Report,
}

/// What came of a case with one target: what differs, if anything.
type Verdict = Result<(), String>;

impl<'a> Run<'a> {
    async fn all(&mut self) -> io::Result<()> {
        let cases = &self.file.cases;
        for case in &cases.request {
            self.extraction(case).await;
        }
        for case in &cases.association {
            self.association(case).await;
        }
        for case in &cases.configure {
            self.configuration(case).await;
        }
        for case in &cases.serve {
            self.serving(case).await;
        }
        std::mem::take(&mut self.edits).write(self.file)
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| name.contains(wanted.as_str()))
    }

    /// The targets a case is for: the one it names, or all. That there is none is a failure.
    fn chosen<T>(&mut self, case: &Spanned<T>, name: &str, target: Option<&String>) -> Vec<&'a Target> {
        let targets = self.targets;
        let fits = |candidate: &&Target| target.is_none_or(|target| candidate.id == *target);
        let chosen: Vec<&'a Target> = targets.iter().filter(fits).collect();
        if let Some(target) = target.filter(|target| chosen.is_empty() && !self.broken.contains(target)) {
            self.add(case, name, target, Err("there is no such target".to_owned()));
        }
        chosen
    }

    fn add<T>(&mut self, case: &Spanned<T>, name: &str, target: &str, result: Verdict) {
        self.report.add(Outcome {
            place: self.file.place(case),
            case: name.to_owned(),
            target: target.to_owned(),
            result,
        });
    }
}
