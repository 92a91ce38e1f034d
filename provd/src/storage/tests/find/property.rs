//! Any documents, any question: the answer is that of comparing every document.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Fixture, add_config, add_device, all, describe_device};
use crate::domain::config::Config;
use crate::domain::listing::{Fields, Listing, Sort};
use crate::domain::selector::Selector;
use crate::provisioning::find::{Owners, Query};
use crate::provisioning::store::Store as _;

const KEYS: [&str; 34] = [
    "id",
    "mac",
    "ip",
    "sn",
    "uuid",
    "vendor",
    "model",
    "version",
    "plugin",
    "config",
    "added",
    "configured",
    "is_new",
    "last_error",
    "remote_state_sip_username",
    "X_a",
    "X_a.b",
    "X_a.b.c",
    "X_type",
    "options",
    "options.b",
    "extra",
    "role",
    "transient",
    "deletable",
    "parent_ids",
    "raw_config",
    "raw_config.X_a",
    "raw_config.X_a.b",
    "mac.b",
    "missing",
    "last_error_at",
    "parent_ids.b",
    "",
];

fn text() -> impl Strategy<Value = String> {
    select(vec![
        "",
        "a",
        "A",
        "b",
        "ab",
        "a%",
        "a_",
        "_",
        "\\",
        "é",
        "\"",
        "a\u{0}b",
        "'; drop table devices; --",
        "1",
    ])
    .prop_map(str::to_owned)
}

/// Texts that facts of a device can have.
fn fact() -> impl Strategy<Value = Value> {
    prop_oneof![2 => Just(Value::Null), 3 => text().prop_map(|text| text.replace('\0', "").into())]
}

fn address() -> impl Strategy<Value = &'static str> {
    select(vec!["00:08:5d:00:00:01", "00:08:5d:00:00:02", "00:08:5d:00:00:0a"])
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => address().prop_map(Value::from),
        1 => (0..3).prop_map(Value::from),
        1 => select(vec![json!(null), json!(true), json!(false), json!(1.0), json!(1.5), json!("10.0.0.1")]),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let key = select(vec!["b", "c", "X_a"]).prop_map(str::to_owned);
        let object = proptest::collection::vec((key, inner.clone()), 0..3);
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(Value::from),
            object.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    proptest::collection::vec((select(vec!["X_a", "X_type", "b"]), value()), 0..3).prop_map(|entries| {
        Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    })
}

type NewDevice = (Map<String, Value>, Option<String>, bool);

fn device() -> impl Strategy<Value = NewDevice> {
    let facts = proptest::collection::vec(fact(), 7);
    let mac = proptest::option::of(address());
    let tenant = proptest::option::of(select(spellings()));
    (facts, mac, object(), tenant, any::<bool>(), any::<bool>()).prop_map(
        |(facts, mac, extra, tenant, configured, has_ip)| {
            let keys = ["sn", "uuid", "vendor", "model", "version", "plugin", "config"];
            let mut document: Map<_, _> = keys.map(str::to_owned).into_iter().zip(facts).collect();
            document.insert("mac".to_owned(), mac.into());
            document.insert("ip".to_owned(), has_ip.then_some("10.0.0.1").into());
            document.extend(extra.as_object().cloned().unwrap_or_default());
            (document, tenant, configured)
        },
    )
}

/// How tenants may be stored: ours, another's, nobody's, and what is none.
fn spellings() -> Vec<String> {
    let (ours, other, nil) = (Uuid::from_u128(0xABC), Uuid::from_u128(2), Uuid::nil());
    vec![
        ours.to_string(),
        ours.to_string().to_uppercase(),
        ours.simple().to_string(),
        ours.braced().to_string(),
        other.to_string(),
        other.urn().to_string(),
        nil.to_string(),
        nil.simple().to_string(),
        "no UUID".to_owned(),
    ]
}

fn config() -> impl Strategy<Value = Value> {
    let parents = proptest::collection::vec(select(vec!["a", "b", "ab"]), 0..3);
    let deletable = select(vec![None, Some(true), Some(false)]);
    (parents, object(), object(), fact(), any::<bool>(), deletable).prop_map(
        |(parents, raw_config, extra, role, transient, deletable)| {
            let mut document = extra;
            document["parent_ids"] = json!(parents);
            document["raw_config"] = raw_config;
            document["role"] = role;
            document["transient"] = json!(transient);
            document["deletable"] = json!(deletable);
            document
        },
    )
}

fn operand() -> impl Strategy<Value = Value> {
    let test = prop_oneof![
        value().prop_map(|value| ("$ne", value)),
        value().prop_map(|value| ("$contains", value)),
        proptest::collection::vec(value(), 0..4).prop_map(|list| ("$in", list.into())),
        proptest::collection::vec(value(), 0..4).prop_map(|list| ("$nin", list.into())),
        (select(vec!["$gt", "$ge", "$lt", "$le"]), text()).prop_map(|(name, text)| (name, text.into())),
        (select(vec!["$gt", "$ge", "$lt", "$le"]), 0_i64..3).prop_map(|(name, number)| (name, number.into())),
        any::<bool>().prop_map(|wanted| ("$exists", wanted.into())),
    ];
    let tests = proptest::collection::vec(test, 1..3).prop_map(|tests| {
        Value::Object(tests.into_iter().map(|(name, operand)| (name.to_owned(), operand)).collect())
    });
    prop_oneof![value(), tests]
}

fn query() -> impl Strategy<Value = Query> {
    let conditions = proptest::collection::vec((select(KEYS.to_vec()), operand()), 0..3);
    let fields = proptest::option::weighted(0.2, proptest::collection::vec(select(KEYS.to_vec()), 0..3));
    let sort = proptest::option::of((select(KEYS.to_vec()), any::<bool>()));
    let limit = proptest::option::of(0_usize..8);
    let owners = proptest::option::of((any::<bool>(), any::<bool>()));
    (conditions, fields, sort, 0_usize..4, limit, owners).prop_map(
        |(conditions, fields, sort, skip, limit, owners)| {
            let selector = conditions.into_iter().map(|(key, operand)| (key.to_owned(), operand)).collect();
            let fields = fields.map(|fields| Fields::read(&fields.join(",")));
            let sort = sort.map(|(key, descending)| Sort { key: key.to_owned(), descending });
            let owners = owners.map_or(Owners::All, |(ours, unclaimed)| Owners::Only {
                tenants: ours.then_some(Uuid::from_u128(0xABC)).into_iter().collect(),
                unclaimed,
            });
            let selector = Selector::read(Value::Object(selector)).unwrap_or_default();
            Query { selector, owners, listing: Listing { fields, sort, skip, limit } }
        },
    )
}

/// The answer without any database; nothing if something cannot be compared.
fn naive(documents: &[Map<String, Value>], query: &Query) -> Option<Vec<Map<String, Value>>> {
    let mut found = Vec::new();
    for document in documents {
        if query.selector.matches(document).ok()? {
            found.push(query.listing.cut(document.clone()));
        }
    }
    if let Some(sort) = &query.listing.sort {
        found.sort_by(|one, two| {
            let order = sort.text(one).cmp(&sort.text(two));
            if sort.descending { order.reverse() } else { order }
        });
    }
    let limit = query.listing.limit.unwrap_or(usize::MAX);
    Some(found.into_iter().skip(query.listing.skip).take(limit).collect())
}

async fn check(
    devices: Vec<NewDevice>,
    configs: Vec<Value>,
    queries: Vec<Query>,
) -> Result<(), TestCaseError> {
    let fixture = Fixture::new().await;
    for (number, (mut document, tenant, configured)) in devices.into_iter().enumerate() {
        document.insert("id".to_owned(), format!("{}a{number}", number % 3).into());
        add_device(&fixture, Value::Object(document), tenant.as_deref(), configured).await;
    }
    for (number, mut config) in configs.into_iter().enumerate() {
        config["id"] = format!("{}a{number}", number % 3).into();
        add_config(&fixture, config).await;
    }
    let devices = fixture.database.devices().await.unwrap();
    let configs: Vec<_> = fixture.database.configs().await.unwrap().iter().map(Config::to_document).collect();
    for query in queries {
        let visible = devices.iter().filter(|device| query.owners.include(device.tenant_uuid.as_deref()));
        let visible: Vec<_> = visible.map(describe_device).collect();
        let found = all(&fixture, query.clone(), describe_device).await;
        if let Some(expected) = naive(&visible, &query) {
            prop_assert_eq!(found.unwrap(), expected, "devices: {:?}", query);
        }
        let found = all(&fixture, query.clone(), Config::to_document).await;
        if let Some(expected) = naive(&configs, &query) {
            prop_assert_eq!(found.unwrap(), expected, "configs: {:?}", query);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_found_is_what_fits(
        devices in proptest::collection::vec(device(), 12..24),
        configs in proptest::collection::vec(config(), 12..24),
        queries in proptest::collection::vec(query(), 60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(devices, configs, queries))?;
    }
}
