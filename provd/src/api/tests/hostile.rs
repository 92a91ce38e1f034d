//! No path, no query and no body makes the server fail.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::api::testing::{Api, FILE};

/// Paths with a value in them, and queries.
const PLACES: [&str; 22] = [
    "/operations/{}",
    "/dev_mgr/synchronize/{}",
    "/dev_mgr/synchronizations/{}",
    "/dev_mgr/devices/{}/remote_state",
    "/dev_mgr/devices/{}/files",
    "/dev_mgr/devices/phone/files/{}",
    "/dev_mgr/explain/{}",
    "/requests/{}",
    "/dev_mgr/remote_states?outdated={}",
    "/requests?limit={}",
    "/requests?device={}",
    "/requests?mac={}",
    "/requests?ip={}",
    "/requests?refused={}",
    "/requests?{}",
    "/audit?kind={}",
    "/audit?subject={}",
    "/audit?actor={}",
    "/audit?since={}",
    "/audit?limit={}",
    "/dev_mgr/devices?q={}",
    "/dev_mgr/devices?sort={}&fields={}",
];

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        any::<i128>().prop_map(|number| number.to_string()),
        "[0-9a-fA-F:.-]{0,20}",
        "-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z",
        "[\\[\\]{}\":,$a-z0-9]{0,20}",
    ]
}

/// Bodies, of which one value is anything.
fn bodies(value: &Value) -> Vec<(&'static str, Value)> {
    let orders = ["ids", "plugin", "where", "outdated", "all", "at_once", "pause", "halt_after"];
    let mut bodies: Vec<_> = orders
        .iter()
        .map(|key| ("/dev_mgr/synchronizations", json!({"synchronization": {"plugin": "none", *key: value}})))
        .collect();
    bodies.extend([
        ("/dev_mgr/synchronizations", value.clone()),
        ("/dev_mgr/synchronize", json!({"id": value})),
        ("/dev_mgr/devices/phone/preview", value.clone()),
        ("/dev_mgr/devices/phone/preview", json!({"config": value})),
        ("/dev_mgr/devices/phone/preview", json!({"config": {"raw_config": value, "parent_ids": []}})),
        ("/dev_mgr/devices/phone/preview", json!({"config": {"raw_config": {"timezone": value}}})),
        ("/dev_mgr/waiting/nobody/approve", value.clone()),
    ]);
    bodies
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-z_$.]{0,6}", inner), 0..3)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

async fn with_phone() -> Api {
    let api = Api::new().await.with_phone().await;
    api.phone_asks("192.0.2.7", FILE).await;
    api
}

#[test]
fn hostile_bodies_are_the_clients_fault() {
    let runtime = Runtime::new().unwrap();
    let api = runtime.block_on(with_phone());
    proptest!(ProptestConfig::with_cases(64), |(value in documents())| {
        for (path, body) in bodies(&value) {
            let answered = runtime.block_on(api.post(path, body.clone()));
            prop_assert!(answered.status.as_u16() < 500, "{}: {}: {:?}", path, body, answered);
        }
    });
}

#[test]
fn hostile_values_are_the_clients_fault() {
    let runtime = Runtime::new().unwrap();
    let api = runtime.block_on(with_phone());
    proptest!(ProptestConfig::with_cases(64), |(value in values())| {
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        for place in PLACES {
            let path = place.replace("{}", &value);
            let answered = runtime.block_on(api.get(&path));
            prop_assert!(answered.status.as_u16() < 500, "{}: {:?}", path, answered);
        }
    });
}
