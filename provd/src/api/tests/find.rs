//! Lists, as clients ask for them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Answered, Api, TENANT};
use crate::domain::device::Device;
use crate::provisioning::find::PAGE;
use crate::provisioning::store::DeviceChange;

fn encoded(selector: &Value) -> String {
    use base64::Engine as _;
    format!("q64={}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(selector.to_string()))
}

async fn devices(api: &Api, query: &str) -> Answered {
    api.get(&format!("/dev_mgr/devices?{query}")).await
}

async fn ids(api: &Api, query: &str) -> Vec<String> {
    let answered = devices(api, query).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    let found = answered.json()["devices"].take();
    found.as_array().unwrap().iter().map(|device| device["id"].as_str().unwrap().to_owned()).collect()
}

/// Devices `0` to `count - 1`, stored as they are.
async fn with_devices(count: usize) -> Api {
    let api = Api::new().await;
    for number in 0..count {
        let document =
            json!({"id": number.to_string(), "X_n": number, "description": format!("desk {number} é")});
        let device = Device::from_document(document.as_object().unwrap().clone()).unwrap();
        let change = DeviceChange { device, ..DeviceChange::default() };
        api.state.provisioning.store().change_device(change).await.unwrap();
    }
    api
}

#[tokio::test]
async fn a_list_of_many_pages_is_one_answer() {
    let count = 2 * PAGE + 1;
    let api = with_devices(count).await;
    for query in ["", "sort=X_n&sort_ord=DESC", "fields=description", "limit=1000"] {
        assert_eq!(ids(&api, query).await.len(), count, "{query}");
    }
    assert_eq!(ids(&api, &format!("limit={PAGE}")).await.len(), PAGE);
    let answered = devices(&api, &format!("limit={}", PAGE + 1)).await;
    assert_eq!(answered.header("content-type"), "application/vnd.proformatique.provd+json");
    assert!(answered.body.is_ascii() && answered.body.ends_with("}]}"), "{}", answered.body);
    assert_eq!(devices(&api, "limit=-1").await.body, r#"{"devices":[]}"#);
}

#[tokio::test]
async fn operators_select() {
    let api = with_devices(12).await;
    for (selector, expected) in [
        (json!({"X_n": {"$gt": 8, "$nin": [10]}}), vec!["9", "11"]),
        (json!({"description": {"$contains": "desk 1"}, "X_n": {"$ne": 1}}), vec!["10", "11"]),
        (json!({"id": {"$in": ["3", "x", "2"]}}), vec!["2", "3"]),
        (json!({"is_new": true, "configured": 0, "X_n": 7.0}), vec!["7"]),
        (json!({"mac": {"$exists": true}}), vec![]),
        (json!({"tenant_uuid": "of another"}), (0..12).map(|_| "").collect()),
    ] {
        let found = ids(&api, &encoded(&selector)).await;
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        if expected.first() == Some(&"") {
            assert_eq!(found.len(), expected.len(), "{selector}: the request's tenant decides");
        } else {
            assert_eq!(found, expected, "{selector}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let api = with_devices(2).await;
    for (selector, said) in [
        (json!([]), "q: expected an object"),
        (json!({"mac": {"$eq": "x"}}), "q: `mac`: there is no `$eq`: write the value itself"),
        (
            json!({"X_n": {"$gt": "text"}}),
            "q: `X_n`: a document holds a number, which cannot be compared with text",
        ),
        (json!({"id": {"$lt": 5}}), "q: `id`: a document holds text, which cannot be compared with a number"),
        (json!({"id": {"$in": "x"}}), "$in expects a list of values"),
    ] {
        let answered = devices(&api, &encoded(&selector)).await;
        assert_eq!(answered.status, 400, "{selector}");
        assert!(answered.body.contains(said), "{selector}: {}", answered.body);
    }
    let statement = json!({"X_'; drop table devices; --": {"$exists": true}, "id": "' or '1' = '1"});
    assert_eq!(ids(&api, &encoded(&statement)).await, Vec::<String>::new());
    assert_eq!(ids(&api, "").await.len(), 2);
}

#[tokio::test]
async fn a_tenant_is_shown_no_others_whatever_it_asks() {
    let api = with_devices(3).await;
    let device = Some(json!({"device": {"id": "ours"}}));
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/devices", device).await.status, 201);
    for query in ["", "recurse=true&", "sort=X_n&", "sort=id&limit=9&"] {
        let selector = encoded(&json!({"tenant_uuid": {"$ne": TENANT}, "id": {"$ne": "x"}}));
        let answered =
            api.call_as(TENANT, Method::GET, &format!("/dev_mgr/devices?{query}{selector}"), None).await;
        let found = answered.json()["devices"].take();
        assert_eq!(found.as_array().unwrap().len(), 1, "{query}");
        assert_eq!(found[0]["id"], "ours");
    }
    assert_eq!(ids(&api, "sort=X_n").await, ["0", "1", "2"]);
    assert_eq!(ids(&api, "sort=X_n&recurse=True").await, ["ours", "0", "1", "2"]);
}

#[tokio::test]
async fn a_long_selection_is_answered_soon() {
    let api = with_devices(3).await;
    let ids: Vec<String> = (0..300_000).map(|number| format!("{number:032}")).collect();
    for operator in ["$in", "$nin"] {
        let selection = json!({"where": {"id": {operator: ids}}});
        let answered = api.post("/dev_mgr/synchronizations", json!({"synchronization": selection})).await;
        assert_eq!(answered.status, 201, "{answered:?}");
        assert_eq!(answered.json()["devices"], if operator == "$in" { 0 } else { 3 });
    }
}
