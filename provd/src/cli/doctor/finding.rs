//! What a look at one thing gives: how it is, and what to do about it.

use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Sound,
    /// It may be meant so, or become a problem.
    Doubtful,
    /// Phones or administrators suffer from it.
    Wrong,
    /// It could not be looked at from here.
    Skipped,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What it is about.
    pub(super) about: &'static str,
    /// How it is.
    pub(super) verdict: Verdict,
    /// What was seen.
    pub(super) seen: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Finding {
    /// All is well.
    pub(super) fn sound(about: &'static str, seen: impl Into<String>) -> Finding {
        Finding { about, verdict: Verdict::Sound, seen: seen.into(), advice: None }
    }

    /// It may be meant so.
    pub(super) fn doubtful(
        about: &'static str,
        seen: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding { about, verdict: Verdict::Doubtful, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// Somebody suffers.
    pub(super) fn wrong(about: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { about, verdict: Verdict::Wrong, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// It was not looked at.
    pub(super) fn skipped(
        about: &'static str,
        seen: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding { about, verdict: Verdict::Skipped, seen: seen.into(), advice: Some(advice.into()) }
    }
}
