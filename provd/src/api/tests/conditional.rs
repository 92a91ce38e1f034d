//! Changing what was read, and only that; and errors as documents.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::api::negotiation::MEDIA_TYPE;
use crate::api::testing::{Answered, Api, PLUGIN, TOKEN};

const DEVICE: &str = "/dev_mgr/devices/phone";
const CONFIG: &str = "/cfg_mgr/configs/config";

async fn sent(api: &Api, method: Method, path: &str, header: (&str, &str), body: Option<Value>) -> Answered {
    let request = Request::builder().method(method).uri(format!("/0.2{path}"));
    let request = request.header("X-Auth-Token", TOKEN).header("Content-Type", MEDIA_TYPE);
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    api.send(request.header(header.0, header.1).body(body).unwrap()).await
}

#[tokio::test]
async fn a_document_is_changed_only_as_it_was_read() {
    let api = Api::new().await.with_phone().await;
    for (path, key) in [(DEVICE, "device"), (CONFIG, "config")] {
        let read = api.get(path).await;
        let tag = read.header("etag").to_owned();
        let with = |description: &str| {
            let mut document = read.json();
            document[key]["description"] = json!(description);
            document
        };
        let first = sent(&api, Method::PUT, path, ("If-Match", &tag), Some(with("first"))).await;
        assert_eq!(first.status, 204, "{first:?}");
        let late = sent(&api, Method::PUT, path, ("If-Match", &tag), Some(with("late"))).await;
        assert_eq!(late.status, 412);
        assert!(late.body.contains("read it again"), "{late:?}");
        assert_eq!(sent(&api, Method::DELETE, path, ("If-Match", &tag), None).await.status, 412);
        assert_eq!(api.get(path).await.json()[key]["description"], "first");
        assert_eq!(sent(&api, Method::PUT, path, ("If-Match", "*"), Some(with("any"))).await.status, 204);
        assert_eq!(api.put(path, with("unconditional")).await.status, 204);
        let tag = api.get(path).await.header("etag").to_owned();
        assert_eq!(sent(&api, Method::PUT, path, ("If-Match", "7"), Some(with("x"))).await.status, 400);
        assert_eq!(sent(&api, Method::PUT, path, ("If-None-Match", "*"), Some(with("x"))).await.status, 412);
        assert_eq!(sent(&api, Method::DELETE, path, ("If-Match", &tag), None).await.status, 204);
        assert_eq!(sent(&api, Method::PUT, path, ("If-Match", &tag), Some(with("x"))).await.status, 404);
    }
}

#[tokio::test]
async fn who_has_a_document_is_told_so() {
    let api = Api::new().await.with_phone().await;
    for (path, key) in [(DEVICE, "device"), (CONFIG, "config")] {
        let read = api.get(path).await;
        let tag = read.header("etag").to_owned();
        let again = sent(&api, Method::GET, path, ("If-None-Match", &tag), None).await;
        assert_eq!(
            (again.status.as_u16(), again.body.as_str(), again.header("etag")),
            (304, "", tag.as_str())
        );
        // Deleted and made anew it is another, though it counts from one again.
        assert_eq!(api.delete(path).await.status, 204);
        let mut other = read.json();
        other[key]["label"] = json!("other");
        assert_eq!(api.post(path.rsplit_once('/').unwrap().0, other).await.status, 201);
        assert_eq!(sent(&api, Method::GET, path, ("If-None-Match", &tag), None).await.status, 200);
    }
}

#[tokio::test]
async fn sending_back_what_was_read_decides_nothing() {
    let api = Api::new().await;
    api.phone_asks("192.0.2.7", crate::api::testing::FILE).await;
    let devices = api.get("/dev_mgr/devices").await.json();
    let path = format!("/dev_mgr/devices/{}", devices["devices"][0]["id"].as_str().unwrap());
    let mut document = api.get(&path).await.json();
    assert_eq!(document["device"]["plugin"], PLUGIN);
    document["device"]["description"] = json!("Front desk");
    assert_eq!(api.put(&path, document).await.status, 204);
    let id = path.rsplit_once('/').unwrap().1;
    let device = api.state.provisioning.store().device(id).await.unwrap().unwrap();
    assert!(!device.provenance.plugin_assigned, "{:?}", device.provenance);
}

#[tokio::test]
async fn errors_are_documents_for_who_asks_and_wherever_0_2_is_not() {
    let api = Api::new().await;
    let details = ("Accept", "application/problem+json, application/vnd.proformatique.provd+json");
    let config = json!({"config": {"parent_ids": [], "raw_config": {"http_port": 0, "locale": "x"}}});
    let answered = sent(&api, Method::POST, "/cfg_mgr/configs", details, Some(config.clone())).await;
    assert_eq!(answered.header("content-type"), "application/problem+json");
    let told = answered.json();
    assert_eq!(
        (&told["type"], &told["title"], &told["status"]),
        (&json!("about:blank"), &json!("Bad Request"), &json!(400))
    );
    let paths: Vec<_> = told["errors"].as_array().unwrap().iter().map(|part| part["path"].clone()).collect();
    assert_eq!(paths, ["raw_config.http_port", "raw_config.locale"]);
    assert!(told["detail"].as_str().unwrap().contains("0 is not a port"), "{told}");
    let plain = api.post("/cfg_mgr/configs", config).await;
    assert!(plain.header("content-type").starts_with("text/plain"), "{plain:?}");

    let device = json!({"device": {"mac": "x"}});
    let told = sent(&api, Method::POST, "/dev_mgr/devices", details, Some(device)).await.json();
    assert_eq!(told["errors"][0]["path"], "mac");
    for (path, accept) in [("/dev_mgr/waiting/none/approve", "*/*"), ("/nowhere", details.1)] {
        let answered = sent(&api, Method::POST, path, ("Accept", accept), Some(json!({}))).await;
        assert_eq!(answered.status, 404);
        assert_eq!(answered.json()["title"], "Not Found", "{path}");
    }
    let not_allowed = sent(&api, Method::DELETE, "/dev_mgr/devices", details, None).await;
    assert_eq!(
        (not_allowed.json()["status"].clone(), not_allowed.header("allow")),
        (json!(405), "GET,HEAD,POST")
    );
}
