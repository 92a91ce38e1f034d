//! What a device would get.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Answered, Api, FILE, PLUGIN, TENANT};

async fn preview(api: &Api, body: Value) -> Answered {
    api.post("/dev_mgr/devices/phone/preview", body).await
}

#[tokio::test]
async fn nothing_changes_unless_the_config_does() {
    let api = Api::new().await.with_phone().await;
    let answered = preview(&api, json!({})).await;
    assert_eq!((answered.status.as_u16(), answered.header("cache-control")), (200, "no-store"));
    let mut preview = answered.json()["preview"].take();
    let digest = preview["files"][0]["sha256"].take();
    assert_eq!(digest.as_str().map(str::len), Some(64));
    let file = json!({"path": FILE, "change": "same", "size": 21, "sha256": null, "sensitive": true,
        "content": "zone: \"Europe/Paris\"\n", "diff": null});
    assert_eq!(preview, json!({"error": null, "files": [file]}));
}

#[tokio::test]
async fn another_config_is_compared_and_not_stored() {
    let api = Api::new().await.with_phone().await;
    let config = json!({"config": {"raw_config": {"timezone": "Asia/Tokyo"}}});
    let file = preview(&api, config).await.json()["preview"]["files"][0].take();
    assert_eq!((&file["change"], &file["content"]), (&json!("changed"), &json!("zone: \"Asia/Tokyo\"\n")));
    let diff =
        format!("--- a/{FILE}\n+++ b/{FILE}\n@@ -1 +1 @@\n-zone: \"Europe/Paris\"\n+zone: \"Asia/Tokyo\"\n");
    assert_eq!(file["diff"], diff);
    let stored = api.get(&format!("/dev_mgr/devices/phone/files/{FILE}")).await.body;
    assert_eq!(stored, "zone: \"Europe/Paris\"\n");
}

#[tokio::test]
async fn what_is_not_said_of_a_config_is_as_it_is() {
    let api = Api::new().await.with_phone().await;
    let parent = json!({"id": "parent", "parent_ids": [], "raw_config": {"timezone": "Asia/Tokyo"}});
    assert_eq!(api.post("/cfg_mgr/configs", json!({"config": parent})).await.status, 201);
    let child = json!({"config": {"parent_ids": ["parent"], "raw_config": {}}});
    assert_eq!(api.put("/cfg_mgr/configs/config", child).await.status, 204);
    let zone = async |config: Value| {
        let files = preview(&api, json!({"config": config})).await.json()["preview"]["files"].take();
        files[0]["content"].clone()
    };
    assert_eq!(zone(json!({"raw_config": {}})).await, "zone: \"Asia/Tokyo\"\n", "the parents stay");
    assert_eq!(zone(json!({"raw_config": {}, "parent_ids": []})).await, "zone: null\n", "or not");
}

#[tokio::test]
async fn why_nothing_would_be_generated_is_said() {
    let api = Api::new().await.with_phone().await;
    let device = json!({"device": {"id": "phone", "plugin": PLUGIN, "config": "config"}});
    assert_eq!(api.put("/dev_mgr/devices/phone", device).await.status, 204);
    let answered = preview(&api, json!({})).await.json();
    assert_eq!(answered, json!({"preview": {"error": "the device has no MAC address", "files": []}}));
    let invalid = json!({"config": {"raw_config": {"sip_lines": {"1": {"proxy_port": 70000}}}}});
    let answered = preview(&api, invalid).await.json();
    assert!(answered["preview"]["error"].as_str().unwrap().contains("sip_lines.1.proxy_port"), "{answered}");
}

#[tokio::test]
async fn what_is_no_preview_is_refused() {
    let api = Api::new().await.with_phone().await;
    for body in [
        json!([]),
        json!(null),
        json!({"config": 1}),
        json!({"raw_config": {}}),
        json!({"config": {"raw_config": 1}}),
        json!({"config": {"parent_ids": []}}),
    ] {
        assert_eq!(preview(&api, body.clone()).await.status, 400, "{body}");
    }
    assert_eq!(api.post("/dev_mgr/devices/unknown/preview", json!({})).await.status, 404);
    let path = "/dev_mgr/devices/phone/preview";
    assert_eq!(api.call_as(TENANT, Method::POST, path, Some(json!({}))).await.status, 404);
}
