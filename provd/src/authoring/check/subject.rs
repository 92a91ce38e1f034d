//! The plugin under check: installed, started when a check needs it, and looked at after each.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::catalogue::Check;
use super::samples::Samples;
use super::{Checked, Finding, failed};
use crate::authoring::test::CaseFile;
use crate::packages::{Files, Manifest};
use crate::plugin_host::workbench::{Refusal, Trial, Tried, Workbench};

/// Lines of its log that are shown with a plugin that did not survive a check.
const LAST_LINES: usize = 5;

/// A plugin under check.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) workbench: Workbench,
    pub(super) tried: Tried,
    /// What is in its folder and was not installed.
    pub(super) links: Vec<PathBuf>,
    cases: Samples,
    samples: OnceCell<Samples>,
    /// The process of checks that leave it as it was.
    shared: Mutex<Option<Arc<Trial>>>,
    /// Why it does not start: that is not tried again and again.
    broken: OnceCell<String>,
}

impl Subject {
    /// Installs a plugin to be checked.
    pub(super) fn new(
        workbench: Workbench,
        id: &str,
        manifest: &Manifest,
        files: &Files,
        cases: &[CaseFile],
    ) -> io::Result<Subject> {
        let tried = workbench.install(id, manifest.clone(), files.clone()).map_err(io::Error::other)?;
        let cases = Samples::of_cases(id, cases);
        let (samples, shared) = (OnceCell::new(), Mutex::default());
        let broken = OnceCell::new();
        Ok(Subject { workbench, tried, links: Vec::new(), cases, samples, shared, broken })
    }

    /// With what was not installed.
    pub(super) fn without(self, links: Vec<PathBuf>) -> Subject {
        Subject { links, ..self }
    }

    /// A process that others use as well.
    pub(super) async fn shared(&self) -> Result<Arc<Trial>, Finding> {
        let mut shared = self.shared.lock().await;
        if let Some(trial) = &*shared {
            return Ok(trial.clone());
        }
        let trial = Arc::new(self.fresh().await?);
        *shared = Some(trial.clone());
        Ok(trial)
    }

    /// A process of one's own.
    pub(super) async fn fresh(&self) -> Result<Trial, Finding> {
        let started = match self.broken.get() {
            Some(why) => Err(why.clone()),
            None => self.workbench.start(&self.tried).await,
        };
        started.map_err(|why| {
            // Set already by whoever found out first.
            let _ = self.broken.set(why.clone());
            Finding::Skipped("it does not start".to_owned())
        })
    }

    /// What it can be asked: what its cases ask, and what follows from what it says of itself.
    pub(super) async fn samples(&self) -> Result<&Samples, Finding> {
        let trial = self.shared().await?;
        let description = trial.caller().describe().await.map_err(said("Describe"))?;
        Ok(self.samples.get_or_init(|| async { self.cases.clone().completed(&description) }).await)
    }

    /// Runs a check, and looks whether the plugin is still there.
    pub(super) async fn run(&self, check: &Check) -> Checked {
        let outcome = (check.run)(self).await;
        let Some(trial) = self.shared.lock().await.clone() else { return outcome };
        match trial.caller().is_serving().await {
            Ok(true) => outcome,
            health => {
                *self.shared.lock().await = None;
                outcome.and_then(|_| failed(format!("{}{}", aftermath(&health), last_words(&trial))))
            }
        }
    }
}

fn aftermath(health: &Result<bool, Refusal>) -> String {
    match health {
        Ok(_) => "after this it says that it does not serve any more".to_owned(),
        Err(refusal) => format!("after this it does not answer any more: {refusal}"),
    }
}

/// What a process wrote last.
pub(super) fn last_words(trial: &Trial) -> String {
    let lines = trial.lines();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    if last.is_empty() { String::new() } else { format!("\n{}", last.join("\n")) }
}

/// A call that should have succeeded.
pub(super) fn said(call: &str) -> impl FnOnce(Refusal) -> Finding {
    move |refusal| Finding::Failed(format!("{call}: {refusal}"))
}
