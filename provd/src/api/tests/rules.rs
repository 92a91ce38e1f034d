//! The rules all paths share, in the order they are tested.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::api::document::BODY_LIMIT;
use crate::api::negotiation::MEDIA_TYPE;
use crate::api::testing::{Answered, Api, PLUGIN, TOKEN};

async fn sent(api: &Api, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answered {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

const WRONG: (&str, &str) = ("X-Auth-Token", "guess");
const RIGHT: (&str, &str) = ("X-Auth-Token", TOKEN);
const HTML: (&str, &str) = ("Accept", "text/html");
const TYPED: (&str, &str) = ("Content-Type", MEDIA_TYPE);

#[tokio::test]
async fn refusals_come_in_their_order() {
    let api = Api::new().await;
    let devices = "/0.2/dev_mgr/devices";
    let known = format!("/0.2/pg_mgr/plugins/{PLUGIN}");
    for (method, path, headers, body, status) in [
        ("GET", "/0.2/", &[RIGHT] as &[_], "", 404),
        ("GET", "/", &[], "", 404),
        ("GET", "/0.2/nothing", &[WRONG], "", 404),
        ("GET", "/0.2/pg_mgr/plugins/unknown", &[WRONG, HTML], "", 404),
        ("GET", "/0.2/pg_mgr/plugins/unknown/info", &[], "", 404),
        ("POST", "/0.2/pg_mgr/plugins/unknown/restart", &[], "", 404),
        ("DELETE", devices, &[], "", 405),
        ("PATCH", devices, &[RIGHT], "", 501),
        ("DELETE", "/0.2/pg_mgr/plugins/unknown", &[WRONG], "", 405),
        ("GET", devices, &[HTML], "", 401),
        ("GET", devices, &[WRONG], "", 401),
        ("GET", devices, &[("X-Auth-Token", "")], "", 401),
        ("GET", devices, &[RIGHT, ("Wazo-Tenant", "nobody")], "", 401),
        ("POST", devices, &[WRONG], "not JSON", 401),
        ("GET", &known, &[WRONG], "", 401),
        ("GET", "/0.2/dev_mgr/devices/unknown", &[], "", 401),
        ("GET", devices, &[RIGHT, HTML], "", 406),
        ("GET", "/0.2/dev_mgr/devices/unknown", &[RIGHT, HTML], "", 406),
        ("POST", devices, &[RIGHT, ("Content-Type", "application/json")], "not JSON", 415),
        ("PUT", "/0.2/dev_mgr/devices/unknown", &[RIGHT], "not JSON", 415),
        ("POST", devices, &[RIGHT, HTML, TYPED], "not JSON", 400),
        ("POST", devices, &[RIGHT, TYPED], "", 400),
        ("PUT", "/0.2/dev_mgr/devices/unknown", &[RIGHT, TYPED], "not JSON", 400),
        ("PUT", "/0.2/dev_mgr/devices/unknown", &[RIGHT, TYPED], "{}", 404),
        ("GET", "/0.2/dev_mgr/devices/unknown", &[RIGHT], "", 404),
        ("GET", "/0.2/dev_mgr/devices/%ff", &[RIGHT], "", 400),
    ] {
        let answered = sent(&api, method, path, headers, body).await;
        assert_eq!(answered.status, status, "{method} {path} {headers:?}: {answered:?}");
        assert!(!answered.body.is_empty(), "{method} {path} says nothing");
        let shape = if path.ends_with("restart") { "application/problem+json" } else { "text/plain" };
        assert!(answered.header("content-type").starts_with(shape), "{method} {path}");
        assert_eq!(answered.header("access-control-allow-origin"), "*");
    }
    assert_eq!(sent(&api, "GET", devices, &[], "").await.body, "Unauthorized\n");
    let not_allowed = sent(&api, "DELETE", devices, &[], "").await;
    assert_eq!(not_allowed.header("allow"), "GET,HEAD,POST");
}

#[tokio::test]
async fn a_body_must_hold_an_object_under_its_key() {
    let api = Api::new().await;
    for (path, key) in
        [("/dev_mgr/devices", "device"), ("/cfg_mgr/configs", "config"), ("/dev_mgr/dhcpinfo", "dhcp_info")]
    {
        for body in [json!([]), json!(null), json!("text"), json!({}), json!({key: []}), json!({key: null})] {
            let answered = api.post(path, body).await;
            assert_eq!(answered.status, 400, "{answered:?}");
            assert!(answered.body.contains(key), "{answered:?}");
        }
    }
    for (body, said) in [(json!({}), "Missing \"id\" key\n"), (json!({"id": 1}), "id: expected text\n")] {
        let answered = api.post("/dev_mgr/reconfigure", body).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (400, said));
    }
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let api = Api::new().await;
    let path = "/0.2/dev_mgr/devices";
    let large = " ".repeat(BODY_LIMIT + 1);
    assert_eq!(sent(&api, "POST", path, &[RIGHT, TYPED], &large).await.status, 413);
    let chunks = futures_util::stream::iter((0..=16).map(|_| Ok::<_, std::io::Error>(" ".repeat(1 << 20))));
    let request = Request::post(path).header(RIGHT.0, RIGHT.1).header(TYPED.0, TYPED.1);
    let answered = api.send(request.body(Body::from_stream(chunks)).unwrap()).await;
    assert_eq!(answered.status, 413, "a body that did not state its length: {answered:?}");

    let lines: serde_json::Map<_, _> =
        (1..=1024).map(|line| (line.to_string(), json!({"username": "x".repeat(4096)}))).collect();
    let config = json!({"config": {"parent_ids": [], "raw_config": {"sip_lines": lines}}});
    assert_eq!(api.post("/cfg_mgr/configs", config).await.status, 201, "many lines are no abuse");
}

#[tokio::test]
async fn options_need_no_token_and_head_is_like_get() {
    let api = Api::new().await;
    for path in ["/0.2/dev_mgr/devices", "/nowhere"] {
        let answered = sent(&api, "OPTIONS", path, &[], "").await;
        assert_eq!(answered.status, 200);
        assert_eq!(answered.header("access-control-allow-methods"), "GET, POST, PUT, DELETE, OPTIONS");
        assert_eq!(answered.header("access-control-expose-headers"), "Location");
        assert_eq!(answered.header("access-control-allow-credentials"), "false");
        assert!(answered.header("access-control-allow-headers").contains("X-Auth-Token"));
    }
    let got = sent(&api, "GET", "/0.2", &[RIGHT], "").await;
    let head = sent(&api, "HEAD", "/0.2", &[RIGHT], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), got.body.len().to_string());
    assert_eq!(sent(&api, "HEAD", "/0.2", &[], "").await.status, 401);
}

#[tokio::test]
async fn documents_are_typed_compact_and_ascii() {
    let api = Api::new().await;
    let device = json!({"id": "phone", "description": "Büro 📞"});
    assert_eq!(api.post("/dev_mgr/devices", json!({"device": device})).await.status, 201);
    let answered = api.get("/dev_mgr/devices/phone").await;
    assert_eq!(answered.header("content-type"), MEDIA_TYPE);
    assert!(answered.body.contains(r#""description":"B\u00fcro \ud83d\udcde""#), "{}", answered.body);
    assert_eq!(answered.json()["device"]["description"], "Büro 📞");
}

#[tokio::test]
async fn the_base_leads_to_everything() {
    let api = Api::new().await;
    let base = json!({"links": [
        {"rel": "dev", "href": "/0.2/dev_mgr"},
        {"rel": "cfg", "href": "/0.2/cfg_mgr"},
        {"rel": "pg", "href": "/0.2/pg_mgr"},
        {"rel": "status", "href": "/0.2/status"},
        {"rel": "srv.configure", "href": "/0.2/configure"},
    ]});
    assert_eq!(api.get("").await.json(), base);
    for (path, rels) in [
        ("/dev_mgr", &["dev.synchronize", "dev.reconfigure", "dev.dhcpinfo", "dev.devices"] as &[_]),
        ("/cfg_mgr", &["cfg.configs", "cfg.autocreate"]),
        ("/pg_mgr", &["srv.install", "pg.plugins", "pg.reload"]),
        (
            "/pg_mgr/install",
            &[
                "srv.install.install",
                "srv.install.uninstall",
                "srv.install.installed",
                "srv.install.installable",
                "srv.install.upgrade",
                "srv.install.update",
            ],
        ),
    ] {
        let document = api.get(path).await.json();
        let found: Vec<_> =
            document["links"].as_array().unwrap().iter().map(|link| link["rel"].clone()).collect();
        assert_eq!(found, rels);
    }
    let status = json!({"rest_api": "ok", "bus_consumer": {"status": "ok"}});
    assert_eq!(api.get("/status").await.json(), status);
}

#[tokio::test]
async fn no_link_leads_to_nothing() {
    let api = Api::new().await;
    let mut unread = vec!["/0.2".to_owned()];
    while let Some(href) = unread.pop() {
        let answered = api.get(href.strip_prefix("/0.2").unwrap()).await;
        // What only takes a POST answers all the same that it is there.
        assert!([200, 405].contains(&answered.status.as_u16()), "{href}: {answered:?}");
        if let Ok(document) = serde_json::from_str::<serde_json::Value>(&answered.body) {
            let links = document["links"].as_array().cloned().unwrap_or_default();
            unread.extend(links.iter().map(|link| link["href"].as_str().unwrap().to_owned()));
        }
    }
}
