//! Holds the page of the parameters in `docs` to the table: what it names, what each holds, and that its examples are sound.

use serde_json::{Map, Value, json};

use super::check;
use super::kind::{Group, Parameter};
use super::parameters::{CallManager, FunctionKey, Parameters, SipLine};

const PAGE: &str = include_str!("../../../../docs/raw-config.md");

/// A row of one of the page's tables.
struct Row<'a> {
    name: &'a str,
    holds: &'a str,
    example: &'a str,
}

/// The rows below a heading, as far as the next of the same level.
fn rows(heading: &str) -> Vec<Row<'static>> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [name, holds, _, _, example] = cells[..] else { panic!("not five cells: {line}") };
        let [name, example] = [name, example].map(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
        Some(Row { name: name?, holds, example: example? })
    };
    section.lines().filter_map(row).collect()
}

fn assert_page_names(heading: &str, table: &[Parameter], document: impl Fn(&str, Value) -> Value) {
    let mut rows = rows(heading);
    let mut table: Vec<&Parameter> = table.iter().collect();
    rows.sort_by_key(|row| row.name);
    table.sort_by_key(|parameter| parameter.name);
    let names = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join("\n");
    assert_eq!(names(&mut rows.iter().map(|row| row.name)), names(&mut table.iter().map(|known| known.name)));
    for (row, parameter) in rows.iter().zip(table) {
        assert_eq!(row.holds, (parameter.describe)(), "{}", row.name);
        let example =
            serde_json::from_str(row.example).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        let Value::Object(document) = document(row.name, example) else { panic!("not an object") };
        assert_eq!(check(&document), Ok(()), "{}", row.name);
    }
}

#[test]
fn the_page_names_every_parameter_and_no_other() {
    let enabled = |name: &str, example: Value| {
        let needed = json!({"dns_ip": "192.0.2.1", "ntp_ip": "a", "vlan_id": 1, "syslog_ip": "a"});
        let mut document: Map<String, Value> = needed.as_object().unwrap().clone();
        document.insert(name.to_owned(), example);
        Value::Object(document)
    };
    assert_page_names("Parameters", Parameters::TABLE, enabled);
}

#[test]
fn the_page_names_every_key_of_lines_managers_and_function_keys_and_no_other() {
    let line = |name: &str, example| json!({"sip_lines": {"1": {name: example}}});
    assert_page_names("Lines", SipLine::TABLE, line);
    let manager = |name: &str, example| {
        let mut manager = json!({"ip": "192.0.2.1"});
        manager[name] = example;
        json!({"sccp_call_managers": {"1": manager}})
    };
    assert_page_names("Call managers", CallManager::TABLE, manager);
    let key = |name: &str, example| {
        let mut key = json!({"type": "speeddial", "value": "1"});
        key[name] = example;
        json!({"funckeys": {"1": key}})
    };
    assert_page_names("Function keys", FunctionKey::TABLE, key);
}

#[test]
fn the_page_names_every_default() {
    let applied = super::RawConfig::new(Map::from_iter([("syslog_enabled".to_owned(), json!(true))]));
    for (name, value) in applied.document().iter().filter(|(name, _)| *name != "syslog_enabled") {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        let default = row.split(" | ").nth(2).unwrap();
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(default.contains(&shown), "{name}: `{default}` does not say {shown}");
    }
}
