//! Why a phone gets what it gets.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Api, FILE, PHONE, PLUGIN, TENANT};
use crate::domain::policy::Retriever;

async fn explanation(api: &Api, of: &str) -> Value {
    let answered = api.get(&format!("/dev_mgr/explain/{of}")).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.json()["explanation"].take()
}

async fn with_template(retriever: Retriever) -> Api {
    let api = Api::with_retriever(retriever).await;
    let lines = json!({"sip_lines": {"1": {"username": "x"}}});
    let template = json!({"id": "autoprov", "parent_ids": [], "raw_config": lines, "role": "autocreate"});
    assert_eq!(api.post("/cfg_mgr/configs", json!({"config": template})).await.status, 201);
    api
}

#[tokio::test]
async fn a_device_is_explained() {
    let api = Api::new().await.with_phone().await;
    api.phone_asks("192.0.2.7", FILE).await;
    let config = json!({"config": {"parent_ids": ["missing"], "raw_config": {}}});
    assert_eq!(api.put("/cfg_mgr/configs/config", config).await.status, 204);
    let explained = explanation(&api, "phone").await;
    assert_eq!(explanation(&api, "00085D237429").await, explained, "it is found by its MAC address too");
    assert_eq!((&explained["known"], &explained["device"]["id"]), (&json!(true), &json!("phone")));
    assert_eq!(explained["plugins"], json!([{"id": PLUGIN, "state": "ready", "support": "probable"}]));
    assert_eq!((&explained["configs"], &explained["trigger"]), (&json!(["config"]), &json!(FILE)));
    assert_eq!(explained["files"][0]["path"], FILE);
    assert_eq!(explained["remote_state"]["state"], "outdated");
    assert_eq!(explained["requests"][0]["path"], format!("/{FILE}"));
    let verdict: Vec<&str> =
        explained["verdict"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(
        verdict[..4],
        [
            format!("It is served by {PLUGIN}, which supports its facts probably."),
            "Its config config inherits from no other.".to_owned(),
            "It is configured: its plugin generated its files.".to_owned(),
            format!("Its trigger file is {FILE}; it last fetched revision 1 of 2: it is outdated."),
        ]
    );
    assert!(verdict[4].ends_with(&format!("HTTP /{FILE}, answered with: file.")), "{verdict:?}");
}

#[tokio::test]
async fn a_stranger_is_explained_by_the_policy() {
    for (retriever, beginning) in [
        (Retriever::Default, "No device has this MAC address: it would be created"),
        (Retriever::Secure, "No device has this MAC address, and asking creates none"),
        (Retriever::Approve, "No device has this MAC address: it would wait for approval"),
    ] {
        let api = with_template(retriever).await;
        let explained = explanation(&api, PHONE).await;
        assert_eq!((&explained["known"], &explained["device"]), (&json!(false), &Value::Null));
        let verdict = explained["verdict"].to_string();
        assert!(verdict.contains(beginning), "{verdict}");
        assert!(verdict.contains(&format!("begins as phones of {PLUGIN} do")), "{verdict}");
        assert_eq!(verdict.contains("the template autoprov"), retriever != Retriever::Secure, "{verdict}");
    }
}

#[tokio::test]
async fn what_a_stranger_told_counts() {
    let api = with_template(Retriever::Approve).await;
    api.phone_asks("192.0.2.7", FILE).await;
    let explained = explanation(&api, PHONE).await;
    let verdict = explained["verdict"].to_string();
    for said in [
        "it waits for approval since",
        "vendor: Aastra",
        "aastra-3.2.2 fits best: it supports its facts probably",
    ] {
        assert!(verdict.contains(said), "{said}: {verdict}");
    }
    assert_eq!(explained["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_what_is_seen_is_explained() {
    let api = Api::new().await.with_phone().await;
    for of in ["unknown", "00:00:00:00:00:00", "%00"] {
        assert_eq!(api.get(&format!("/dev_mgr/explain/{of}")).await.status, 404, "{of}");
    }
    for of in ["phone", PHONE, "00:08:5d:00:00:09"] {
        let path = format!("/dev_mgr/explain/{of}");
        assert_eq!(api.call_as(TENANT, Method::GET, &path, None).await.status, 404, "{of}");
    }
}
