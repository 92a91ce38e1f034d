//! Raw configs for property tests: documents of known and unknown names with values that are sound, nearly sound, or anything.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::check;
use super::kind::Group;
use super::parameters::{CallManager, FunctionKey, Parameters, SipLine};

/// A document, sound or not.
pub(crate) fn document() -> BoxedStrategy<Map<String, Value>> {
    let stated = prop_oneof![4 => sound(), 1 => (name::<Parameters>(), anything())];
    let others = btree_map(other_name(), anything(), 0..2);
    (vec(stated, 0..12), others)
        .prop_map(|(stated, others)| stated.into_iter().chain(others).collect())
        .boxed()
}

/// A document whose parameters are sound, each taken alone.
pub(super) fn soundly_stated() -> BoxedStrategy<Map<String, Value>> {
    vec(sound(), 0..12).prop_map(|stated| stated.into_iter().collect()).boxed()
}

/// Any JSON.
pub(crate) fn anything() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        // Fractions that every reader of JSON reads as they were written.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        ".{0,8}".prop_map(Value::from),
        select(values()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(prop_oneof!["[0-9]{1,2}", other_name()], inner, 0..4).prop_map(object),
        ]
    })
    .boxed()
}

/// Values that are sound for the parameter or, with a key, for that key of its entries.
static SOUND: LazyLock<BTreeMap<(&str, &str), Vec<Value>>> = LazyLock::new(|| {
    let parameters = Parameters::TABLE.iter().map(|known| (known.name, ""));
    let names = parameters.chain(keys::<SipLine>("sip_lines"));
    let names = names.chain(keys::<CallManager>("sccp_call_managers")).chain(keys::<FunctionKey>("funckeys"));
    names.map(|(name, key)| ((name, key), sound_values(name, key))).collect()
});

fn keys<G: Group>(name: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    G::TABLE.iter().map(move |known| (name, known.name))
}

fn sound_values(name: &str, key: &str) -> Vec<Value> {
    let stating = |value: &Value| match key {
        "" => json!({name: value}),
        _ => json!({name: {"1": entry(BTreeMap::from([(key.to_owned(), value.clone())]))}}),
    };
    values().into_iter().filter(|value| check(stating(value).as_object().unwrap()).is_ok()).collect()
}

/// An entry of any group, with what some must state.
fn entry(mut fields: BTreeMap<String, Value>) -> Value {
    for (key, value) in [("type", "park"), ("ip", "192.0.2.1")] {
        fields.entry(key.to_owned()).or_insert_with(|| value.into());
    }
    object(fields)
}

fn sound() -> impl Strategy<Value = (String, Value)> {
    let plain = name::<Parameters>().prop_flat_map(|name| {
        let value = select(SOUND[&(name.as_str(), "")].clone());
        (Just(name), value)
    });
    let lines = ("sip_lines", keys::<SipLine>("sip_lines").collect::<Vec<_>>());
    let managers = ("sccp_call_managers", keys::<CallManager>("sccp_call_managers").collect());
    let buttons = ("funckeys", keys::<FunctionKey>("funckeys").collect());
    let many = select(vec![lines, managers, buttons]).prop_flat_map(|(name, keys)| {
        (Just(name.to_owned()), btree_map("[1-9]", entry_of(keys), 0..4).prop_map(object))
    });
    prop_oneof![3 => plain, 1 => many]
}

fn entry_of(keys: Vec<(&'static str, &'static str)>) -> impl Strategy<Value = Value> {
    let field = select(keys).prop_flat_map(|name| (Just(name.1.to_owned()), select(SOUND[&name].clone())));
    vec(field, 0..6).prop_map(|fields| entry(fields.into_iter().collect()))
}

fn name<G: Group>() -> impl Strategy<Value = String> {
    select(G::TABLE.iter().map(|known| known.name.to_owned()).collect::<Vec<_>>())
}

fn other_name() -> impl Strategy<Value = String> {
    prop_oneof!["X_[a-z]{1,3}", "XX_[a-z]{1,3}", "[a-z_]{1,12}", ".{0,4}", Just("_comment".to_owned())]
}

fn object(entries: BTreeMap<String, Value>) -> Value {
    Value::Object(entries.into_iter().collect())
}

/// Values of which every parameter finds some sound and most unsound.
fn values() -> Vec<Value> {
    let pem = |label: &str| format!("-----BEGIN {label}-----\nMIIB+/==\n-----END {label}-----\n");
    let texts = "|udp|tls|SIP|SCCP|RTP-in-band|SIP-INFO|disabled|required|warning|debug|blf|park|speeddial|5060|0|\
        192.0.2.1|192.0.2.300|2001:db8::1|[2001:db8::1]|pbx.example.org|a b|fr_FR|fr|Europe/Paris|europe/paris|\
        http://192.0.2.1:8667/x|ftp://x|*98|yes|false|a\nb";
    let mut values: Vec<Value> = texts.split('|').map(Value::from).collect();
    values.extend([
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(7),
        json!(4094),
        json!(5060),
    ]);
    values.extend([json!(65536), json!(-1), json!(1.5), json!([]), json!({}), json!([pem("CERTIFICATE")])]);
    values.extend([json!(pem("CERTIFICATE")), json!(pem("RSA PRIVATE KEY"))]);
    values
}
