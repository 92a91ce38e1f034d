//! §4: the raw config of a config with all it inherits.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, refused};
use crate::request::{get, post, put};
use crate::section::Checking;

const CONFIGS: &str = "/cfg_mgr/configs";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    server_base(checking).await?;
    order(checking).await?;
    merging(checking).await?;
    cycles(checking).await
}

async fn store(checking: &Checking, id: &str, parents: &[&str], raw_config: &Value) -> Result<()> {
    let config = json!({"config": {"id": id, "parent_ids": parents, "raw_config": raw_config}});
    checking.ask(post(CONFIGS, &config)).await?.ok().map(drop)
}

fn raw(id: &str) -> crate::request::Request {
    get(format!("{CONFIGS}/{id}/raw"))
}

async fn server_base(checking: &mut Checking) -> Result<()> {
    store(checking, "alone", &[], &json!({})).await?;
    for (key, is_sound) in [
        ("ip", (|value: &Value| value.is_string()) as fn(&Value) -> bool),
        ("http_port", |value| value.as_u64().is_some_and(|port| port > 0)),
        ("tftp_port", |value| value.as_u64().is_some_and(|port| port > 0)),
        ("http_base_url", |value| value.as_str().is_some_and(|url| url.starts_with("http://"))),
    ] {
        let expected = document()
            .and(format!("the server's {key}"), move |answer| is_sound(&answer.json()["raw_config"][key]));
        checking.check(format!("§4 raw begins with the server's {key}"), raw("alone"), expected).await?;
    }
    let rule = "§4 raw: defaults of plugins do not appear";
    for pointer in ["/raw_config/sip_transport", "/raw_config/sip_srtp_mode", "/raw_config/syslog_level"] {
        checking.check(rule, raw("alone"), document().nothing_at(pointer)).await?;
    }
    store(checking, "own-base", &[], &json!({"http_base_url": "http://192.0.2.9:80", "X_own": 1})).await?;
    let expected =
        document().at("/raw_config/http_base_url", "http://192.0.2.9:80").at("/raw_config/X_own", 1);
    checking.check("§4 raw: a config wins over the server", raw("own-base"), expected).await?;
    checking.check("§2 raw of an unknown config: 404", raw("unknown"), refused(404)).await?;
    Ok(())
}

async fn order(checking: &mut Checking) -> Result<()> {
    store(checking, "grand", &[], &json!({"X_who": "grand", "X_grand": 1, "X_deep": "grand"})).await?;
    store(checking, "first", &["grand"], &json!({"X_who": "first", "X_first": 1})).await?;
    store(checking, "second", &[], &json!({"X_who": "second", "X_deep": "second", "X_second": 1})).await?;
    store(checking, "child", &["first", "unknown", "second"], &json!({"X_own": 1})).await?;
    let expected = document().at("/raw_config/X_who", "second").at("/raw_config/X_deep", "second");
    checking.check("§4 raw: later parents win", raw("child"), expected).await?;
    let expected =
        document().at("/raw_config/X_grand", 1).at("/raw_config/X_first", 1).at("/raw_config/X_own", 1);
    checking.check("§4 raw: depth first, unknown parents skipped", raw("child"), expected).await?;
    store(checking, "reversed", &["second", "first"], &json!({})).await?;
    let expected = document().at("/raw_config/X_who", "first").at("/raw_config/X_deep", "grand");
    checking
        .check("§4 raw: in list order, a parent after its own parents", raw("reversed"), expected)
        .await?;
    store(checking, "own", &["first", "second"], &json!({"X_who": "own"})).await?;
    checking
        .check("§4 raw: its own comes last", raw("own"), document().at("/raw_config/X_who", "own"))
        .await?;
    // The second visit of `grand` would bring its value back.
    store(checking, "diamond", &["first", "second", "grand"], &json!({})).await?;
    let expected = document().at("/raw_config/X_who", "second").at("/raw_config/X_deep", "second");
    checking
        .check("§4 raw: each config applies once, where it is met first", raw("diamond"), expected)
        .await?;
    Ok(())
}

async fn merging(checking: &mut Checking) -> Result<()> {
    let parent = json!({"X_object": {"a": 1, "b": {"c": 1, "d": 1}}, "X_list": [1, 2], "X_text": "x", "X_null": 1,
        "sip_lines": {"1": {"username": "u", "password": "p", "display_name": "d"}}});
    let child = json!({"X_object": {"b": {"d": 2}}, "X_list": [3], "X_text": {"now": "an object"}, "X_null": null,
        "sip_lines": {"1": {"display_name": "D"}, "2": {"username": "v", "password": "q", "display_name": "e"}}});
    store(checking, "merge-parent", &[], &parent).await?;
    store(checking, "merge-child", &["merge-parent"], &child).await?;
    for (rule, pointer, value) in [
        ("objects merge recursively", "/raw_config/X_object", json!({"a": 1, "b": {"c": 1, "d": 2}})),
        ("lists replace", "/raw_config/X_list", json!([3])),
        ("an object replaces what is none", "/raw_config/X_text", json!({"now": "an object"})),
        (
            "lines merge",
            "/raw_config/sip_lines/1",
            json!({"username": "u", "password": "p", "display_name": "D"}),
        ),
        ("lines are added", "/raw_config/sip_lines/2/username", json!("v")),
    ] {
        checking.check(format!("§4 raw: {rule}"), raw("merge-child"), document().at(pointer, value)).await?;
    }
    let expected = document().that("/raw_config/X_null", "null", Value::is_null);
    checking.check("§4 raw: null replaces too", raw("merge-child"), expected).await?;
    let expected = document().at("/config/raw_config", child.clone());
    checking.check("§4 a config itself is not merged", get("/cfg_mgr/configs/merge-child"), expected).await?;
    Ok(())
}

async fn cycles(checking: &mut Checking) -> Result<()> {
    store(checking, "ring-1", &["ring-2"], &json!({"X_1": 1, "X_who": 1})).await?;
    store(checking, "ring-2", &["ring-1"], &json!({"X_2": 2, "X_who": 2})).await?;
    let expected = document().at("/raw_config/X_1", 1).at("/raw_config/X_2", 2).at("/raw_config/X_who", 1);
    checking.check("§4 raw: cycles end", raw("ring-1"), expected).await?;
    store(checking, "self", &["self"], &json!({"X_1": 1})).await?;
    checking
        .check("§4 raw: a config may name itself", raw("self"), document().at("/raw_config/X_1", 1))
        .await?;
    store(checking, "orphan", &["born-later"], &json!({})).await?;
    checking
        .check(
            "§4 raw: an unknown parent says nothing",
            raw("orphan"),
            document().nothing_at("/raw_config/X_born"),
        )
        .await?;
    store(checking, "born-later", &[], &json!({"X_born": true})).await?;
    checking
        .check("§4 raw: a parent may come later", raw("orphan"), document().at("/raw_config/X_born", true))
        .await?;
    let changed = json!({"config": {"parent_ids": [], "raw_config": {"X_born": "again"}}});
    checking.ask(put("/cfg_mgr/configs/born-later", &changed)).await?.ok()?;
    checking
        .check("§4 raw: it is never old", raw("orphan"), document().at("/raw_config/X_born", "again"))
        .await?;
    Ok(())
}
