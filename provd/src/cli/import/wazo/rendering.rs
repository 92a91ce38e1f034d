//! The report of a migration for people: what is done, what is wrong with which phone, and what to do next.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Counts, FileKind, FileLine, Outcome, Report};
use crate::cli::columns::Columns;
use crate::cli::table::{Mood, Style, cell, mood, table};

/// Lines that are shown of each table.
const SHOWN: usize = 50;

const PLUGINS: Columns = Columns {
    headings: &["PLUGIN", "VERSION", "BECOMES", "TEMPLATES", "FIRMWARE", "FILES", "REASON"],
    dispensable: &["VERSION", "FILES", "FIRMWARE", "TEMPLATES"],
    breaks: Some("REASON"),
};
const PROBLEMS: Columns =
    Columns { headings: &["KIND", "ID", "TAKEN", "REASON"], dispensable: &["TAKEN"], breaks: Some("REASON") };
const SETTINGS: Columns = Columns { headings: &["THERE", "HERE"], dispensable: &[], breaks: Some("HERE") };

/// All there is to say.
pub(super) fn text(report: &Report, style: Style) -> String {
    let mut parts = vec![plugins(report, style)];
    parts.push(summary(report));
    if !report.problems.is_empty() {
        parts.push(problems(report, style));
    }
    parts.extend(grouped(
        "Said otherwise here",
        report.mapped.iter().map(|one| (one.what.clone(), one.id.clone())),
    ));
    let left = report.left.iter().map(|left| (left.why.to_owned(), left.path.display().to_string()));
    parts.extend(grouped("Not taken over", left));
    let only = report.only_here.iter().map(|one| (format!("{}s", one.kind), one.id.clone()));
    parts.extend(grouped("Only here, and left alone", only));
    if !report.settings.is_empty() {
        let row = |line: &super::report::SettingLine| vec![cell(&line.there), cell(&line.here)];
        parts.push(table(style, &SETTINGS, report.settings.iter().map(row).collect(), ""));
    }
    if !report.next.is_empty() {
        let steps = report.next.iter().zip(1..).map(|(step, number)| format!("  {number}. {step}"));
        parts.push(format!("Next:\n{}", steps.collect::<Vec<_>>().join("\n")));
    }
    parts.join("\n\n")
}

fn plugins(report: &Report, style: Style) -> String {
    let row = |line: &super::report::PluginLine| {
        let (said, is) = outcome(line.outcome, report.dry_run);
        let mut cells =
            vec![cell(&line.id), cell(line.version.as_deref().unwrap_or_default()), mood(said, is)];
        let number =
            |kind| report.files.iter().filter(|file| file.plugin == line.id && file.kind == kind).count();
        let numbers = [FileKind::Template, FileKind::Firmware, FileKind::File].map(number);
        cells.extend(
            numbers.map(|number| cell(&if number == 0 { String::new() } else { number.to_string() })),
        );
        cells.push(cell(line.reason.as_deref().unwrap_or_default()));
        cells
    };
    table(style, &PLUGINS, report.plugins.iter().map(row).collect(), "There are no plugins.")
}

fn outcome(outcome: Outcome, dry_run: bool) -> (&'static str, Mood) {
    match (outcome, dry_run) {
        (Outcome::New, false) => ("installed", Mood::Good),
        (Outcome::New, true) => ("would be installed", Mood::Good),
        (Outcome::Replaced, false) => ("replaced", Mood::Good),
        (Outcome::Replaced, true) => ("would be replaced", Mood::Good),
        (Outcome::Present, _) => ("here already", Mood::Good),
        (Outcome::Failed, _) => ("failed", Mood::Bad),
    }
}

/// `Configs: 12 read, 11 created, 1 not taken over.`
fn summary(report: &Report) -> String {
    let line = |what: &str, counts: Counts| {
        let Counts { read, created, updated, unchanged, refused } = counts;
        let numbers = [
            (created, "created"),
            (updated, "changed"),
            (unchanged, "here already"),
            (refused, "not taken over"),
        ];
        let said = numbers
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!(", {number} {what}"));
        format!("{what}: {read} read{}.", said.collect::<String>())
    };
    let mut lines = vec![line("Configs", report.configs), line("Devices", report.devices)];
    let counted = |outcomes: Vec<Outcome>| {
        let number = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        let changed = number(Outcome::New) + number(Outcome::Replaced);
        (outcomes.len(), changed, number(Outcome::Present), number(Outcome::Failed))
    };
    let files = counted(report.files.iter().map(|file: &FileLine| file.outcome).collect());
    let parameters = counted(report.parameters.iter().map(|line| line.outcome).collect());
    for (what, done, (all, changed, present, failed)) in
        [("Files", "copied", files), ("Parameters", "set", parameters)]
    {
        let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
        lines.push(format!("{what}: {all}, {changed} {done}, {present} here already{failed}."));
    }
    if report.dry_run {
        lines.insert(0, "This was a trial: nothing is changed. It would be:".to_owned());
    } else if !report.applied {
        lines.insert(0, "Nothing is changed. It would be:".to_owned());
    }
    lines.join("\n")
}

fn problems(report: &Report, style: Style) -> String {
    let mut rows: Vec<_> = report
        .problems
        .iter()
        .map(|one| (one.kind, one.id.clone(), if one.taken { "yes" } else { "no" }, one.reason.clone()))
        .collect();
    let failed = report.files.iter().filter(|file| file.outcome == Outcome::Failed);
    let reasons: BTreeSet<_> = failed.map(|file| (file.plugin.clone(), file.reason.clone())).collect();
    rows.extend(reasons.into_iter().map(|(id, why)| ("file", id, "no", why.unwrap_or_default())));
    let failed = report.parameters.iter().filter(|line| line.outcome == Outcome::Failed);
    rows.extend(
        failed.map(|line| ("parameter", line.name.clone(), "no", line.reason.clone().unwrap_or_default())),
    );
    // What is not here comes first.
    rows.sort_by_key(|(_, _, taken, _)| *taken);
    let all = rows.len();
    let row = |(kind, id, taken, reason): (&str, String, &str, String)| {
        let is = if taken == "yes" { Mood::Doubtful } else { Mood::Bad };
        vec![cell(kind), cell(&id), mood(taken, is), cell(&reason)]
    };
    let shown = table(style, &PROBLEMS, rows.into_iter().take(SHOWN).map(row).collect(), "");
    match all.saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}\nand {more} more (--json shows them)"),
    }
}

/// What is the same of many, with the first of them.
fn grouped(heading: &str, lines: impl Iterator<Item = (String, String)>) -> Option<String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (what, id) in lines {
        groups.entry(what).or_default().push(id);
    }
    let said = groups.iter().map(|(what, ids)| {
        let first: Vec<&str> = ids.iter().map(String::as_str).take(3).collect();
        let more = if ids.len() > first.len() { ", …" } else { "" };
        let line = format!("  {what}: {} ({}{more})", ids.len(), first.join(", "));
        crate::cli::table::harmless(&line)
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| format!("{heading}:\n{}", said.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::super::report::{Left, Mapped, PluginLine, Problem};
    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    #[test]
    fn the_same_of_many_is_said_once() {
        let mapped = |id: &str| Mapped { kind: "device", id: id.to_owned(), what: "mac: null".to_owned() };
        let problems = vec![
            Problem::taken("device", "d", "there is no config `x`"),
            Problem::refused("device", "e", "mac: no address"),
        ];
        let report = Report {
            dry_run: true,
            mapped: ["a", "b", "c", "\u{1b}d"].map(mapped).into(),
            left: vec![Left { path: "var/cache".into(), why: "downloads" }],
            devices: Counts { read: 3, created: 2, refused: 1, ..Counts::default() },
            plugins: vec![PluginLine {
                id: "p".into(),
                version: None,
                outcome: Outcome::Failed,
                reason: None,
            }],
            problems,
            next: vec!["do".to_owned()],
            ..Report::default()
        };
        let said = text(&report, PIPE);
        for part in [
            "This was a trial",
            "Devices: 3 read, 2 created, 1 not taken over.",
            "  mac: null: 4 (a, b, c, …)",
            "  downloads: 1 (var/cache)",
            "Next:\n  1. do",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let of = |id: &str| said.lines().position(|line| line.starts_with(&format!("device  {id}"))).unwrap();
        assert!(of("e") < of("d"), "what is not here comes first: {said}");
        assert!(!said.contains('\u{1b}'), "{said}");
    }
}
