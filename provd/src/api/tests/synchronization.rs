//! Telling phones to fetch their files again.

use axum::http::Method;
use serde_json::{Value, json};

use super::operations::ended;
use crate::api::testing::{Api, FILE, PHONE, PLUGIN, TENANT};

/// Three phones, of which one is deaf and one a tenant's.
async fn fleet() -> Api {
    let api = Api::new().await.with_phone().await;
    for (tenant, id, mac) in [("", "deaf", "00:08:5d:00:00:02"), (TENANT, "ours", "00:08:5d:00:00:03")] {
        let device =
            json!({"device": {"id": id, "mac": mac, "plugin": PLUGIN, "config": "config", "model": "6731i"}});
        assert_eq!(api.call_as(tenant, Method::POST, "/dev_mgr/devices", Some(device)).await.status, 201);
    }
    api
}

async fn told(api: &Api, order: Value) -> Value {
    let answered = api.post("/dev_mgr/synchronizations", json!({"synchronization": order})).await;
    assert_eq!(answered.status, 201, "{answered:?}");
    let operation = ended(api, answered.header("location")).await;
    assert_eq!(answered.json(), json!({"devices": operation["end"]}));
    operation
}

#[tokio::test]
async fn one_phone_is_told_as_0_2_has_it() {
    let api = fleet().await;
    let answered = api.post("/dev_mgr/synchronize", json!({"id": "phone"})).await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (201, ""));
    let location = answered.header("location");
    assert!(location.starts_with("/0.2/dev_mgr/synchronize/"), "{location}");
    let operation = ended(&api, location).await;
    assert_eq!((&operation["status"], &operation["state"]), (&json!("success"), &json!("success")));
    assert_eq!(operation["reason"], "the phone answered 200 OK");

    let number = location.rsplit('/').next().unwrap();
    assert_eq!(api.get(&format!("/dev_mgr/synchronizations/{number}")).await.status, 404, "it is no other's");
    assert_eq!(api.delete(&format!("/dev_mgr/synchronize/{number}")).await.status, 204);
    assert_eq!(api.get(&format!("/dev_mgr/synchronize/{number}")).await.status, 404);
}

#[tokio::test]
async fn a_phone_that_cannot_be_told_is_said_to_be() {
    let api = fleet().await;
    let answered = api.post("/dev_mgr/synchronize", json!({"id": "deaf"})).await;
    let operation = ended(&api, answered.header("location")).await;
    assert_eq!(
        (&operation["status"], &operation["reason"]),
        (&json!("fail"), &json!("the phone did not answer within 32 s"))
    );
    assert_eq!(api.post("/dev_mgr/synchronize", json!({"id": "unknown"})).await.status, 404);
    let ours = Some(json!({"id": "phone"}));
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/synchronize", ours).await.status, 404);
    assert_eq!(api.post("/dev_mgr/synchronize", json!({})).await.status, 400);
}

#[tokio::test]
async fn many_phones_are_told() {
    let api = fleet().await;
    let operation = told(&api, json!({"all": true, "at_once": 1, "pause": 0.001})).await;
    assert_eq!((&operation["status"], &operation["failed"]), (&json!("fail;3/3"), &json!(1)));
    assert_eq!(
        operation["failures"],
        json!([{"device": "deaf", "reason": "the phone did not answer within 32 s"}])
    );

    let halted = told(&api, json!({"all": true, "at_once": 2, "pause": 0, "halt_after": 0})).await;
    assert_eq!(halted["status"], "fail;2/3");
    assert!(halted["reason"].as_str().unwrap().starts_with("halted:"), "{halted}");
}

#[tokio::test]
async fn what_is_selected_must_all_hold() {
    let api = fleet().await;
    for (order, count) in [
        (json!({"ids": ["phone", "phone", "ours"]}), 2),
        (json!({"ids": ["phone", "ours"], "where": {"model": "6731i"}}), 1),
        (json!({"plugin": PLUGIN}), 3),
        (json!({"plugin": "other"}), 0),
        (json!({"where": {"tenant_uuid": TENANT}}), 1),
        (json!({"outdated": true}), 3),
        (json!({"all": true, "ids": null, "pause": 0}), 3),
    ] {
        assert_eq!(told(&api, order.clone()).await["end"], count, "{order}");
    }
    api.phone_asks("192.0.2.7", FILE).await;
    assert_eq!(told(&api, json!({"outdated": true})).await["end"], 2, "{PHONE} has fetched its file");
}

#[tokio::test]
async fn a_tenant_tells_its_own() {
    let api = fleet().await;
    let order = |order: Value| Some(json!({"synchronization": order}));
    let path = "/dev_mgr/synchronizations";
    let answered = api.call_as(TENANT, Method::POST, path, order(json!({"all": true}))).await;
    assert_eq!(answered.json(), json!({"devices": 1}));
    let location = answered.header("location").strip_prefix("/0.2").unwrap();
    assert_eq!(api.call_as(TENANT, Method::GET, location, None).await.status, 200);
    let answered = api.call_as(TENANT, Method::POST, path, order(json!({"ids": ["phone"]}))).await;
    assert_eq!(answered.status, 404);
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_said() {
    let api = fleet().await;
    for (order, said) in [
        (json!({}), "at least one of"),
        (json!({"all": false, "outdated": false}), "at least one of"),
        (json!({"all": 1}), "synchronization.all:"),
        (json!({"ids": "phone"}), "synchronization.ids:"),
        (json!({"ids": [1]}), "synchronization.ids:"),
        (json!({"plugin": 1}), "synchronization.plugin:"),
        (json!({"where": {"model": {"$gt": 1}}}), "where:"),
        (json!({"where": "model"}), "where:"),
        (json!({"all": true, "at_once": 0}), "from 1 to 1000"),
        (json!({"all": true, "at_once": -1}), "from 1 to 1000"),
        (json!({"all": true, "at_once": 1e9}), "from 1 to 1000"),
        (json!({"all": true, "pause": -0.1}), "from 0 to 3600"),
        (json!({"all": true, "pause": 1e308}), "from 0 to 3600"),
        (json!({"all": true, "halt_after": -1}), "synchronization.halt_after:"),
        (json!({"all": true, "haltafter": 1}), "haltafter"),
    ] {
        let answered = api.post("/dev_mgr/synchronizations", json!({"synchronization": order})).await;
        assert_eq!(answered.status, 400, "{order}: {answered:?}");
        assert!(answered.body.contains(said), "{order}: {answered:?}");
    }
    let unknown = json!({"synchronization": {"ids": ["phone", "unknown"]}});
    assert_eq!(api.post("/dev_mgr/synchronizations", unknown).await.status, 404);
    assert_eq!(api.get("/operations").await.json(), json!({"operations": []}), "nobody was told");
}
