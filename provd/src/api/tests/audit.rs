//! Who changed what.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Api, FILE, PHONE, TENANT};

async fn entries(api: &Api, tenant: &str, query: &str) -> Vec<Value> {
    let answered = api.call_as(tenant, Method::GET, &format!("/audit{query}"), None).await;
    assert_eq!(answered.status, 200, "{query}: {answered:?}");
    answered.json()["audit"].as_array().unwrap().clone()
}

#[tokio::test]
async fn changes_are_kept_newest_first() {
    let api = Api::new().await.with_phone().await;
    api.phone_asks("192.0.2.7", FILE).await;
    let config = json!({"config": {"parent_ids": [], "raw_config": {"admin_password": "a secret"}}});
    assert_eq!(api.put("/cfg_mgr/configs/config", config).await.status, 204);
    let all = entries(&api, "", "").await;
    let said = |entry: &Value| {
        format!("{} {} {} {}", entry["actor"], entry["action"], entry["kind"], entry["subject"])
    };
    assert_eq!(
        all.iter().map(said).collect::<Vec<_>>(),
        [
            r#""token admin" "updated" "config" "config""#,
            r#""phone 192.0.2.7" "updated" "device" "phone""#,
            r#""token admin" "created" "device" "phone""#,
            r#""token admin" "created" "config" "config""#,
        ]
    );
    assert_eq!(all[0]["changes"], json!(["raw_config.admin_password", "raw_config.timezone"]));
    assert!(all[1]["changes"].as_array().unwrap().contains(&json!("ip: 192.0.2.7")));
    assert!(all[2]["changes"].as_array().unwrap().contains(&json!(format!("mac: {PHONE}"))));

    let at = |entry: &Value| entry["at"].as_str().unwrap().to_owned();
    for (query, count) in [
        ("?limit=2".to_owned(), 2),
        ("?kind=device".to_owned(), 2),
        ("?kind=config&subject=config".to_owned(), 2),
        ("?subject=phone&limit=1".to_owned(), 1),
        ("?actor=token%20admin".to_owned(), 3),
        ("?actor=nobody".to_owned(), 0),
        ("?since=2999-01-01T00:00:00Z".to_owned(), 0),
        ("?since=0001-01-01T00:00:00Z".to_owned(), 4),
        (format!("?since={}&kind=device&actor=phone%20192.0.2.7", at(&all[1])), 1),
    ] {
        assert_eq!(entries(&api, "", &query).await.len(), count, "{query}");
    }
}

#[tokio::test]
async fn a_tenant_reads_of_its_devices() {
    let api = Api::new().await.with_phone().await;
    assert!(entries(&api, TENANT, "").await.is_empty());
    let device = Some(json!({"device": {"id": "ours"}}));
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/devices", device).await.status, 201);
    for query in ["", "?kind=device", "?subject=ours&limit=1"] {
        assert_eq!(entries(&api, TENANT, query).await.len(), 1, "{query}");
    }
    for query in ["?kind=config", "?subject=phone"] {
        assert!(entries(&api, TENANT, query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    let api = Api::new().await;
    for query in ["kind=plugin", "since=yesterday", "since=", "limit=0", "limit=x", "subjects=x"] {
        let answered = api.get(&format!("/audit?{query}")).await;
        let name = query.split('=').next().unwrap();
        assert!(answered.status == 400 && answered.body.contains(name), "{query}: {answered:?}");
    }
}
