//! `provd plugin check`: whether a plugin keeps the contract, found out by calling it, whatever language it is written in.
//!
//! A check demands one thing, and its verdict has evidence. What is checked is what a server would install: a copy, made
//! as a server makes it.

mod answers;
mod beginning;
mod catalogue;
mod ending;
mod files;
mod hostile;
mod report;
mod samples;
mod source;
mod strain;
mod subject;

use std::process::ExitCode;

use async_trait::async_trait;
use indicatif::ProgressBar;

use self::catalogue::{ALL, BEFORE_INSTALL};
use self::report::{PluginReport, Report};
use self::source::Source;
use self::subject::Subject;
use super::arguments::CheckArguments;
use super::say;
use crate::packages::{Files, Manifest};
use crate::plugin_host::workbench::Workbench;
use crate::plugin_host::{Examiner, TrialSettings};

/// What came of a check: evidence that it passed, or why it did not.
type Checked = Result<String, Finding>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// What the plugin did in place of what it should.
    Failed(String),
    /// Why this cannot be checked here.
    Skipped(String),
}

/// A check did not pass.
fn failed<T>(why: impl Into<String>) -> Result<T, Finding> {
    Err(Finding::Failed(why.into()))
}

/// Checks what was asked for and shows what came of it.
pub(super) async fn execute(arguments: &CheckArguments, json: bool) -> std::io::Result<ExitCode> {
    let wanted = match catalogue::named(&arguments.only) {
        Ok(wanted) => wanted,
        Err(unknown) => {
            eprintln!("provd: there is no check `{unknown}`; the checks are: {}", catalogue::names());
            return Ok(ExitCode::from(2));
        }
    };
    let source = match Source::read(&arguments.plugin) {
        Ok(source) => source,
        Err(why) => {
            eprintln!("provd: {why}");
            return Ok(ExitCode::from(2));
        }
    };
    let mut report = Report::default();
    for id in &source.manifest.ids {
        let subject = source.subject(id)?;
        let mut checked = PluginReport::new(id, &source.manifest.version);
        let progress = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if !json {
            say(&format!("{id} {}", source.manifest.version))?;
        }
        for check in &wanted {
            progress.set_message(format!("{}: {}", check.id, check.demands));
            progress.tick();
            let outcome = subject.run(check).await;
            let line = checked.add(check, outcome);
            if !json {
                progress.suspend(|| say(&line))?;
            }
        }
        progress.finish_and_clear();
        report.plugins.push(checked);
    }
    report.print(json)?;
    if let Some(path) = &arguments.report {
        std::fs::write(path, format!("{:#}\n", report.document()))?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at a plugin before a server lets it in, for a few seconds at most: that it starts, keeps strangers out, answers
/// nonsense without harm, and ends when it is told to.
#[derive(Debug)]
pub struct BeforeInstall(pub TrialSettings);

#[async_trait]
impl Examiner for BeforeInstall {
    async fn examine(&self, id: &str, manifest: &Manifest, files: &Files) -> Result<(), String> {
        let subject = Workbench::of_server(&self.0)
            .and_then(|workbench| Subject::new(workbench, id, manifest, files, &[]))
            .map_err(|error| format!("it cannot be tried: {error}"))?;
        for check in ALL.iter().filter(|check| BEFORE_INSTALL.contains(&check.id)) {
            if let Err(Finding::Failed(why)) = subject.run(check).await {
                let why: Vec<&str> = why.lines().map(str::trim).collect();
                let (why, contract) = (why.join("; "), check.contract);
                return Err(format!("{}: {why} ({contract} demands: {})", check.id, check.demands));
            }
        }
        Ok(())
    }
}
