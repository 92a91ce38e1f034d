//! Reading everything back, and comparing it with what the other server has: what REST shows is what counts.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::config::MappedConfig;
use super::device::MappedDevice;
use super::documents::Kind;
use super::report::{Named, Problem};
use super::settings::Settings;
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::table::{harmless, text_of};

/// Documents that are read at a time: an answer has to come in time.
const TOGETHER: usize = 5_000;

/// The documents of this server, by id.
pub(super) type Here = HashMap<String, Map<String, Value>>;

/// All documents of a kind. `fields` are the keys that matter, empty for all.
pub(super) async fn here(kind: Kind, fields: &str, client: &Client) -> Result<Here, Failure> {
    let fields = if fields.is_empty() { String::new() } else { format!("&fields={fields}") };
    let path = match kind {
        Kind::Device => "/dev_mgr/devices?recurse=true&",
        Kind::Config => "/cfg_mgr/configs?",
    };
    let mut found = Here::new();
    let mut seen = 0;
    loop {
        let mut answer = client.get(&format!("{path}skip={seen}&limit={TOGETHER}{fields}")).await?;
        let Some(Value::Array(listed)) = answer.get_mut(kind.collection()).map(Value::take) else {
            return Err(client.not_provd(format!("it lists no {}", kind.collection())));
        };
        let number = listed.len();
        found.extend(listed.into_iter().filter_map(|document| match document {
            Value::Object(document) => Some((document.get("id")?.as_str()?.to_owned(), document)),
            _ => None,
        }));
        seen += number;
        if number < TOGETHER {
            return Ok(found);
        }
    }
}

/// Configs that are not as they should be.
pub(super) fn compare_configs<'d>(
    configs: impl Iterator<Item = &'d (String, MappedConfig)>,
    here: &Here,
    problems: &mut Vec<Problem>,
) {
    for (id, config) in configs {
        let differences = here.get(id).map(|document| config.differences(document));
        tell(Kind::Config, id, differences, problems);
    }
}

/// Devices that are not as they should be. One that was configured there should be so here.
pub(super) fn compare_devices<'d>(
    devices: impl Iterator<Item = &'d (String, MappedDevice)>,
    here: &Here,
    are_configured: bool,
    problems: &mut Vec<Problem>,
) {
    for (id, device) in devices {
        tell(Kind::Device, id, here.get(id).map(|document| device.differences(document)), problems);
        let Some(document) = here.get(id).filter(|_| are_configured && device.was_configured) else {
            continue;
        };
        if document.get("configured") != Some(&Value::Bool(true)) {
            let why = document.get("last_error").and_then(Value::as_str).unwrap_or("it says not why");
            let reason = format!("it was configured there and is not here: {}", harmless(why));
            problems.push(Problem::refused(Kind::Device.name(), id, reason));
        }
    }
}

fn tell(kind: Kind, id: &str, differences: Option<Vec<String>>, problems: &mut Vec<Problem>) {
    let reason = match differences {
        None => "it is not here".to_owned(),
        Some(keys) if keys.is_empty() => return,
        Some(keys) => format!("it is not as it was there: {}", keys.join(", ")),
    };
    problems.push(Problem::refused(kind.name(), id, reason));
}

/// Keys under which two documents say something else.
pub(super) fn differing_keys(one: &Map<String, Value>, other: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}

/// What only this server has. If the other one has a template for new phones, no other should be one here.
pub(super) fn only_here<'i>(
    kind: Kind,
    ids: impl Iterator<Item = &'i String>,
    has_template: bool,
    here: &Here,
    problems: &mut Vec<Problem>,
) -> Vec<Named> {
    let there: BTreeSet<&String> = ids.collect();
    let mut only: Vec<Named> = Vec::new();
    for (id, document) in here.iter().filter(|(id, _)| !there.contains(id)) {
        only.push(Named { kind: kind.name(), id: id.clone() });
        if has_template && document.get("role").is_some_and(|role| role == "autocreate") {
            let reason = format!(
                "only this server has it, and it is a template for new phones, as one of the other server is: `provd config update \
                 {id} --unset role`"
            );
            problems.push(Problem::taken(kind.name(), id, reason));
        }
    }
    only.sort_by(|one, other| one.id.cmp(&other.id));
    only
}

/// How phones reach this server, and how they reached the other one.
pub(super) async fn compare_addresses(settings: &Settings, client: &Client) -> Result<Vec<Problem>, Failure> {
    let hints = client.get("/pg_mgr/dhcp_hints").await?;
    let here =
        [hints.get("http"), hints.pointer("/tftp/port")].map(|said| said.map(text_of).unwrap_or_default());
    let names = [
        ("advertised_url", "http_base_url", "general.advertised_http_url"),
        ("tftp", "tftp_port", "general.tftp_port"),
    ];
    let mut problems = Vec::new();
    for ((name, parameter, setting), here) in names.into_iter().zip(here) {
        let there = settings.base_raw_config.get(parameter).map(text_of).or_else(|| settings.text(setting));
        if let Some(there) = there.filter(|there| there.trim_end_matches('/') != here) {
            let reason = format!("phones were told {there} there, and are told {here} here");
            problems.push(Problem::taken("setting", name, reason));
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::documents::Document;
    use super::super::{config, device};
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("not an object") };
        object
    }

    #[test]
    fn what_is_otherwise_is_told_by_its_keys() {
        let document = |content: Value| Document { id: "d".to_owned(), content: object(content) };
        let there = device::map(
            &document(json!({"id": "d", "vendor": "a", "configured": true, "tenant_uuid": "t"})),
            &device::Masters::default(),
        );
        let shown = json!({"id": "d", "vendor": "b", "configured": false, "last_error": "no line", "tenant_uuid": "t",
            "is_new": false});
        let here = Here::from([("d".to_owned(), object(shown))]);
        let mut problems = Vec::new();
        compare_devices([("d".to_owned(), there)].iter(), &here, true, &mut problems);
        let reasons: Vec<&str> = problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(
            reasons,
            ["it is not as it was there: vendor", "it was configured there and is not here: no line"]
        );
        let config = config::map(&document(json!({"id": "c", "parent_ids": [], "raw_config": {}})));
        let mut problems = Vec::new();
        compare_configs([("c".to_owned(), config)].iter(), &Here::new(), &mut problems);
        assert_eq!(problems, [Problem::refused("config", "c", "it is not here")]);
    }

    #[test]
    fn a_second_template_for_new_phones_is_told() {
        let here = Here::from([
            ("autoprov".to_owned(), object(json!({"role": "autocreate"}))),
            ("base".to_owned(), object(json!({}))),
        ]);
        let mut problems = Vec::new();
        let ids = ["base".to_owned()];
        let only = only_here(Kind::Config, ids.iter(), true, &here, &mut problems);
        assert_eq!(only, [Named { kind: "config", id: "autoprov".to_owned() }]);
        assert!(problems.len() == 1 && problems[0].reason.contains("--unset role"), "{problems:?}");
    }
}
