//! Tokens and tenants as clients use them, and that no tenant is shown what is another's.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::api::testing::{Answered, Api, OTHER, PHONE, PLUGIN, TENANT, TOKEN};

/// A tenant below [`TENANT`].
const BELOW: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000011";
const MASTER: &str = "00000000-0000-0000-0000-000000000000";

/// A token of a tenant, whose text stands for it.
struct Holder<'a> {
    api: &'a Api,
    token: String,
}

impl<'a> Holder<'a> {
    async fn new(api: &'a Api, name: &str, tenant: &str, permissions: &[&str]) -> Holder<'a> {
        let token = json!({"name": name, "permissions": permissions, "tenant_uuid": tenant});
        let made = api.post("/tokens", json!({ "token": token })).await;
        assert_eq!(made.status, 201, "{made:?}");
        Holder { api, token: made.json()["token"].as_str().unwrap().to_owned() }
    }

    async fn call(&self, method: Method, path: &str, document: Option<Value>) -> Answered {
        self.api.call_with(&self.token, "", method, path, document).await
    }

    async fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, None).await
    }

    async fn put(&self, path: &str, document: Value) -> Answered {
        self.call(Method::PUT, path, Some(document)).await
    }

    async fn post(&self, path: &str, document: Value) -> Answered {
        self.call(Method::POST, path, Some(document)).await
    }

    async fn devices(&self, query: &str) -> Vec<String> {
        let answered = self.get(&format!("/dev_mgr/devices{query}")).await;
        let mut ids: Vec<String> = answered.json()["devices"].as_array().unwrap().iter().map(id).collect();
        ids.sort();
        ids
    }
}

fn id(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

/// A device of each: of nobody, of two tenants, and of one below the first. All have the same kind of phone.
async fn with_devices() -> Api {
    let api = Api::new().await.with_phone().await;
    for (uuid, name, parent) in
        [(TENANT, "ours", MASTER), (OTHER, "theirs", MASTER), (BELOW, "below", TENANT)]
    {
        let tenant = json!({"uuid": uuid, "name": name, "parent_uuid": parent});
        assert_eq!(api.post("/tenants", json!({ "tenant": tenant })).await.status, 201);
        let device = Some(json!({"device": {"id": name, "plugin": PLUGIN, "config": "config"}}));
        assert_eq!(api.call_as(uuid, Method::POST, "/dev_mgr/devices", device).await.status, 201);
    }
    api
}

#[tokio::test]
async fn a_token_lives() {
    let api = Api::new().await;
    let wanted =
        json!({"name": "wallboard", "permissions": ["provd.#.read"], "expires": "2999-01-31T12:00:00Z"});
    let made = api.post("/tokens", json!({ "token": wanted })).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, "no-store"));
    let (token, id) = (made.json()["token"].take(), id(&made.json()));
    let path = format!("/tokens/{id}");
    assert_eq!(made.header("location"), format!("/0.2{path}"));

    let answered = api.call_with(token.as_str().unwrap(), "", Method::GET, "/status", None).await;
    assert_eq!(answered.status, 200);
    let shown = api.get(&path).await.json()["token"].take();
    assert_eq!((&shown["name"], &shown["permissions"]), (&json!("wallboard"), &json!(["provd.#.read"])));
    assert_eq!(
        (&shown["tenant_uuid"], &shown["expires"]),
        (&json!(MASTER), &json!("2999-01-31T12:00:00.000Z"))
    );
    assert!(shown["last_used"].is_string() && shown["created"].is_string(), "{shown}");
    assert_eq!(api.get("/tokens").await.json(), json!({"tokens": [shown]}));
    let everything = api.get("/tokens").await.body + &api.get("/audit?kind=token").await.body;
    assert!(everything.contains("token admin") && !everything.contains(&token.as_str().unwrap()[6..]));

    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(api.delete(&path).await.status, 404);
    assert_eq!(api.get(&path).await.status, 404);
    let answered = api.call_with(token.as_str().unwrap(), "", Method::GET, "/status", None).await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (401, "Unauthorized\n"));
}

#[tokio::test]
async fn what_is_no_token_is_said() {
    let api = Api::new().await;
    for (token, said) in [
        (json!({}), "name"),
        (json!({"name": "a"}), "permissions"),
        (json!({"name": "a", "permissions": []}), "permissions: expected"),
        (json!({"name": "a", "permissions": ["a"], "tenant_uuid": "x"}), "tenant_uuid: `x`"),
        (json!({"name": "a", "permissions": ["a"], "expires": "soon"}), "expires: expected"),
        (
            json!({"name": "a", "permissions": ["a"], "expires": "2001-01-01T00:00:00Z"}),
            "expires: that moment",
        ),
        (json!({"name": "a", "permissions": ["a"], "scope": "x"}), "scope"),
    ] {
        let answered = api.post("/tokens", json!({ "token": token })).await;
        assert_eq!(answered.status, 400, "{answered:?}");
        assert!(answered.body.contains(said), "{answered:?}");
    }
}

#[tokio::test]
async fn a_token_may_come_as_bearer() {
    let api = Api::new().await;
    let ask = async |authorization: String| {
        let request = Request::get("/0.2").header("Authorization", authorization);
        api.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(ask(format!("Bearer {TOKEN}")).await, 200);
    assert_eq!(ask("Bearer guess".to_owned()).await, 401);
    assert_eq!(ask(format!("Basic {TOKEN}")).await, 401);
}

#[tokio::test]
async fn what_is_lacking_is_not_told_apart() {
    let api = with_devices().await;
    let reader = Holder::new(&api, "reader", TENANT, &["provd.dev_mgr.devices.*.read", "provd.read"]).await;
    assert_eq!(reader.get("/dev_mgr/devices/ours").await.status, 200);
    assert_eq!(reader.get("").await.status, 200);
    for (method, path) in [
        (Method::GET, "/status"),
        (Method::GET, "/dev_mgr/devices/ours/files"),
        (Method::PUT, "/dev_mgr/devices/ours"),
        (Method::DELETE, "/dev_mgr/devices/ours"),
        (Method::POST, "/tokens"),
    ] {
        let answered = reader.call(method.clone(), path, Some(json!({}))).await;
        assert_eq!(answered.status.as_u16(), 401, "{method} {path}");
        let details = "{\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"Unauthorized\"}";
        assert!(
            ["Unauthorized\n", details].contains(&answered.body.as_str()),
            "{method} {path}: {answered:?}"
        );
    }
    for tenant in [OTHER, MASTER, "nobody"] {
        let answered = api.call_with(&reader.token, tenant, Method::GET, "", None).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (401, "Unauthorized\n"), "{tenant}");
    }
    assert_eq!(api.call_with(&reader.token, BELOW, Method::GET, "", None).await.status, 200);
}

#[tokio::test]
async fn a_tenant_is_shown_its_own_and_what_is_below() {
    let api = with_devices().await;
    let ours = Holder::new(&api, "ours", TENANT, &["provd.#"]).await;
    let below = Holder::new(&api, "below", BELOW, &["provd.#"]).await;
    assert_eq!(ours.devices("").await, ["ours"]);
    assert_eq!(ours.devices("?recurse=true").await, ["below", "ours"]);
    assert_eq!(below.devices("?recurse=true").await, ["below"]);
    let all_tenants = "?recurse=true&q=%7B%22is_new%22:true%7D";
    assert_eq!(ours.devices(all_tenants).await, [""; 0]);
    for (holder, others) in [(&ours, &["theirs", "phone"] as &[_]), (&below, &["ours", "theirs", "phone"])] {
        for other in others {
            for path in ["", "/files", "/files/a", "/remote_state"] {
                assert_eq!(
                    holder.get(&format!("/dev_mgr/devices/{other}{path}")).await.status,
                    404,
                    "{other}{path}"
                );
            }
            assert_eq!(holder.get(&format!("/dev_mgr/explain/{other}")).await.status, 404);
            let preview = format!("/dev_mgr/devices/{other}/preview");
            assert_eq!(holder.post(&preview, json!({})).await.status, 404);
            assert_eq!(holder.post("/dev_mgr/synchronize", json!({"id": other})).await.status, 404);
            assert_eq!(holder.post("/dev_mgr/reconfigure", json!({"id": other})).await.status, 400);
            let deleted = holder.call(Method::DELETE, &format!("/dev_mgr/devices/{other}"), None).await;
            assert_eq!(deleted.status, 404);
        }
    }
    assert_eq!(ours.get("/dev_mgr/devices/below").await.status, 200);
    assert_eq!(ours.get(&format!("/dev_mgr/explain/{PHONE}")).await.status, 404, "nobody's phone");
    assert_eq!(ours.get("/dev_mgr/explain/00:08:5d:00:00:99").await.status, 404, "a stranger");
}

#[tokio::test]
async fn lists_show_a_tenant_nothing_of_another() {
    let api = with_devices().await;
    api.phone_asks("192.0.2.7", "Aastra/00085D237429.cfg").await;
    assert_eq!(api.post("/dev_mgr/synchronize", json!({"id": "theirs"})).await.status, 201);
    let everything = json!({"synchronization": {"all": true}});
    let theirs = Holder::new(&api, "theirs' token", OTHER, &["provd.#"]).await;
    assert_eq!(theirs.post("/dev_mgr/synchronizations", everything.clone()).await.json()["devices"], 1);

    let ours = Holder::new(&api, "ours' token", TENANT, &["provd.#"]).await;
    for path in [
        "/dev_mgr/remote_states",
        "/dev_mgr/waiting",
        "/requests",
        "/operations",
        "/audit",
        "/tokens",
        "/tenants",
    ] {
        let shown = ours.get(path).await;
        assert_eq!(shown.status, 200, "{path}");
        for secret in ["theirs", "phone", OTHER] {
            assert!(!shown.body.contains(&format!("\"{secret}")), "{path}: {}", shown.body);
        }
    }
    let states = ours.get("/dev_mgr/remote_states").await.json();
    assert_eq!(states["remote_states"].as_array().unwrap().len(), 2);
    assert_eq!(ours.get("/audit").await.json()["audit"].as_array().unwrap().len(), 2);
    assert_eq!(ours.get("/tenants").await.json()["tenants"].as_array().unwrap().len(), 2);
    assert_eq!(ours.get("/operations/1").await.status, 404);
    assert_eq!(ours.get("/requests/1").await.status, 404);
    let many = ours.post("/dev_mgr/synchronizations", everything).await;
    assert_eq!(many.json()["devices"], 2);
    let by_id = json!({"synchronization": {"ids": ["theirs"]}});
    assert_eq!(ours.post("/dev_mgr/synchronizations", by_id).await.status, 404);
}

#[tokio::test]
async fn an_operation_is_seen_from_above_and_not_from_below() {
    let api = with_devices().await;
    let ours = Holder::new(&api, "ours", TENANT, &["provd.#"]).await;
    let below = Holder::new(&api, "below", BELOW, &["provd.#"]).await;
    let path = |answered: &Answered| answered.header("location").strip_prefix("/0.2").unwrap().to_owned();
    let from_below = path(&below.post("/dev_mgr/synchronize", json!({"id": "below"})).await);
    let from_above = path(&ours.post("/dev_mgr/synchronize", json!({"id": "below"})).await);
    assert_eq!(ours.get(&from_below).await.status, 200);
    assert_eq!(below.get(&from_above).await.status, 404);
}

#[tokio::test]
async fn a_tenant_claims_what_is_new_and_gives_only_where_it_sees() {
    let api = with_devices().await;
    let ours = Holder::new(&api, "ours", TENANT, &["provd.#"]).await;
    let below = Holder::new(&api, "below", BELOW, &["provd.#"]).await;
    let owner = async |id: &str| {
        api.get(&format!("/dev_mgr/devices/{id}")).await.json()["device"]["tenant_uuid"].take()
    };

    let sent = |tenant: &str| json!({"device": {"tenant_uuid": tenant}});
    assert_eq!(below.put("/dev_mgr/devices/phone", sent(OTHER)).await.status, 204);
    assert_eq!(owner("phone").await, BELOW);
    assert_eq!(below.put("/dev_mgr/devices/ours", sent(BELOW)).await.status, 404);
    assert_eq!(ours.put("/dev_mgr/devices/theirs", sent(TENANT)).await.status, 404);
    for tenant in [OTHER, MASTER, "nobody"] {
        let refused = ours.put("/dev_mgr/devices/ours", sent(tenant)).await;
        assert_eq!(refused.status, 400, "{refused:?}");
        assert!(refused.body.starts_with("tenant_uuid: "), "{refused:?}");
    }
    assert_eq!(ours.put("/dev_mgr/devices/ours", sent(BELOW)).await.status, 204);
    assert_eq!(owner("ours").await, BELOW);
    assert_eq!(ours.put("/dev_mgr/devices/ours", json!({"device": {}})).await.status, 204);
    assert_eq!(owner("ours").await, BELOW, "it stays where it is");
    let device = json!({"device": {"id": "new", "tenant_uuid": OTHER}});
    assert_eq!(ours.post("/dev_mgr/devices", device).await.status, 201);
    assert_eq!(owner("new").await, TENANT);

    assert_eq!(api.put("/dev_mgr/devices/new", sent(MASTER)).await.status, 204);
    assert_eq!(api.get("/dev_mgr/devices/new").await.json()["device"]["is_new"], true, "given back");
}

#[tokio::test]
async fn tokens_and_tenants_are_made_within_what_one_has() {
    let api = with_devices().await;
    let ours = Holder::new(&api, "ours", TENANT, &["provd.tokens.#", "provd.tenants.#", "provd.read"]).await;
    let wanted = |name: &str, permission: &str, tenant: Value| json!({"token": {"name": name, "permissions": [permission], "tenant_uuid": tenant}});
    for (permission, tenant) in
        [("provd.#", Value::Null), ("provd.read", json!(OTHER)), ("provd.read", json!(MASTER))]
    {
        assert_eq!(
            ours.post("/tokens", wanted("more", permission, tenant)).await.status,
            400,
            "{permission}"
        );
    }
    let made = ours.post("/tokens", wanted("less", "provd.read", json!(BELOW))).await;
    assert_eq!(made.status, 201);
    let names = async |holder: &Holder<'_>| {
        let tokens = holder.get("/tokens").await.json()["tokens"].take();
        tokens.as_array().unwrap().iter().map(|token| token["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&ours).await, ["ours", "less"]);
    let theirs = Holder::new(&api, "theirs", OTHER, &["provd.#"]).await;
    assert_eq!(names(&theirs).await, ["theirs"]);
    let path = format!("/tokens/{}", id(&made.json()));
    assert_eq!(theirs.get(&path).await.status, 404);
    assert_eq!(theirs.call(Method::DELETE, &path, None).await.status, 404);

    let tenant = ours.post("/tenants", json!({"tenant": {"name": "new"}})).await;
    assert_eq!(tenant.status, 201);
    let tenant = tenant.header("location").strip_prefix("/0.2").unwrap().to_owned();
    assert_eq!(ours.get(&tenant).await.json()["tenant"]["parent_uuid"], TENANT);
    assert_eq!(theirs.get(&tenant).await.status, 404);
    assert_eq!(ours.call(Method::DELETE, &tenant, None).await.status, 204);
    for (uuid, said) in [(BELOW, "has devices"), (TENANT, "has devices")] {
        let refused = ours.call(Method::DELETE, &format!("/tenants/{uuid}"), None).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains(said), "{refused:?}");
    }
    for uuid in [OTHER, MASTER, "nobody"] {
        assert_eq!(ours.call(Method::DELETE, &format!("/tenants/{uuid}"), None).await.status, 404, "{uuid}");
    }
    let chosen = json!({"tenant": {"name": "new", "uuid": "5a7e0f5c-6b1d-4e8f-9d1e-000000000099"}});
    assert_eq!(ours.post("/tenants", chosen).await.status, 400);
}

#[tokio::test]
async fn the_audit_names_the_token() {
    let api = with_devices().await;
    let ours = Holder::new(&api, "of ours", TENANT, &["provd.#"]).await;
    assert_eq!(ours.put("/dev_mgr/devices/ours", json!({"device": {"description": "x"}})).await.status, 204);
    let audit = api.get("/audit?actor=token%20of%20ours").await.json()["audit"].take();
    assert_eq!((&audit[0]["subject"], &audit[0]["action"]), (&json!("ours"), &json!("updated")));
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let api = Api::new().await;
    let wanted = json!({"token": {"name": "listener", "permissions": ["provd.events.read"]}});
    let made = api.post("/tokens", wanted).await.json();
    let request = Request::get("/0.2/events").header("X-Auth-Token", made["token"].as_str().unwrap());
    let listening = api.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(listening.status(), 200);
    assert_eq!(api.delete(&format!("/tokens/{}", id(&made))).await.status, 204);
    let rest = timeout(Duration::from_secs(10), to_bytes(listening.into_body(), usize::MAX)).await;
    assert!(rest.expect("it goes on").is_ok());
}

/// What a stream tells up to these words.
async fn told_until(mut stream: Body, words: &str) -> String {
    let mut told = String::new();
    while !told.contains(words) {
        let frame = timeout(Duration::from_secs(10), stream.frame()).await.expect("it says no more");
        told += std::str::from_utf8(&frame.unwrap().unwrap().into_data().unwrap()).unwrap();
    }
    told
}

#[tokio::test]
async fn a_tenant_hears_of_configs_that_it_may_read() {
    let api = Api::new().await;
    let mut heard = Vec::new();
    for (name, permissions) in
        [("deaf", &["provd.events.read"] as &[_]), ("hears", &["provd.events.read", "provd.cfg_mgr.#"])]
    {
        let ours = Holder::new(&api, name, TENANT, permissions).await;
        let request = Request::get("/0.2/events").header("X-Auth-Token", &ours.token);
        let listening = api.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let config = json!({"config": {"id": format!("for {name}"), "parent_ids": [], "raw_config": {}}});
        assert_eq!(api.post("/cfg_mgr/configs", config).await.status, 201);
        let device = Some(json!({"device": {"id": name}}));
        assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/devices", device).await.status, 201);
        let told = told_until(listening.into_body(), "event: device").await;
        heard.push(told.contains(&format!("\"for {name}\"")));
    }
    assert_eq!(heard, [false, true]);
}

#[tokio::test]
async fn only_the_master_tenant_tells_of_leases() {
    let api = with_devices().await;
    let lease = json!({"dhcp_info": {"op": "commit", "ip": "192.0.2.7", "mac": PHONE, "options": []}});
    let permissions = &["provd.dev_mgr.#"];
    let ours = Holder::new(&api, "of ours", TENANT, permissions).await;
    assert_eq!(ours.post("/dev_mgr/dhcpinfo", lease.clone()).await.status, 401);
    assert!(api.requests.lock().unwrap().is_empty());
    let hook = Holder::new(&api, "hook", MASTER, permissions).await;
    assert_eq!(hook.post("/dev_mgr/dhcpinfo", lease).await.status, 204);
}
