//! Devices that wait for approval.

use axum::http::Method;
use serde_json::json;

use crate::api::testing::{Api, FILE, PHONE, PLUGIN, TENANT};
use crate::domain::policy::Retriever;

async fn with_stranger() -> (Api, String) {
    let api = Api::with_retriever(Retriever::Approve).await;
    api.phone_asks("192.0.2.7", FILE).await;
    let waiting = api.get("/dev_mgr/waiting").await.json();
    let id = waiting["waiting"][0]["id"].as_str().unwrap().to_owned();
    (api, id)
}

#[tokio::test]
async fn who_waits_is_listed_and_let_in() {
    let (api, id) = with_stranger().await;
    let mut waiting = api.get("/dev_mgr/waiting").await.json()["waiting"][0].take();
    for moment in ["first_seen", "last_seen"] {
        assert!(waiting.as_object_mut().unwrap().shift_remove(moment).unwrap().is_string());
    }
    assert_eq!(waiting, json!({"id": id, "mac": PHONE, "ip": "192.0.2.7", "vendor": "Aastra"}));

    let answered = api.post(&format!("/dev_mgr/waiting/{id}/approve"), json!(null)).await;
    assert_eq!((answered.status.as_u16(), answered.json()), (201, json!({"id": id})));
    assert_eq!(answered.header("location"), format!("/0.2/dev_mgr/devices/{id}"));
    let device = api.get(&format!("/dev_mgr/devices/{id}")).await.json()["device"].take();
    assert_eq!((&device["mac"], &device["plugin"]), (&json!(PHONE), &json!(PLUGIN)));
    assert_eq!(api.get("/dev_mgr/waiting").await.json(), json!({"waiting": []}));
    assert_eq!(api.post(&format!("/dev_mgr/waiting/{id}/approve"), json!({})).await.status, 404);
}

#[tokio::test]
async fn who_is_dismissed_waits_no_more() {
    let (api, id) = with_stranger().await;
    assert_eq!(api.delete(&format!("/dev_mgr/waiting/{id}")).await.status, 204);
    assert_eq!(api.delete(&format!("/dev_mgr/waiting/{id}")).await.status, 404);
    assert_eq!(api.get("/dev_mgr/waiting").await.json(), json!({"waiting": []}));
}

#[tokio::test]
async fn only_the_master_tenant_sees_who_waits() {
    let (api, id) = with_stranger().await;
    let seen = api.call_as(TENANT, Method::GET, "/dev_mgr/waiting", None).await.json();
    assert_eq!(seen, json!({"waiting": []}));
    let path = format!("/dev_mgr/waiting/{id}");
    assert_eq!(api.call_as(TENANT, Method::DELETE, &path, None).await.status, 404);
    let approve = format!("{path}/approve");
    assert_eq!(api.call_as(TENANT, Method::POST, &approve, Some(json!({}))).await.status, 404);
    assert_eq!(api.delete(&path).await.status, 204, "it still waits");
}
