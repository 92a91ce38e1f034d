//! The requests of phones, and their stories.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Api, FILE, PHONE, PLUGIN, TENANT};

/// One phone that gets its file, asks for another, and is joined by a stranger.
async fn busy() -> Api {
    let api = Api::new().await.with_phone().await;
    api.phone_asks("192.0.2.7", FILE).await;
    api.phone_asks("192.0.2.7", "nothing.cfg").await;
    api.phone_asks("192.0.2.8", "Aastra/00085D000002.cfg").await;
    api
}

async fn ids(api: &Api, tenant: &str, query: &str) -> Vec<Value> {
    let answered = api.call_as(tenant, Method::GET, &format!("/requests{query}"), None).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.json()["requests"].as_array().unwrap().iter().map(|request| request["id"].clone()).collect()
}

#[tokio::test]
async fn requests_are_listed_newest_first() {
    let api = busy().await;
    let mut first = api.get("/requests").await.json()["requests"][2].take();
    assert!(first["at"].take().is_string() && first["milliseconds"].take().is_number());
    let expected = json!({"id": 1, "at": null, "protocol": "HTTP", "ip": "192.0.2.7", "path": format!("/{FILE}"),
        "device": "phone", "plugin": PLUGIN, "outcome": "file", "created": false, "refusal": null,
        "milliseconds": null});
    assert_eq!(first, expected);
    for (query, found) in [
        ("", &[3, 2, 1] as &[_]),
        ("?limit=1", &[3]),
        ("?limit=99999999", &[3, 2, 1]),
        ("?device=phone", &[2, 1]),
        ("?device=nobody", &[]),
        ("?mac=00-08-5D-23-74-29", &[1]),
        ("?ip=192.0.2.8", &[3]),
        ("?refused=true", &[3, 2]),
        ("?refused=true&ip=192.0.2.7&limit=5", &[2]),
    ] {
        assert_eq!(ids(&api, "", query).await, found as &[i32], "{query}");
    }
}

#[tokio::test]
async fn a_request_has_a_story() {
    let api = busy().await;
    let story = api.get("/requests/1").await.json()["request"].take();
    let facts = json!({"mac": PHONE, "ip": "192.0.2.7", "vendor": "Aastra"});
    let vote = json!({"plugins": [PLUGIN], "facts": {"mac": PHONE, "vendor": "Aastra"}});
    for (key, expected) in [
        ("method", json!("GET")),
        ("user_agent", json!("Aastra6731i")),
        ("vendor_class", Value::Null),
        ("votes", json!([vote])),
        ("heard", json!(true)),
        ("facts", facts),
        ("retrieval", json!([{"by": "mac", "value": PHONE, "result": "found"}])),
        ("refusal", Value::Null),
        ("created", json!(false)),
        ("device", json!("phone")),
        ("route", json!(PLUGIN)),
        ("outcome", json!("file")),
    ] {
        assert_eq!(story[key], expected, "{key}");
    }
    assert_eq!(story["file"]["length"], 21);
    assert!(story["changes"].as_array().unwrap().contains(&json!("ip: 192.0.2.7")), "{story}");
    assert!(story["steps"]["serve_ms"].is_number());

    let stranger = api.get("/requests/3").await.json()["request"].take();
    assert_eq!(stranger["created"], true);
    assert_eq!(stranger["supports"], json!([{"plugin": PLUGIN, "support": "probable"}]));
    assert_eq!(stranger["file"], Value::Null);
}

#[tokio::test]
async fn no_secret_of_a_phone_is_told() {
    let api = busy().await;
    for path in ["/requests", "/requests/1", "/requests/2", "/dev_mgr/explain/phone", "/audit"] {
        let answered = api.get(path).await;
        assert_eq!(answered.status, 200, "{answered:?}");
        for secret in ["a secret of the phone", "authorization", "zone: "] {
            assert!(!answered.body.contains(secret), "{path}: {}", answered.body);
        }
    }
}

#[tokio::test]
async fn a_tenant_sees_requests_of_its_devices() {
    let api = busy().await;
    assert!(ids(&api, TENANT, "").await.is_empty());
    let claim = Some(json!({"device": {"id": "phone"}}));
    assert_eq!(api.call_as(TENANT, Method::PUT, "/dev_mgr/devices/phone", claim).await.status, 204);
    assert_eq!(ids(&api, TENANT, "").await, [2, 1]);
    assert_eq!(api.call_as(TENANT, Method::GET, "/requests/1", None).await.status, 200);
    assert_eq!(api.call_as(TENANT, Method::GET, "/requests/3", None).await.status, 404);
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    let api = busy().await;
    for query in
        ["limit=0", "limit=-1", "limit=x", "mac=x", "mac=", "ip=x", "ip=1.2.3", "refused=1", "macs=x"]
    {
        assert_eq!(api.get(&format!("/requests?{query}")).await.status, 400, "{query}");
    }
    for id in ["0", "4", "x", "-1", "18446744073709551616"] {
        assert_eq!(api.get(&format!("/requests/{id}")).await.status, 404, "{id}");
    }
}
