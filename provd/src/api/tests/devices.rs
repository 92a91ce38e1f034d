//! Devices, their tenants, their files, and leases.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Api, FILE, OTHER, PHONE, PLUGIN, STUCK, TENANT};
use crate::domain::plugin::GeneratedFile;
use crate::domain::request::RequestKind;

const MASTER: &str = "00000000-0000-0000-0000-000000000000";

async fn ids(api: &Api, tenant: &str, query: &str) -> Vec<Value> {
    let answered = api.call_as(tenant, Method::GET, &format!("/dev_mgr/devices{query}"), None).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.json()["devices"].as_array().unwrap().iter().map(|device| device["id"].clone()).collect()
}

#[tokio::test]
async fn a_device_lives() {
    let api = Api::new().await.with_phone().await;
    let expected = json!({"id": "phone", "mac": PHONE, "plugin": PLUGIN, "config": "config",
        "configured": true, "is_new": true, "tenant_uuid": MASTER});
    assert_eq!(api.get("/dev_mgr/devices/phone").await.json(), json!({"device": expected}));

    let changed = json!({"device": {"plugin": PLUGIN, "config": "config", "X_mine": [1]}});
    let answered = api.put("/dev_mgr/devices/phone", changed).await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (204, ""));
    assert!(!answered.headers.contains_key("content-type"));
    let device = api.get("/dev_mgr/devices/phone").await.json()["device"].take();
    assert_eq!(device["last_error"], "the device has no MAC address");
    assert!(device["last_error_at"].as_str().unwrap().ends_with('Z'), "{device}");
    assert_eq!(
        (&device["configured"], &device["X_mine"], device.get("mac")),
        (&json!(false), &json!([1]), None)
    );

    assert_eq!(api.delete("/dev_mgr/devices/phone").await.status, 204);
    assert_eq!(api.delete("/dev_mgr/devices/phone").await.status, 404);
    assert_eq!(api.get("/dev_mgr/devices/phone").await.status, 404);
}

#[tokio::test]
async fn creating_tells_where() {
    let api = Api::new().await;
    let answered = api.post("/dev_mgr/devices", json!({"device": {"id": "a b%é"}})).await;
    assert_eq!((answered.status.as_u16(), answered.json()), (201, json!({"id": "a b%é"})));
    let location = answered.header("location");
    assert_eq!(location, "/0.2/dev_mgr/devices/a%20b%25%C3%A9");
    assert_eq!(api.get(location.strip_prefix("/0.2").unwrap()).await.json()["device"]["id"], "a b%é");

    let id = api.post("/dev_mgr/devices", json!({"device": {}})).await.json()["id"].take();
    assert_eq!(id.as_str().map(str::len), Some(32));
}

#[tokio::test]
async fn what_is_wrong_with_a_device_is_said() {
    let api = Api::new().await.with_phone().await;
    for (device, said) in [
        (json!({"id": "phone"}), "in use"),
        (json!({"id": "a/b"}), "id:"),
        (json!({"mac": "xx"}), "mac:"),
        (json!({"ip": "1.2.3"}), "ip:"),
        (json!({"vendor": {}}), "vendor:"),
    ] {
        let answered = api.post("/dev_mgr/devices", json!({"device": device})).await;
        assert_eq!(answered.status, 400);
        assert!(answered.body.contains(said), "{answered:?}");
    }
    let answered = api.put("/dev_mgr/devices/phone", json!({"device": {"mac": "xx"}})).await;
    assert_eq!(answered.status, 400, "{answered:?}");
}

#[tokio::test]
async fn tenants_see_their_own() {
    let api = Api::new().await;
    let create = async |tenant, id| {
        let device = Some(json!({"device": {"id": id}}));
        assert_eq!(api.call_as(tenant, Method::POST, "/dev_mgr/devices", device).await.status, 201);
    };
    create("", "new").await;
    create(TENANT, "ours").await;
    create(OTHER, "theirs").await;

    assert_eq!(ids(&api, "", "").await, ["new"]);
    assert_eq!(ids(&api, "", "?recurse=false&recurse=true").await, ["new"], "the first counts");
    for recurse in ["true", "True"] {
        assert_eq!(ids(&api, "", &format!("?recurse={recurse}")).await, ["new", "ours", "theirs"]);
    }
    assert_eq!(ids(&api, TENANT, "?recurse=true").await, ["ours"]);
    let by_tenant = format!("?q=%7B%22tenant_uuid%22:%22{OTHER}%22%7D");
    assert_eq!(ids(&api, TENANT, &by_tenant).await, ["ours"], "a selector does not open other tenants");

    let theirs = "/dev_mgr/devices/theirs";
    let device = Some(json!({"device": {}}));
    assert_eq!(api.call_as(TENANT, Method::GET, theirs, None).await.status, 404);
    assert_eq!(api.call_as(TENANT, Method::PUT, theirs, device).await.status, 404);
    assert_eq!(api.call_as(TENANT, Method::DELETE, theirs, None).await.status, 404);
    let body = Some(json!({"id": "theirs"}));
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/reconfigure", body).await.status, 400);
    assert_eq!(api.get(theirs).await.json()["device"]["is_new"], false);
}

#[tokio::test]
async fn a_tenant_claims_a_new_device() {
    let api = Api::new().await.with_phone().await;
    let path = "/dev_mgr/devices/phone";
    assert_eq!(api.call_as(TENANT, Method::GET, path, None).await.status, 404);
    let device = Some(json!({"device": {"tenant_uuid": OTHER}}));
    assert_eq!(api.call_as(TENANT, Method::PUT, path, device).await.status, 204);
    let claimed = api.call_as(TENANT, Method::GET, path, None).await.json();
    assert_eq!(
        (&claimed["device"]["tenant_uuid"], &claimed["device"]["is_new"]),
        (&json!(TENANT), &json!(false))
    );

    assert_eq!(api.put(path, json!({"device": {}})).await.status, 204);
    assert_eq!(api.get(path).await.json()["device"]["tenant_uuid"], TENANT, "it stays where it is");
    assert_eq!(api.put(path, json!({"device": {"tenant_uuid": OTHER}})).await.status, 204);
    assert_eq!(api.get(path).await.json()["device"]["tenant_uuid"], OTHER, "the master may give it away");
}

#[tokio::test]
async fn reconfiguring_is_done_even_if_the_plugin_refuses() {
    let api = Api::new().await.with_phone().await;
    assert_eq!(api.post("/dev_mgr/reconfigure", json!({"id": "phone"})).await.status, 204);
    assert_eq!(api.post("/dev_mgr/reconfigure", json!({"id": "unknown"})).await.status, 400);
    let device = json!({"device": {"id": "no mac", "plugin": PLUGIN, "config": "config"}});
    assert_eq!(api.post("/dev_mgr/devices", device).await.status, 201);
    assert_eq!(api.post("/dev_mgr/reconfigure", json!({"id": "no mac"})).await.status, 204);
}

#[tokio::test]
async fn generated_files_can_be_previewed() {
    let api = Api::new().await.with_phone().await;
    let files = api.get("/dev_mgr/devices/phone/files").await.json()["files"].take();
    assert_eq!(files.as_array().unwrap().len(), 1);
    assert_eq!((&files[0]["path"], &files[0]["size"]), (&json!(FILE), &json!(21)));
    let sha256 = "322456f93ee0a710aab5a254a0cf14cefc689a5094cd956d87b5ebb0c4c5ed54";
    assert_eq!(files[0]["sha256"], sha256);
    assert_eq!(
        (&files[0]["sensitive"], &files[0]["revision"], &files[0]["common"]),
        (&json!(true), &json!(1), &json!(false))
    );
    let etag = files[0]["etag"].as_str().unwrap();
    for path in ["Aastra/00085D237429.cfg", "Aastra%2F00085d237429.cfg"] {
        let file = api.get(&format!("/dev_mgr/devices/phone/files/{path}")).await;
        assert_eq!((file.status.as_u16(), file.body.as_str()), (200, "zone: \"Europe/Paris\"\n"));
        assert_eq!(file.header("etag"), format!("\"{etag}\""));
        assert_eq!(file.header("cache-control"), "no-store");
    }
    for path in ["phone/files/../provd.db", "phone/files/other.cfg", "unknown/files", "unknown/files/a"] {
        assert_eq!(api.get(&format!("/dev_mgr/devices/{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn common_files_come_after_the_devices_own() {
    let api = Api::new().await.with_phone().await;
    let file = |path: &str, content: &'static str| GeneratedFile {
        path: path.to_owned(),
        content: content.into(),
        media_type: None,
        sensitive: false,
    };
    let common = vec![file("Aastra/aastra.cfg", "common\n"), file(FILE, "hidden by the device's own\n")];
    api.state.provisioning.store().put_common_files(PLUGIN, common).await.unwrap();
    let files = api.get("/dev_mgr/devices/phone/files").await.json()["files"].take();
    let found: Vec<_> =
        files.as_array().unwrap().iter().map(|file| (&file["path"], &file["common"])).collect();
    assert_eq!(found, [(&json!(FILE), &json!(false)), (&json!("Aastra/aastra.cfg"), &json!(true))]);
    let content = async |path| api.get(&format!("/dev_mgr/devices/phone/files/{path}")).await.body;
    assert_eq!(content("Aastra/aastra.cfg").await, "common\n");
    assert_eq!(content(FILE).await, "zone: \"Europe/Paris\"\n");
}

#[tokio::test]
async fn a_lease_is_in_the_pipeline_before_the_answer() {
    let api = Api::new().await;
    let lease = |op: &str, ip: &str| json!({"dhcp_info": {"op": op, "ip": ip, "mac": "00085D237429", "options": ["06041"]}});
    assert_eq!(api.post("/dev_mgr/dhcpinfo", lease("commit", "192.0.2.7")).await.status, 204);
    let requests = api.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].ip.to_string(), "192.0.2.7");
    assert!(
        matches!(&requests[0].kind, RequestKind::Dhcp(dhcp) if dhcp.vendor_class().as_deref() == Some("A"))
    );

    assert_eq!(api.post("/dev_mgr/dhcpinfo", lease("release", "192.0.2.7")).await.status, 204);
    assert_eq!(api.post("/dev_mgr/dhcpinfo", lease("offer", "192.0.2.7")).await.status, 400);
    assert_eq!(api.requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lease_that_hangs_is_given_up() {
    let api = Api::new().await;
    tokio::time::pause();
    let lease = json!({"dhcp_info": {"op": "commit", "ip": STUCK, "mac": "00085D237429", "options": []}});
    let answered = api.post("/dev_mgr/dhcpinfo", lease).await;
    assert_eq!(answered.status, 503);
    assert_eq!(answered.header("retry-after"), "5");
}
