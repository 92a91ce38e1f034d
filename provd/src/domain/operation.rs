//! Work that takes longer than an answer may: how far it is, how it ended, and its 0.2 spelling.
//!
//! Who works, and where operations are kept, is the business of `provisioning`.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde_json::Value;

/// Where work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Not begun.
    #[default]
    Waiting,
    /// Under way.
    Progress,
    /// Done.
    Success,
    /// Given up; the operation's `reason` says why.
    Fail,
}

impl Stage {
    /// `waiting`, `progress`, `success` or `fail`.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Waiting => "waiting",
            Stage::Progress => "progress",
            Stage::Success => "success",
            Stage::Fail => "fail",
        }
    }

    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Stage::Success | Stage::Fail)
    }
}

/// How far work is, with the parts it is made of. Displayed as REST 0.2 spells it:
/// `label|progress;20/100(download|success)(install|waiting)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// One word; absent: none is shown.
    pub label: Option<String>,
    /// Where it is.
    pub stage: Stage,
    /// How much is done; absent: not counted.
    pub current: Option<u64>,
    /// Of how much; absent: nobody knows.
    pub end: Option<u64>,
    /// Its parts.
    pub parts: Vec<Progress>,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "{label}|")?;
        }
        f.write_str(self.stage.as_str())?;
        if let Some(current) = self.current {
            write!(f, ";{current}")?;
            if let Some(end) = self.end.filter(|end| *end > 0) {
                write!(f, "/{end}")?;
            }
        }
        self.parts.iter().try_for_each(|part| write!(f, "({part})"))
    }
}

/// One piece of work, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Counts all operations since the server started, from 1.
    pub number: u64,
    /// The REST collection it belongs to, `/0.2/dev_mgr/synchronize`; its own path is below that.
    pub collection: Cow<'static, str>,
    /// What is done, for people: `configure devices of config base`.
    pub what: String,
    /// How far it is.
    pub progress: Progress,
    /// Why it failed, or what is worth knowing of its success.
    pub reason: Option<String>,
    /// What went wrong with single devices, the first hundred: device and reason.
    pub failures: Vec<(String, String)>,
    /// How many went wrong in all.
    pub failed: u64,
    /// What it found out, as a document.
    pub findings: Option<Value>,
    /// When it began.
    pub began: SystemTime,
    /// When it ended.
    pub ended: Option<SystemTime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_as_existing_clients_parse_it() {
        let part =
            |label: &str, stage| Progress { label: Some(label.to_owned()), stage, ..Progress::default() };
        let download = Progress { current: Some(20), end: Some(100), ..part("download", Stage::Progress) };
        let install = Progress {
            parts: vec![download, part("install", Stage::Waiting)],
            ..part("install_pkg", Stage::Progress)
        };
        assert_eq!(install.to_string(), "install_pkg|progress(download|progress;20/100)(install|waiting)");
        let uncounted = Progress { current: Some(541), end: Some(0), ..part("update", Stage::Success) };
        assert_eq!(uncounted.to_string(), "update|success;541");
    }
}
