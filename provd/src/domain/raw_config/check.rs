//! Whether a raw config can mean anything: all problems at once, each with its path.

use serde_json::{Map, Value};

use super::kind::{Group as _, is_known, is_own};
use super::near_miss::near_miss;
use super::parameters::Parameters;
use super::problem::{Path, Problems, Report};
use super::scalars::lenient_bool;

/// Levels of objects and lists that a parameter may have. Whoever reads JSON has a limit; this is within everybody's.
const MAX_DEPTH: usize = 32;

/// What must be known of a service that is enabled.
const NEEDED: [(&str, &str); 4] = [
    ("dns_enabled", "dns_ip"),
    ("ntp_enabled", "ntp_ip"),
    ("vlan_enabled", "vlan_id"),
    ("syslog_enabled", "syslog_ip"),
];

/// Judges a raw config, as it is stored or with all it inherits. What an enabled service needs must be stated with it, as
/// REST 0.2 has it: a config that relies on a parent for it would break when that parent changes.
pub fn check(raw_config: &Map<String, Value>) -> Result<(), Problems> {
    verdict(read(raw_config, Report::default()))
}

/// What is allowed in a stored raw config, and probably not meant.
pub fn warnings(stored: &Map<String, Value>) -> Problems {
    let asked = Report { warnings: Some(Problems::default()), ..Report::default() };
    read(stored, asked).warnings.unwrap_or_default()
}

fn verdict(report: Report) -> Result<(), Problems> {
    if report.problems.is_empty() { Ok(()) } else { Err(report.problems) }
}

fn read(document: &Map<String, Value>, mut report: Report) -> Report {
    Parameters::read(document, None, &mut report);
    for (name, value) in document {
        if !is_known::<Parameters>(name) && !is_own(name) {
            let reason = if report.problems.is_full() { String::new() } else { unknown(name) };
            report.problems.add(Path::top(name), reason);
        }
        if is_deeper(value, MAX_DEPTH) {
            report.problems.add(Path::top(name), format!("has more than {MAX_DEPTH} levels"));
        }
    }
    for (enabled, needed) in enabled(document) {
        if document.get(needed).is_none_or(|value| value.is_null() || value == "") {
            report.problems.add(needed, format!("needed when {enabled} is true"));
        }
    }
    report
}

fn unknown(name: &str) -> String {
    if name.starts_with("XX_") {
        return "names with XX_ are reserved for plugins".to_owned();
    }
    match near_miss(name, Parameters::TABLE.iter().map(|known| known.name)) {
        Some(meant) => format!("no such parameter; did you mean {meant}?"),
        None => "no such parameter; names of your own begin with X_".to_owned(),
    }
}

/// The services that are enabled, and what each needs.
fn enabled(document: &Map<String, Value>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_enabled = |name: &str| document.get(name).and_then(lenient_bool) == Some(true);
    NEEDED.into_iter().filter(move |(enabled, _)| is_enabled(enabled))
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let deeper = |value: &Value| levels == 0 || is_deeper(value, levels - 1);
    match value {
        Value::Array(items) => items.iter().any(deeper),
        Value::Object(entries) => entries.values().any(deeper),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
