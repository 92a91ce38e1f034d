use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;

fn graph(nodes: &[(&str, &[&str], Value)]) -> Configs {
    let node = |(id, parents, raw): &(&str, &[&str], Value)| {
        let document = json!({"id": id, "parent_ids": parents, "raw_config": raw});
        Config::from_document(document.as_object().unwrap().clone()).unwrap()
    };
    nodes.iter().map(|entry| (entry.0.to_owned(), node(entry))).collect()
}

fn merged(start: &str, nodes: &[(&str, &[&str], Value)]) -> Value {
    Value::Object(merge(&Map::new(), start, &graph(nodes)).unwrap())
}

#[test]
fn later_parents_win_and_the_config_itself_wins_over_all() {
    let nodes: &[(&str, &[&str], Value)] = &[
        ("a", &[], json!({"x": 1, "y": 1, "z": 1})),
        ("b", &[], json!({"y": 2, "z": 2})),
        ("c", &["a", "missing", "b"], json!({"z": 3})),
    ];
    assert_eq!(merged("c", nodes), json!({"x": 1, "y": 2, "z": 3}));
}

#[test]
fn objects_merge_and_everything_else_replaces() {
    let nodes: &[(&str, &[&str], Value)] = &[
        ("a", &[], json!({"lines": {"1": {"u": "a", "p": "x"}}, "list": [1, 2], "n": 1})),
        ("b", &["a"], json!({"lines": {"1": {"u": "b"}}, "list": [3], "n": null})),
    ];
    assert_eq!(merged("b", nodes), json!({"lines": {"1": {"u": "b", "p": "x"}}, "list": [3], "n": null}));
}

#[test]
fn a_diamond_applies_its_top_once_and_a_cycle_ends() {
    let nodes: &[(&str, &[&str], Value)] = &[
        ("top", &["bottom"], json!({"x": "top"})),
        ("left", &["top"], json!({"x": "left"})),
        ("right", &["top"], json!({})),
        ("bottom", &["left", "right"], json!({})),
    ];
    assert_eq!(merged("bottom", nodes), json!({"x": "left"}));
}

#[test]
fn a_long_chain_ends_at_its_end() {
    let node = |number: u32| Config {
        id: number.to_string(),
        parent_ids: vec![(number + 1).to_string()],
        raw_config: Map::from_iter([("n".to_owned(), number.into())]),
        ..Config::default()
    };
    let chain: Configs = (0..100_000).map(|number| (number.to_string(), node(number))).collect();
    assert_eq!(merge(&Map::new(), "0", &chain).unwrap()["n"], 0);
}

#[test]
fn without_the_config_there_is_nothing_to_merge() {
    let base = Map::from_iter([("x".to_owned(), json!(1))]);
    assert_eq!(merge(&base, "missing", &Configs::new()), None);
}

/// The rule word by word: a copy of the base; depth first, each parent in list order, its ancestors before it, then the
/// own parameters. Each config is applied once, at the first visit. Parents that do not exist are skipped.
fn by_the_rule(base: &Map<String, Value>, start: &str, configs: &Configs) -> Option<Value> {
    fn visit(merged: Value, id: &str, configs: &Configs, visited: &mut BTreeSet<String>) -> Value {
        let Some(config) = configs.get(id) else { return merged };
        if !visited.insert(id.to_owned()) {
            return merged;
        }
        let inherited =
            config.parent_ids.iter().fold(merged, |merged, id| visit(merged, id, configs, visited));
        laid_over(&inherited, &Value::Object(config.raw_config.clone()))
    }
    configs.get(start)?;
    Some(visit(Value::Object(base.clone()), start, configs, &mut BTreeSet::new()))
}

/// Objects merge key by key; everything else replaces, also lists and null.
fn laid_over(below: &Value, above: &Value) -> Value {
    let (Value::Object(below), Value::Object(above)) = (below, above) else { return above.clone() };
    let keys: BTreeSet<&String> = below.keys().chain(above.keys()).collect();
    let value = |key: &String| match (below.get(key), above.get(key)) {
        (Some(below), Some(above)) => laid_over(below, above),
        (only, None) | (None, only) => only.cloned().unwrap_or_default(),
    };
    Value::Object(keys.into_iter().map(|key| (key.clone(), value(key))).collect())
}

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "missing"];

/// Values that meet each other under few keys: scalars, null, lists, and objects of such.
fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(json!(null)), (0..4).prop_map(Value::from), Just(json!([1])), Just(json!({}))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        btree_map("[xyz]", inner, 0..3).prop_map(|entries| Value::Object(entries.into_iter().collect()))
    })
}

fn raw_config() -> impl Strategy<Value = Map<String, Value>> {
    btree_map("[xyz]", value(), 0..4).prop_map(|entries| entries.into_iter().collect())
}

/// Any graph of five configs: chains, diamonds, cycles, parents named twice and parents that do not exist.
fn configs() -> impl Strategy<Value = Configs> {
    let node = (vec(select(&IDS[..]), 0..4), raw_config());
    vec(node, 5).prop_map(|nodes| {
        let config = |(id, (parents, raw_config)): (&&str, (Vec<&str>, _))| Config {
            id: (*id).to_owned(),
            parent_ids: parents.into_iter().map(str::to_owned).collect(),
            raw_config,
            ..Config::default()
        };
        IDS.iter().zip(nodes).map(|entry| (entry.0.to_string(), config(entry))).collect()
    })
}

proptest! {
    #[test]
    fn configs_merge_by_the_rule(base in raw_config(), configs in configs(), start in select(&IDS[..])) {
        prop_assert_eq!(merge(&base, start, &configs).map(Value::Object), by_the_rule(&base, start, &configs));
    }

    #[test]
    fn a_config_without_parents_lies_on_the_base(base in raw_config(), raw_config in raw_config()) {
        let above = Value::Object(raw_config.clone());
        let configs = Configs::from([("a".to_owned(), Config { raw_config, ..Config::default() })]);
        let merged = merge(&base, "a", &configs).map(Value::Object);
        prop_assert_eq!(merged, Some(laid_over(&Value::Object(base), &above)));
    }

    #[test]
    fn merging_onto_what_was_merged_changes_nothing_of_a_single_config(
        base in raw_config(),
        raw_config in raw_config(),
    ) {
        let configs = Configs::from([("a".to_owned(), Config { raw_config, ..Config::default() })]);
        let once = merge(&base, "a", &configs).unwrap();
        prop_assert_eq!(merge(&once, "a", &configs), Some(once));
    }

    #[test]
    fn what_a_config_states_itself_is_what_comes_out(configs in configs(), start in select(&IDS[..5])) {
        let merged = Value::Object(merge(&Map::new(), start, &configs).unwrap());
        let own = Value::Object(configs[start].raw_config.clone());
        prop_assert_eq!(&laid_over(&merged, &own), &merged);
    }

    #[test]
    fn configs_that_are_no_ancestors_are_not_met(base in raw_config(), configs in configs()) {
        let ancestors = ancestors("a", &configs);
        let mut related = configs.clone();
        related.retain(|id, _| ancestors.contains(id.as_str()));
        prop_assert_eq!(merge(&base, "a", &related), merge(&base, "a", &configs));
    }
}

fn ancestors<'a>(id: &'a str, configs: &'a Configs) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([id]);
    loop {
        let parents = found.iter().filter_map(|id| configs.get(*id)).flat_map(|config| &config.parent_ids);
        let more: BTreeSet<&str> = parents.map(String::as_str).chain(found.iter().copied()).collect();
        if more == found {
            return found;
        }
        found = more;
    }
}
