//! The lists name what the engine has and nothing else, and their examples print what they say.

use std::collections::BTreeSet;

use minijinja::value::ValueKind;
use provd_proto::v1::{Capabilities, Device, DeviceInfo};
use serde_json::{Map, Value as Json, json};

use super::super::{Context, Family, Templates, environment, variables as values};
use super::*;
use crate::declarative::target::{Model, Target};
use crate::declarative::timezone::{Change, Day, Rule};

/// Everything an element of the contract can say.
fn full_context(config: &Json) -> minijinja::Value {
    let capabilities = Capabilities {
        lines: Some(2),
        function_keys: Some(8),
        expansion_modules: Some(1),
        high_availability: Some(true),
        switchboard: Some(true),
        multicell: Some(false),
        protocol: Some("sip".to_owned()),
        r#type: Some("deskphone".to_owned()),
    };
    let model = Model { name: "T1".to_owned(), firmware: None, capabilities, vars: Map::new() };
    let target = Target {
        id: "tiny-1.0".to_owned(),
        vendor: "Tiny".to_owned(),
        firmware: Some("1.0".to_owned()),
        versions: None,
        models: vec![model],
        overlay: None,
        vars: Map::new(),
    };
    let text = |text: &str| Some(text.to_owned());
    let info = DeviceInfo {
        ip: text("192.0.2.100"),
        mac: text("00:08:5d:23:74:29"),
        sn: text("1"),
        uuid: text("2a7c9f4e-0000-4000-8000-00000000abcd"),
        vendor: text("Tiny"),
        model: text("T1"),
        version: text("1.0"),
    };
    let device = Device {
        id: "a".to_owned(),
        info: Some(info),
        remote_state_sip_username: "1001".to_owned(),
        ..Device::default()
    };
    let mut context = Context::of(&Family::of(&target), Some(&device)).unwrap();
    context.add_config(config.as_object().unwrap()).unwrap();
    context.value()
}

fn config() -> Json {
    json!({
        "http_base_url": "http://192.0.2.1:8667", "timezone": "Europe/Paris", "exten_voicemail": "*98",
        "sip_proxy_ip": "a", "sip_proxy_port": 1, "sip_registrar_ip": "a", "sip_registrar_port": 1,
        "sip_backup_proxy_ip": "a", "sip_backup_proxy_port": 1, "sip_outbound_proxy_ip": "a", "sip_outbound_proxy_port": 1,
        "sip_backup_registrar_ip": "a", "sip_backup_registrar_port": 1, "sip_dtmf_mode": "SIP-INFO",
        "sip_srtp_mode": "preferred", "sip_lines": {"1": {"username": "1001"}}, "funckeys": {"1": {}},
        "sccp_call_managers": {"1": {}}, "X_xivo_phonebook_ip": "192.0.2.70", "X_xivo_user_uuid": "2a7c9f4e",
    })
}

#[test]
fn every_example_prints_what_it_says() {
    let context = full_context(&config());
    let words = filters().chain(FUNCTIONS).chain(BUILTIN).chain(TESTS);
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (index, word) in words.enumerate() {
        let name = format!("{index}.j2");
        std::fs::write(folder.path().join(&name), format!("{{{{ {} }}}}", word.example)).unwrap();
        let templates = Templates::load(&[folder.path().to_owned()]).unwrap();
        let printed = templates.render_named(&name, &context);
        let is_named = word.example.contains(word.name()) && word.what.ends_with('.');
        if printed.as_deref() != Ok(word.result) || !is_named {
            wrong.push((word.example, printed));
        }
        std::fs::remove_file(folder.path().join(&name)).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Names in one list of the engine. It tells them in no other way.
fn names_of(list: &str) -> BTreeSet<String> {
    let shown = format!("{:?}", environment());
    let (_, rest) = shown.split_once(&format!("{list}: [")).unwrap_or_else(|| panic!("no {list} in {shown}"));
    let names = rest.split_once(']').unwrap().0.split(", ").map(|name| name.trim_matches('"').to_owned());
    // Operators are tests too, `select('==', 1)`, with a name beside.
    names.filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic())).collect()
}

fn names<'a>(words: impl Iterator<Item = &'a Word>) -> BTreeSet<String> {
    words.map(|word| word.name().to_owned()).collect()
}

#[test]
fn the_lists_are_those_of_the_engine() {
    assert_eq!(names(filters().chain(BUILTIN)), names_of("filters"));
    assert_eq!(names(TESTS.iter()), names_of("tests"));
    let of_context = ["warn", "phonebook_url"].map(str::to_owned);
    let environment = environment();
    let globals = environment.globals().map(|(name, _)| name.to_owned()).chain(of_context);
    assert_eq!(names(FUNCTIONS.iter()), globals.collect());
}

/// The path of everything in a value but functions, and what is free.
fn paths(value: &minijinja::Value, above: &str, found: &mut BTreeSet<String>) {
    const FREE: [&str; 4] = ["config", "device.options", "model.vars", "target.vars"];
    let elements = match value.kind() {
        ValueKind::Map if !FREE.contains(&above) => value,
        ValueKind::Seq => return paths(&value.get_item_by_index(0).unwrap(), &format!("{above}[]"), found),
        _ => return,
    };
    for key in elements.try_iter().unwrap() {
        let inner = elements.get_item(&key).unwrap();
        let path = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
        if !FUNCTIONS.iter().any(|function| function.name() == path) {
            found.insert(path.clone());
        }
        paths(&inner, &path, found);
    }
}

#[test]
fn the_variables_are_those_that_templates_see() {
    let mut found = BTreeSet::new();
    paths(&full_context(&config()), "", &mut found);
    let day = Change { day: Day::OfYear(80), time: 0 };
    let mut rule: Rule = "AAA0BBB,M3.5.0,M10.5.0".parse().unwrap();
    rule.dst.as_mut().unwrap().start = day;
    paths(&values::timezone("a", &rule), "timezone", &mut found);
    // That a line has a user name is what this raw config says, and an end is written as a beginning.
    found.retain(|path| path != "lines[].username" && !path.starts_with("timezone.dst.end."));
    let known: BTreeSet<String> = VARIABLES.iter().map(|variable| variable.path.to_owned()).collect();
    assert_eq!(known, found);
    assert_eq!(known.len(), VARIABLES.len(), "none twice");
}
