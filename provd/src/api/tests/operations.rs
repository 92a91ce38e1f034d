//! Operations, and changes that go on after their answer.

use std::collections::HashSet;
use std::time::Duration;

use axum::http::Method;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::access::Scope;
use crate::api::operations::{Changed, soon};
use crate::api::tenant::Tenant;
use crate::api::testing::{Answered, Api, OTHER, PLUGIN, TENANT};
use crate::provisioning::many::{self, OPERATIONS};

/// Longest time an operation may take here.
const DEADLINE: Duration = Duration::from_secs(10);

/// An operation when it has ended.
pub(super) async fn ended(api: &Api, location: &str) -> Value {
    let number = location.rsplit('/').next().unwrap().parse().unwrap();
    let running = api.state.provisioning.operations().get(number).unwrap();
    timeout(DEADLINE, many::ended(running)).await.unwrap();
    api.get(location.strip_prefix("/0.2").unwrap()).await.json()
}

async fn synchronized(api: &Api, tenant: &str) -> Answered {
    let body = Some(json!({"id": "phone"}));
    api.call_as(tenant, Method::POST, "/dev_mgr/synchronize", body).await
}

#[tokio::test]
async fn an_operation_is_listed_until_it_is_forgotten() {
    let api = Api::new().await.with_phone().await;
    assert_eq!(api.get("/operations").await.json(), json!({"operations": []}));
    let location = synchronized(&api, "").await.header("location").to_owned();
    let operation = ended(&api, &location).await;
    let number = &operation["number"];
    assert_eq!(operation["path"], location);
    assert_eq!(api.get("/operations").await.json(), json!({"operations": [operation]}));
    assert_eq!(api.get(&format!("/operations/{number}")).await.json(), operation);
    assert_eq!(api.delete(&format!("/operations/{number}")).await.status, 204);
    assert_eq!(api.delete(&format!("/operations/{number}")).await.status, 404);
    assert_eq!(api.get("/operations").await.json(), json!({"operations": []}));
}

#[tokio::test]
async fn what_is_no_operation_is_not_found() {
    let api = Api::new().await;
    for number in ["1", "0", "-1", "x", "18446744073709551616", "%F0%9F%93%9E", "1.0"] {
        for collection in ["/operations", "/dev_mgr/synchronize", "/dev_mgr/synchronizations"] {
            let path = format!("{collection}/{number}");
            assert_eq!(api.get(&path).await.status, 404, "{path}");
            assert_eq!(api.delete(&path).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_tenant_sees_what_was_begun_in_its_name() {
    let api = Api::new().await.with_phone().await;
    let claim = Some(json!({"device": {"id": "phone", "mac": "00:08:5d:23:74:29"}}));
    assert_eq!(api.call_as(TENANT, Method::PUT, "/dev_mgr/devices/phone", claim).await.status, 204);
    synchronized(&api, "").await;
    let location = synchronized(&api, TENANT).await.header("location").to_owned();
    ended(&api, &location).await;
    let path = location.strip_prefix("/0.2").unwrap();

    let listed = async |tenant: &str| {
        let operations = api.call_as(tenant, Method::GET, "/operations", None).await.json();
        operations["operations"].as_array().unwrap().len()
    };
    assert_eq!((listed("").await, listed(TENANT).await, listed(OTHER).await), (2, 1, 0));
    assert_eq!(api.call_as(OTHER, Method::GET, path, None).await.status, 404);
    assert_eq!(api.call_as(OTHER, Method::DELETE, path, None).await.status, 404);
    assert_eq!(api.call_as(TENANT, Method::GET, path, None).await.status, 200);
    assert_eq!(api.call_as(TENANT, Method::DELETE, path, None).await.status, 204);
}

#[tokio::test]
async fn failures_of_other_tenants_devices_are_counted_but_not_shown() {
    let api = Api::new().await.with_phone().await;
    for (tenant, id) in [(TENANT, "ours"), (OTHER, "theirs")] {
        let device = json!({"device": {"id": id, "config": "config", "plugin": PLUGIN}});
        assert_eq!(api.call_as(tenant, Method::POST, "/dev_mgr/devices", Some(device)).await.status, 201);
    }
    let config = json!({"config": {"parent_ids": [], "raw_config": {"timezone": "Asia/Tokyo"}}});
    assert_eq!(api.call_as(TENANT, Method::PUT, "/cfg_mgr/configs/config", Some(config)).await.status, 204);
    let of = async |tenant: &str| {
        let operations = api.call_as(tenant, Method::GET, "/operations", None).await.json();
        operations["operations"][0].clone()
    };
    let (ours, all) = (of(TENANT).await, of("").await);
    assert_eq!((&ours["status"], &ours["failed"]), (&json!("fail;3/3"), &json!(2)));
    let reason = "the device has no MAC address";
    assert_eq!(ours["failures"], json!([{"device": "ours", "reason": reason}]));
    assert_eq!(all["failures"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_change_that_goes_on_tells_where_it_can_be_followed() {
    let api = Api::new().await;
    tokio::time::pause();
    let forever = |_| std::future::pending();
    let running = api.state.provisioning.operations().run(OPERATIONS, "nothing".to_owned(), None, forever);
    let master = Tenant::new(Scope::new(Uuid::nil(), Uuid::nil(), HashSet::new()));
    let answer = Changed(soon(&api.state, &master, Some(running)).await).into_response();
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.headers()["location"], "/0.2/operations/1");
    assert_eq!(api.get("/operations/1").await.json()["status"], "progress");
}
