//! What is written reads back the same, and what people write reads as they mean it.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("not an object: {value}") };
    object
}

fn table_of(kind: Kind, documents: &[Map<String, Value>]) -> Vec<u8> {
    let mut columns = TableColumns::new(kind);
    for document in documents {
        columns.see(document);
    }
    let mut table = columns.header().unwrap();
    for document in documents {
        table.extend(columns.row(document).unwrap());
    }
    table
}

fn documents(file: &[u8], format: Format) -> Vec<Value> {
    read(file, format)
        .map(|line| Value::Object(line.document.unwrap_or_else(|why| panic!("{why}"))))
        .collect()
}

fn problems(file: &[u8], format: Format) -> Vec<(u64, String)> {
    read(file, format).filter_map(|line| Some((line.number, line.document.err()?))).collect()
}

const DEVICES: Format = Format::Table(Kind::Device);
const CONFIGS: Format = Format::Table(Kind::Config);

#[test]
fn a_spreadsheet_of_phones_is_read_whatever_wrote_it() {
    let expected = [
        json!({"mac": "00085D237429", "description": "Empfang; 1. Stock", "options": {"switchboard": true},
            "Room No. 5": "5060"}),
        json!({"mac": "00085D23742A", "config": "b"}),
    ];
    for file in [
        "mac,description,options.switchboard,Room No. 5,config\n00085D237429,Empfang; 1. Stock,true,5060,\n\n00085D23742A,,,,b\n",
        "\u{feff}mac;description;options.switchboard;Room No. 5;config;\r\n00085D237429;\"Empfang; 1. Stock\";true;5060;;\r\n;;;;;\r\n00085D23742A;;;;b;\r\n",
        "sep=\t\nmac\tdescription\toptions.switchboard\tRoom No. 5\tconfig\n00085D237429\tEmpfang; 1. Stock\ttrue\t5060\t\n00085D23742A\t\t\t\tb",
    ] {
        assert_eq!(documents(file.as_bytes(), DEVICES), expected, "{file}");
    }
}

#[test]
fn the_cells_of_parameters_become_what_the_parameters_hold() {
    let file = "id,parent_ids,transient,raw_config.sip_proxy_port,raw_config.ntp_enabled,raw_config.sip_lines.1.username,\
        raw_config.sip_lines.1.proxy_port,raw_config.X_own,raw_config.vlan_id\n\
        a,\"base, b\",TRUE,5060,yes,1001,5061,007,none\n\
        b,,,,,,,,\n";
    let expected = [
        json!({"id": "a", "parent_ids": ["base", "b"], "transient": true, "raw_config": {
            "sip_proxy_port": 5060, "ntp_enabled": true, "X_own": "007", "vlan_id": "none",
            "sip_lines": {"1": {"username": "1001", "proxy_port": 5061}}}}),
        json!({"id": "b", "parent_ids": [], "raw_config": {}}),
    ];
    assert_eq!(documents(file.as_bytes(), CONFIGS), expected);
}

#[test]
fn what_is_wrong_is_told_with_the_line_of_the_file() {
    for (file, format, expected) in [
        ("", DEVICES, (1, "no row")),
        ("\n\nserial\n1\n", DEVICES, (3, "none is named `id` or `mac`: there are serial")),
        ("mac,mac\n", DEVICES, (1, "two columns are named `mac`")),
        ("mac,MAC\n", DEVICES, (1, "did you mean mac?")),
        ("id,options..x\n", DEVICES, (1, "empty name")),
        ("id,sn\na\n", DEVICES, (2, "1 cells")),
        ("id\na\nb,c\n", DEVICES, (3, "2 cells")),
        ("id,options\na,\"{\n\"\nb,[\n", DEVICES, (2, "options: expected JSON")),
        ("sep=;\nid;sn\na;\"1\nb;2\n", DEVICES, (3, "begins with a quote and does not end")),
        ("id,sn\na,\"1\nb,\"2\"\n", DEVICES, (2, "goes on behind its end")),
        ("id,options,options.x\na,1,2\n", DEVICES, (2, "options.x: another column")),
        ("id,parent_ids\n", CONFIGS, (1, "raw_config.…")),
        ("id,raw_config.x\n", CONFIGS, (1, "parent_ids")),
        ("\n{\"device\": {}}\n{\"device\": {}, \"x\": 1}\n", Format::JsonLines(None), (3, "expected {")),
        ("{\"device\": {\"sip\": \"secret\"}", Format::JsonLines(None), (1, "not JSON, at character 28")),
        ("{\"config\": {}}", Format::JsonLines(Some(Kind::Device)), (1, "another kind")),
    ] {
        let problems = problems(file.as_bytes(), format);
        let (line, said) = problems.first().unwrap_or_else(|| panic!("nothing is wrong with {file:?}"));
        assert!(*line == expected.0 && said.contains(expected.1), "{file:?}: {problems:?}");
    }
    assert_eq!(problems(b"id\na\n\xe9\n", DEVICES)[0].0, 3);
    assert!(problems(b"\xff\xfei\0d\0", DEVICES)[0].1.contains("UTF-16"));
}

#[test]
fn documents_survive_a_table() {
    let devices = [
        json!({"id": "a", "mac": "00:08:5d:23:74:29", "vendor": "=cmd()", "description": "'=x", "X_n": 5,
            "options": {"switchboard": true, "a.b": 1, "": null, "t": "true", "deep": {"x": [1], "y": {}}}}),
        json!({"id": "b", "description": "+49 30 1234", "X_n": "5", "X_null": null, "X_empty": "", "x:json": 1,
            "a.b": "c", " ": "space", "": "nameless", "options": {}}),
        json!({"id": "c", "options": null, "X_list": [1, {"a": null}], "sn": "line\r\nline", "Mac": "own"}),
    ];
    let devices: Vec<_> = devices.into_iter().map(object).collect();
    let table = table_of(Kind::Device, &devices);
    assert_eq!(documents(&table, DEVICES), devices.iter().cloned().map(Value::Object).collect::<Vec<_>>());
    let text = String::from_utf8(table).unwrap();
    assert!(text.contains(",'=cmd(),") && text.contains(",+49 30 1234,"), "{text}");

    let configs = [
        json!({"id": "a", "parent_ids": ["b", "c"], "raw_config": {"sip_proxy_port": "5060", "ntp_enabled": true,
            "sip_lines": {"1": {"username": "u", "password": "007", "x.y": 2}}, "funckeys": {}}}),
        json!({"id": "b", "parent_ids": ["a,b", "[c"], "raw_config": {}, "transient": true, "label": "L"}),
        json!({"id": "c", "parent_ids": [], "raw_config": {"sip_lines": {"1": {"username": "v"}}}}),
    ];
    let configs: Vec<_> = configs.into_iter().map(object).collect();
    assert_eq!(
        documents(&table_of(Kind::Config, &configs), CONFIGS),
        configs.into_iter().map(Value::Object).collect::<Vec<_>>()
    );
    let bare = vec![object(json!({"id": "a", "parent_ids": [], "raw_config": {}}))];
    assert_eq!(documents(&table_of(Kind::Config, &bare), CONFIGS), [Value::Object(bare[0].clone())]);
}

#[test]
fn a_row_that_needs_another_column_is_not_written_without_it() {
    let mut columns = TableColumns::new(Kind::Device);
    columns.header().unwrap();
    let row = columns.row(&object(json!({"id": "a", "X_new": "1"})));
    assert!(matches!(row, Err(TableError::NoColumn(name)) if name == "X_new"));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..3)
                .prop_map(|entries| entries.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn any_documents_survive(
        keys in prop::collection::vec(("[a-zA-Z_.: ]{0,6}|options|vendor|raw_config|role", any_value()), 0..6),
    ) {
        let mut document = object(json!({"id": "a"}));
        document.extend(keys.into_iter().filter(|(key, _)| key != "id"));
        prop_assert_eq!(
            documents(&table_of(Kind::Device, std::slice::from_ref(&document)), DEVICES),
            [Value::Object(document.clone())]
        );
        document.insert("parent_ids".to_owned(), json!(["x"]));
        document.entry("raw_config").or_insert_with(|| json!({}));
        if !document["raw_config"].is_object() {
            document.insert("raw_config".to_owned(), json!({}));
        }
        prop_assert_eq!(
            documents(&table_of(Kind::Config, std::slice::from_ref(&document)), CONFIGS),
            [Value::Object(document.clone())]
        );
        let line = json_line(Kind::Device, &document);
        prop_assert_eq!(documents(line.as_bytes(), Format::JsonLines(None)), [Value::Object(document)]);
    }

    #[test]
    fn nothing_that_is_sent_is_too_much(file: Vec<u8>) {
        for format in [DEVICES, CONFIGS, Format::JsonLines(None)] {
            read(&file, format).for_each(drop);
        }
    }
}
