//! Configs, what they amount to, and those made from a template.

use serde_json::json;

use crate::api::testing::Api;

#[tokio::test]
async fn a_config_lives() {
    let api = Api::new().await;
    let config = json!({"id": "a", "parent_ids": ["b"], "raw_config": {"locale": "fr_FR"}, "label": "A"});
    let answered = api.post("/cfg_mgr/configs", json!({"config": config})).await;
    assert_eq!((answered.status.as_u16(), answered.header("location")), (201, "/0.2/cfg_mgr/configs/a"));
    assert_eq!(answered.json(), json!({"id": "a"}));
    assert_eq!(api.get("/cfg_mgr/configs/a").await.json(), json!({"config": config}));
    assert_eq!(api.get("/cfg_mgr/configs").await.json(), json!({"configs": [config]}));

    let changed = json!({"parent_ids": [], "raw_config": {}});
    assert_eq!(api.put("/cfg_mgr/configs/a", json!({"config": changed})).await.status, 204);
    assert_eq!(api.get("/cfg_mgr/configs/a").await.json()["config"]["parent_ids"], json!([]));

    assert_eq!(api.delete("/cfg_mgr/configs/a").await.status, 204);
    assert_eq!(api.delete("/cfg_mgr/configs/a").await.status, 404);
    assert_eq!(api.get("/cfg_mgr/configs/a").await.status, 404);
    assert_eq!(api.get("/cfg_mgr/configs/a/raw").await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_config_is_said() {
    let api = Api::new().await;
    assert_eq!(api.put("/cfg_mgr/configs/None", json!({"id": null})).await.status, 404);
    let sound = json!({"id": "a", "parent_ids": [], "raw_config": {}});
    assert_eq!(api.post("/cfg_mgr/configs", json!({"config": sound})).await.status, 201);
    for (config, said) in [
        (sound, "in use"),
        (json!({"raw_config": {}}), "parent_ids:"),
        (json!({"parent_ids": []}), "raw_config:"),
        (
            json!({"parent_ids": [], "raw_config": {"sip_lines": {"1": {"proxy_port": 70000}}}}),
            "sip_lines.1.proxy_port",
        ),
    ] {
        let answered = api.post("/cfg_mgr/configs", json!({"config": config})).await;
        assert_eq!(answered.status, 400);
        assert!(answered.body.contains(said), "{answered:?}");
    }
    let answered = api.put("/cfg_mgr/configs/a", json!({"config": {"parent_ids": 1}})).await;
    assert_eq!(answered.status, 400, "{answered:?}");
}

#[tokio::test]
async fn a_config_may_refuse_deletion() {
    let api = Api::new().await;
    let config = json!({"id": "base", "parent_ids": [], "raw_config": {}, "deletable": false});
    assert_eq!(api.post("/cfg_mgr/configs", json!({"config": config})).await.status, 201);
    assert_eq!(api.delete("/cfg_mgr/configs/base").await.status, 403);
}

#[tokio::test]
async fn raw_is_merged_on_the_base_without_defaults() {
    let api = Api::new().await;
    for config in [
        json!({"id": "parent", "parent_ids": [], "raw_config": {"locale": "fr_FR", "timezone": "Europe/Paris"}}),
        json!({"id": "child", "parent_ids": ["parent"], "raw_config": {"locale": "de_DE"}}),
    ] {
        assert_eq!(api.post("/cfg_mgr/configs", json!({"config": config})).await.status, 201);
    }
    let merged =
        json!({"http_base_url": "http://192.0.2.1:8667", "locale": "de_DE", "timezone": "Europe/Paris"});
    assert_eq!(api.get("/cfg_mgr/configs/child/raw").await.json(), json!({"raw_config": merged}));
}

#[tokio::test]
async fn autocreating_needs_a_template() {
    let api = Api::new().await;
    let answered = api.post("/cfg_mgr/autocreate", json!({})).await;
    assert_eq!(answered.status, 400);
    assert!(answered.body.contains("role"), "{answered:?}");

    let lines = json!({"sip_lines": {"1": {"username": "${id}", "password": "${random:8}"}}});
    let template = json!({"id": "autoprov", "parent_ids": [], "raw_config": {}, "role": "autocreate"});
    assert_eq!(api.post("/cfg_mgr/configs", json!({"config": template})).await.status, 201);
    let answered = api.post("/cfg_mgr/autocreate", json!({})).await;
    assert!(answered.status == 400 && answered.body.contains("sip_lines.1"), "{answered:?}");

    let template = json!({"config": {"parent_ids": [], "raw_config": lines, "role": "autocreate"}});
    assert_eq!(api.put("/cfg_mgr/configs/autoprov", template).await.status, 204);
    let answered = api.post("/cfg_mgr/autocreate", json!([])).await;
    assert_eq!(answered.status, 201, "{answered:?}");
    let id = answered.json()["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("autoprov") && id.len() == "autoprov".len() + 36, "{id}");
    assert_eq!(answered.header("location"), format!("/0.2/cfg_mgr/configs/{id}"));
    let made = api.get(&format!("/cfg_mgr/configs/{id}")).await.json()["config"].take();
    assert_eq!((&made["parent_ids"], &made["transient"]), (&json!(["autoprov"]), &json!(true)));
    let line = &made["raw_config"]["sip_lines"]["1"];
    assert_eq!(
        (line["username"].as_str(), line["password"].as_str().map(str::len)),
        (Some(id.as_str()), Some(8))
    );
}

#[tokio::test]
async fn a_change_reaches_the_devices_that_inherit() {
    let api = Api::new().await.with_phone().await;
    let config = json!({"parent_ids": [], "raw_config": {"timezone": "Asia/Tokyo"}});
    let answered = api.put("/cfg_mgr/configs/config", json!({"config": config})).await;
    assert_eq!((answered.status.as_u16(), answered.headers.get("location")), (204, None), "all is done");
    let file = api.get("/dev_mgr/devices/phone/files/Aastra/00085D237429.cfg").await;
    assert_eq!(file.body, "zone: \"Asia/Tokyo\"\n");
}

#[tokio::test]
async fn lists_can_be_searched() {
    let api = Api::new().await;
    for (id, kind) in [("a", "device"), ("b", "registrar"), ("c", "device")] {
        let config = json!({"id": id, "parent_ids": [], "raw_config": {}, "X_type": kind});
        assert_eq!(api.post("/cfg_mgr/configs", json!({"config": config})).await.status, 201);
    }
    // {"X_type": "device"}
    let found =
        api.get("/cfg_mgr/configs?q64=eyJYX3R5cGUiOiAiZGV2aWNlIn0=&fields=X_type&skip=1&unknown=1").await;
    assert_eq!(found.json(), json!({"configs": [{"id": "c", "X_type": "device"}]}));
    // {"id": {"$or": []}}
    let refused = api.get("/cfg_mgr/configs?q=%7B%22id%22:%7B%22$or%22:%5B%5D%7D%7D").await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("`id`: there is no `$or`: write $in"), "{refused:?}");
}
