//! What an administrator should do next.

use super::report::{FileKind, Outcome, Report};

/// In this order.
pub(super) fn steps(report: &Report) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = |is_needed: bool, what: &str| {
        if is_needed {
            steps.push(what.to_owned());
        }
    };
    let is_unsigned =
        |reason: &Option<String>| reason.as_ref().is_some_and(|reason| reason.contains("signed"));
    let failed = || report.plugins.iter().filter(|line| line.outcome == Outcome::Failed);
    step(
        failed().any(|line| is_unsigned(&line.reason)),
        "start provd with --allow-unsigned, or sign with a key that it trusts: `provd plugin key`, --trusted-keys there, --key here; then \
         run this again",
    );
    step(
        report.files.iter().any(|file| file.outcome == Outcome::Failed),
        "run this again on the machine of the server, as its user or root, with its --data-dir",
    );
    let is_of = |kind: &str| report.problems.iter().any(|problem| problem.kind == kind);
    step(
        is_of("config") || is_of("device"),
        "look at the documents above; mend them there, and run this again, or here",
    );
    step(is_of("setting"), "start provd with the settings above, so that phones are told the same as there");
    if report.dry_run || !report.applied {
        step(true, "run this without --dry-run");
        return steps;
    }
    step(
        report.files.iter().any(|file| file.kind == FileKind::Firmware),
        "`provd firmware list` shows firmware that this server could install itself, `provd firmware import` brings the downloads in \
         var/cache along",
    );
    step(!report.devices.is_empty(), "compare some files: docs/migration.md says how");
    step(true, "have DHCP lead a few phones here: `provd dhcp-config`; then all of them");
    steps
}

#[cfg(test)]
mod tests {
    use super::super::report::{PluginLine, Problem};
    use super::*;

    #[test]
    fn what_is_missing_comes_before_what_is_next() {
        let reason = Some("it is not signed".to_owned());
        let plugin = PluginLine { id: "p".into(), version: None, outcome: Outcome::Failed, reason };
        let report = Report {
            applied: true,
            plugins: vec![plugin],
            problems: vec![Problem::taken("setting", "tftp", "x")],
            ..Report::default()
        };
        let steps = steps(&report);
        assert!(steps[0].contains("--allow-unsigned") && steps[1].contains("settings"), "{steps:?}");
        assert!(steps.last().unwrap().contains("dhcp-config"), "{steps:?}");
        let trial = super::steps(&Report { dry_run: true, ..Report::default() });
        assert_eq!(trial, ["run this without --dry-run"]);
    }
}
