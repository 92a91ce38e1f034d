//! What phones were last seen to do.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Api, FILE, TENANT};

async fn state(api: &Api) -> Value {
    let answered = api.get("/dev_mgr/devices/phone/remote_state").await;
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.json()["remote_state"].take()
}

#[tokio::test]
async fn a_phone_is_followed_until_it_is_current() {
    let api = Api::new().await.with_phone().await;
    let expected = json!({"device": "phone", "state": "expected", "files_revision": 1, "fetched_revision": null,
        "fetched_at": null, "last_seen": null, "last_request": null, "last_answer": null});
    assert_eq!(state(&api).await, expected);

    api.phone_asks("192.0.2.7", FILE).await;
    let current = state(&api).await;
    assert_eq!((&current["state"], &current["fetched_revision"]), (&json!("current"), &json!(1)));
    assert_eq!(
        (&current["last_request"], &current["last_answer"]),
        (&json!(format!("HTTP /{FILE}")), &json!("file"))
    );
    assert!(current["last_seen"].is_string() && current["fetched_at"].is_string());

    let config = json!({"config": {"parent_ids": [], "raw_config": {"timezone": "Asia/Tokyo"}}});
    assert_eq!(api.put("/cfg_mgr/configs/config", config).await.status, 204);
    let outdated = state(&api).await;
    assert_eq!((&outdated["state"], &outdated["files_revision"]), (&json!("outdated"), &json!(2)));
}

#[tokio::test]
async fn states_are_listed_for_devices_that_are_seen() {
    let api = Api::new().await.with_phone().await;
    let device = Some(json!({"device": {"id": "ours"}}));
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/devices", device).await.status, 201);
    let listed = async |tenant: &str, query: &str| {
        let path = format!("/dev_mgr/remote_states{query}");
        let states = api.call_as(tenant, Method::GET, &path, None).await.json()["remote_states"].take();
        let states = states.as_array().unwrap().clone();
        states.iter().map(|state| format!("{} {}", state["device"], state["state"])).collect::<Vec<_>>()
    };
    let (phone, ours) = (r#""phone" "expected""#, r#""ours" "not_configured""#);
    assert_eq!(listed("", "").await, [phone, ours]);
    assert_eq!(listed("", "?outdated=false").await, [phone, ours]);
    assert_eq!(listed("", "?outdated=true").await, [phone]);
    assert_eq!(listed(TENANT, "").await, [ours]);
    api.phone_asks("192.0.2.7", FILE).await;
    assert!(listed("", "?outdated=true").await.is_empty());

    let theirs = "/dev_mgr/devices/phone/remote_state";
    assert_eq!(api.call_as(TENANT, Method::GET, theirs, None).await.status, 404);
    assert_eq!(api.get("/dev_mgr/devices/unknown/remote_state").await.status, 404);
    for query in ["?outdated=yes", "?outdated=", "?outdate=true"] {
        assert_eq!(api.get(&format!("/dev_mgr/remote_states{query}")).await.status, 400, "{query}");
    }
}
