//! Plugins, and how they are.

use serde_json::json;

use crate::api::testing::{Api, PLUGIN};

#[tokio::test]
async fn plugins_are_found_by_links() {
    let api = Api::new().await;
    let href = format!("/0.2/pg_mgr/plugins/{PLUGIN}");
    let list = json!({"plugins": {PLUGIN: {"links": [{"rel": "pg.plugin", "href": href}]}}});
    assert_eq!(api.get("/pg_mgr/plugins").await.json(), list);
    let links = json!({"links": [{"rel": "pg.info", "href": format!("{href}/info")}]});
    assert_eq!(api.get(&format!("/pg_mgr/plugins/{PLUGIN}")).await.json(), links);
    let info = json!({"plugin_info": {"version": "1.2", "description": "Aastra phones",
        "capabilities": {"Aastra, 6731i, 3.2.2": {"lines": 6}}}});
    assert_eq!(api.get(&format!("/pg_mgr/plugins/{PLUGIN}/info")).await.json(), info);
}

#[tokio::test]
async fn a_state_tells_all_there_is_to_know() {
    let api = Api::new().await;
    let state = json!({
        "id": PLUGIN,
        "version": "1.2",
        "description": "Aastra phones",
        "state": "ready",
        "reason": null,
        "pid": 4711,
        "ready_since": "1970-01-01T00:00:00.000Z",
        "starts": 2,
        "resident_bytes": 1_048_576,
        "calls": 3,
        "failures": 1,
        "p99_seconds": 0.001,
        "previous_version": null,
        "capabilities": {"Aastra, 6731i, 3.2.2": {"lines": 6}},
        "sandbox": {
            "level": "partial",
            "landlock": 5,
            "seccomp": true,
            "missing": ["signals"],
            "granted": ["processes"],
            "denied": ["memory"],
        },
        "crashes": [{"at": "2023-11-14T22:13:20.250Z", "reason": "killed by SIGKILL", "log": ["the last words"]}],
    });
    assert_eq!(api.get(&format!("/pg_mgr/plugins/{PLUGIN}/state")).await.json(), state);
    assert_eq!(api.get("/pg_mgr/states").await.json(), json!({"states": [state]}));
    let log = api.get(&format!("/pg_mgr/plugins/{PLUGIN}/log")).await.json();
    assert_eq!(log, json!({"lines": ["one", "two"], "end": 2}));
    let log = api.get(&format!("/pg_mgr/plugins/{PLUGIN}/log?after=1")).await.json();
    assert_eq!(log, json!({"lines": ["two"], "end": 2}));
    assert_eq!(api.get(&format!("/pg_mgr/plugins/{PLUGIN}/log?after=x")).await.status.as_u16(), 400);
}

#[tokio::test]
async fn restarting_gives_the_new_state() {
    let api = Api::new().await;
    let answered = api.post(&format!("/pg_mgr/plugins/{PLUGIN}/restart"), json!({})).await;
    assert_eq!((answered.status.as_u16(), &answered.json()["starts"]), (200, &json!(3)));
}
