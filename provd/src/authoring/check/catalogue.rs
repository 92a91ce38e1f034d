//! All checks: what each demands, and where the contract says so.

use futures_util::future::BoxFuture;

use super::subject::Subject;
use super::{Checked, answers, beginning, ending, files, hostile, strain};

/// One thing that is demanded of a plugin.
pub(super) struct Check {
    /// By which it is named.
    pub(super) id: &'static str,
    /// In one sentence.
    pub(super) demands: &'static str,
    /// Where that is written: a section of the contract, or the call whose comment says so.
    pub(super) contract: &'static str,
    pub(super) run: for<'s> fn(&'s Subject) -> BoxFuture<'s, Checked>,
}

/// Those that take a few seconds together, and without which a plugin is not installed.
pub(super) const BEFORE_INSTALL: [&str; 7] =
    ["start", "token", "health", "describe", "associate.foreign", "extract.foreign", "drain"];

/// A line for each: its id, its place in the contract, what it demands, and the function that finds out.
macro_rules! checks {
    ($($id:literal, $contract:literal, $demands:literal, $run:path;)*) => {
        pub(super) const ALL: &[Check] = &[
            $(Check { id: $id, contract: $contract, demands: $demands, run: |subject| Box::pin($run(subject)) },)*
        ];
    };
}

checks! {
    "manifest", "The folder", "A plugin is its plugin.toml, which names an existing program if any, and regular files: links are not installed.", beginning::manifest;
    "start", "The start", "It is ready within its start deadline: Describe is answered, and health says SERVING.", beginning::start;
    "by-hand", "The start", "Started by hand, without its environment, it says what it is and exits with 2.", beginning::by_hand;
    "token", "The start", "A call without its token, or with another, is refused as UNAUTHENTICATED and does nothing.", beginning::token;
    "health", "While it runs", "Health says SERVING, also while calls run.", beginning::health;
    "describe", "Describe", "It says its id, the version of its plugin.toml, and filters, patterns and folders that can be used.", beginning::describe;
    "describe.stable", "Describe", "It says the same of itself each time, and in each process.", beginning::stable;
    "later-revisions", "Compatibility", "Fields, methods and revisions it does not know do no harm.", beginning::later_revisions;
    "associate.own", "Associate", "It supports the models it names as PROBABLE or better.", answers::associate_own;
    "associate.foreign", "Associate", "It supports another vendor's phone as IMPROBABLE or NONE, and one of which nothing is known below PROBABLE.", answers::associate_foreign;
    "extract.own", "Extract", "Requests of its phones pass its filters, and what they reveal is spelled as the contract has it.", answers::extract_own;
    "extract.foreign", "Extract", "Of requests of browsers, computers and scanners it says nothing.", answers::extract_foreign;
    "extract.described", "ExtractionRules", "By the rules it describes, requests reveal what it extracts out of them.", answers::extract_described;
    "codes", "Errors", "What it cannot do is answered with the code that says why, never UNKNOWN or INTERNAL.", answers::codes;
    "hostile", "Errors", "No request and no raw config, however strange, ends it, hangs it, or is answered with UNKNOWN or INTERNAL.", hostile::hostile;
    "configure", "Configure", "It configures the devices of its own cases.", files::configure;
    "files", "GeneratedFile", "Files have relative paths without `.` and `..`, none is there twice, and the trigger is one of them.", files::names;
    "stable", "Configure", "Equal input gives equal bytes: each time, in any order of devices, in each process.", files::stable;
    "deconfigure", "Deconfigure", "It forgets a device any number of times, also one it never knew.", files::deconfigure;
    "serve.unknown", "ServeFile", "A file that does not exist is answered with NOT_FOUND, or referred to by its own name.", files::serve_unknown;
    "deadlines", "Calls", "Each call is answered within its deadline.", strain::deadlines;
    "sizes", "Calls", "A message of 8 MiB is taken, and a larger one does no harm.", strain::sizes;
    "concurrency", "While it runs", "32 calls at once are answered, as they are one by one.", strain::concurrency;
    "cancellation", "While it runs", "Calls that are dropped leave nothing behind.", strain::cancellation;
    "leaks", "While it runs", "After thousands of calls it holds no more memory and descriptors than before: 8 MiB and 8 descriptors at most.", strain::leaks;
    "log", "While it runs", "What it writes tells neither its token nor passwords of raw configs.", strain::log;
    "drain", "Drain", "It finishes what runs, answers Drain within 10 s, and takes no more.", ending::drain;
    "stdin", "The end", "When its stdin ends it exits within 5 s.", ending::stdin;
    "sigterm", "The end", "On SIGTERM it exits within 5 s.", ending::sigterm;
    "children", "The end", "It leaves no process behind.", ending::children;
}

/// The checks with these ids; all of them where there is none.
///
/// # Errors
///
/// The first id that no check has.
pub(super) fn named(ids: &[String]) -> Result<Vec<&'static Check>, String> {
    if ids.is_empty() {
        return Ok(ALL.iter().collect());
    }
    let by_id = |id: &String| ALL.iter().find(|check| check.id == *id).ok_or_else(|| id.clone());
    ids.iter().map(by_id).collect()
}

/// The ids of all checks.
pub(super) fn names() -> String {
    ALL.iter().map(|check| check.id).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own_and_one_sentence() {
        let ids: BTreeSet<_> = ALL.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), ALL.len());
        assert!(BEFORE_INSTALL.iter().all(|id| ids.contains(id)));
        for check in ALL {
            assert!(check.demands.ends_with('.') && !check.contract.is_empty(), "{}", check.id);
        }
    }

    #[test]
    fn checks_are_chosen_by_name() {
        assert_eq!(named(&[]).unwrap().len(), ALL.len());
        assert_eq!(named(&["token".to_owned()]).unwrap()[0].id, "token");
        assert_eq!(named(&["no".to_owned()]).err().unwrap(), "no");
    }
}
