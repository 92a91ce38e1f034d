//! §3: which documents, which of their fields, in which order, how many. The operators of selectors are `operators`.

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::expected::{document, ids_at, refused};
use crate::operators;
use crate::request::{get, post, query};
use crate::section::Checking;

const CONFIGS: &str = "/cfg_mgr/configs";
const DEVICES: &str = "/dev_mgr/devices";
/// Selects the documents of this section.
const OURS: (&str, &str) = ("q", r#"{"X_set":1}"#);

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    store(checking).await?;
    operators::check(checking).await?;
    selectors(checking).await?;
    fields(checking).await?;
    order(checking).await?;
    cuts(checking).await?;
    devices(checking).await
}

async fn store(checking: &Checking) -> Result<()> {
    for mut config in [
        json!({"id": "a", "X_n": 10, "X_t": "alpha", "X_s": "alpha", "X_o": {"x": 1, "y": {"z": "deep"}},
            "X_l": ["red", "green"], "X_lo": [{"c": "red"}, {"c": "blue", "n": 2, "o": {"p": 1}}]}),
        json!({"id": "b", "X_n": 9, "X_t": "beta", "X_s": "beta", "X_o": {"x": 2}, "X_l": ["green"],
            "X_lo": [{"c": "green"}, "text"]}),
        json!({"id": "c", "X_n": 1.0, "X_t": null, "X_l": []}),
        json!({"id": "d", "X_n": true, "X_t": "alphabet", "X_s": "alphabet", "X_o": {"x": "1"}}),
        json!({"id": "e"}),
    ] {
        config["X_set"] = json!(1);
        config["parent_ids"] = json!([]);
        config["raw_config"] = json!({"X_own": {"of": config["id"]}});
        checking.ask(post(CONFIGS, &json!({"config": config}))).await?.ok()?;
    }
    Ok(())
}

async fn selectors(checking: &mut Checking) -> Result<()> {
    let encoded = |selector: &str| BASE64_STANDARD.encode(selector);
    let (ours, beta) = (encoded(OURS.1), encoded(r#"{"X_t":"beta"}"#));
    for (rule, parameters, ids) in [
        ("q64 is base64 of q", vec![("q64", ours.as_str())], "a b c d e"),
        ("q64 wins over q", vec![("q64", beta.as_str()), ("q", r#"{"X_t":"alpha"}"#)], "b"),
        ("of repeated ones the first counts", vec![OURS, ("q", r#"{"X_t":"alpha"}"#)], "a b c d e"),
        ("unknown parameters are ignored", vec![OURS, ("unknown", "1"), ("recurse", "True")], "a b c d e"),
        ("default order: insertion", vec![OURS], "a b c d e"),
    ] {
        let expected = document().ids("/configs", ids);
        checking.check(format!("§3 {rule}"), query(CONFIGS, &parameters), expected).await?;
    }
    let everything = ids_at(&checking.ask(get(CONFIGS)).await?.json(), "/configs").unwrap_or_default();
    checking.holds("§3 without q: all", everything.len() == 8, &everything);
    let everything = everything.join(" ");
    for (rule, parameters) in [
        ("q that is no JSON is ignored", vec![("q", "{X_t: beta}")]),
        ("an empty q is ignored", vec![("q", "")]),
        ("undecodable q64: both ignored", vec![("q64", "!!!"), ("q", r#"{"X_t":"beta"}"#)]),
        ("the selector {} finds all", vec![("q", "{}")]),
        ("recurse means nothing for configs", vec![("recurse", "true")]),
    ] {
        let expected = document().ids("/configs", &everything);
        checking.check(format!("§3 {rule}"), query(CONFIGS, &parameters), expected).await?;
    }
    Ok(())
}

async fn fields(checking: &mut Checking) -> Result<()> {
    for (rule, fields, found) in [
        ("only those, and id always", "X_n", json!({"id": "a", "X_n": 10})),
        ("several", "X_n,X_t", json!({"id": "a", "X_n": 10, "X_t": "alpha"})),
        ("dotted, nesting kept", "X_o.y.z", json!({"id": "a", "X_o": {"y": {"z": "deep"}}})),
        ("two of one object", "X_o.x,X_o.y", json!({"id": "a", "X_o": {"x": 1, "y": {"z": "deep"}}})),
        ("in a raw config", "raw_config.X_own.of", json!({"id": "a", "raw_config": {"X_own": {"of": "a"}}})),
        ("absent ones left out", "X_none,X_o.none,X_n", json!({"id": "a", "X_n": 10})),
        ("id named", "id", json!({"id": "a"})),
        ("empty: only id", "", json!({"id": "a"})),
    ] {
        let request = query(CONFIGS, &[("q", r#"{"X_t":"alpha"}"#), ("fields", fields)]);
        checking
            .check(format!("§3 fields: {rule}"), request, document().at("/configs", json!([found])))
            .await?;
    }
    Ok(())
}

async fn order(checking: &mut Checking) -> Result<()> {
    for (rule, parameters, ids) in [
        ("numbers as text, missing first", vec![("sort", "X_n")], "e c a b d"),
        ("ASC is the default", vec![("sort", "X_n"), ("sort_ord", "ASC")], "e c a b d"),
        ("DESC", vec![("sort", "X_n"), ("sort_ord", "DESC")], "d b a c e"),
        ("another spelling is ASC", vec![("sort", "X_n"), ("sort_ord", "desc")], "e c a b d"),
        ("null is first, with the missing", vec![("sort", "X_t")], "c e a d b"),
        ("stable", vec![("sort", "X_set")], "a b c d e"),
        ("stable in DESC too", vec![("sort", "X_set"), ("sort_ord", "DESC")], "a b c d e"),
        ("a key that nothing has", vec![("sort", "X_none")], "a b c d e"),
        ("a key not selected does not sort", vec![("sort", "X_n"), ("fields", "X_t")], "a b c d e"),
        ("a key selected sorts", vec![("sort", "X_n"), ("fields", "X_n")], "e c a b d"),
        ("sort_ord alone does nothing", vec![("sort_ord", "DESC")], "a b c d e"),
        ("then cut", vec![("sort", "X_n"), ("limit", "2")], "e c"),
        ("then skipped and cut", vec![("sort", "X_n"), ("skip", "1"), ("limit", "3")], "c a b"),
        ("DESC, then cut", vec![("sort", "X_n"), ("sort_ord", "DESC"), ("limit", "1")], "d"),
    ] {
        let parameters = [vec![OURS], parameters].concat();
        let expected = document().ids("/configs", ids);
        checking.check(format!("§3 sort: {rule}"), query(CONFIGS, &parameters), expected).await?;
    }
    Ok(())
}

async fn cuts(checking: &mut Checking) -> Result<()> {
    for (rule, parameters, ids) in [
        ("skip", vec![("skip", "2")], "c d e"),
        ("skip all", vec![("skip", "9")], ""),
        ("limit", vec![("limit", "2")], "a b"),
        ("skip and limit", vec![("skip", "1"), ("limit", "2")], "b c"),
        ("limit 0 is none", vec![("limit", "0")], "a b c d e"),
        ("a negative limit gives nothing", vec![("limit", "-1")], ""),
        ("a limit that is no integer is ignored", vec![("limit", "x")], "a b c d e"),
        ("an empty limit is ignored", vec![("limit", "")], "a b c d e"),
        ("a skip that is no integer is ignored", vec![("skip", "1.5")], "a b c d e"),
        ("the first of repeated ones counts", vec![("limit", "1"), ("limit", "3")], "a"),
    ] {
        let parameters = [vec![OURS], parameters].concat();
        let expected = document().ids("/configs", ids);
        checking.check(format!("§3 {rule}"), query(CONFIGS, &parameters), expected).await?;
    }
    Ok(())
}

async fn devices(checking: &mut Checking) -> Result<()> {
    for device in [
        json!({"id": "one", "mac": "00:08:5d:00:00:01", "ip": "192.0.2.1", "sn": "S1", "options": {"switchboard": true}}),
        json!({"id": "two", "mac": "00:08:5d:00:00:02", "ip": "192.0.2.2", "sn": "S2", "description": "Desk two"}),
        json!({"id": "three", "ip": "192.0.2.2", "vendor": "Aastra", "plugin": "none-1"}),
    ] {
        checking.ask(post(DEVICES, &json!({"device": device}))).await?.ok()?;
    }
    for (rule, selector, ids) in [
        ("all", r"{}", "one two three"),
        ("mac", r#"{"mac":"00:08:5d:00:00:02"}"#, "two"),
        ("ip", r#"{"ip":"192.0.2.2"}"#, "two three"),
        ("sn", r#"{"sn":"S1"}"#, "one"),
        ("id", r#"{"id":"three"}"#, "three"),
        ("dotted", r#"{"options.switchboard":true}"#, "one"),
        ("several keys", r#"{"ip":"192.0.2.2","vendor":"Aastra"}"#, "three"),
        ("configured", r#"{"configured":false}"#, "one two three"),
        ("is_new", r#"{"is_new":true}"#, "one two three"),
        ("missing", r#"{"mac":{"$exists":false}}"#, "three"),
        ("part of a text", r#"{"description":{"$contains":"two"}}"#, "two"),
        ("some macs", r#"{"mac":{"$in":["00:08:5d:00:00:01","00:08:5d:00:00:09"]}}"#, "one"),
        ("nothing", r#"{"mac":"00:08:5d:00:00:03"}"#, ""),
        (
            "tenant_uuid, which the request decides",
            r#"{"tenant_uuid":"5a7e0f5c-0000-4000-8000-000000000001"}"#,
            "one two three",
        ),
    ] {
        let expected = document().ids("/devices", ids);
        checking.check(format!("§3 devices by {rule}"), query(DEVICES, &[("q", selector)]), expected).await?;
    }
    let request =
        query(DEVICES, &[("fields", "mac,ip"), ("sort", "ip"), ("sort_ord", "DESC"), ("limit", "2")]);
    let expected = document()
        .ids("/devices", "two three")
        .nothing_at("/devices/0/sn")
        .at("/devices/0/mac", "00:08:5d:00:00:02");
    checking.check("§3 devices: fields, sort, limit together", request, expected).await?;
    let refusal = refused(400);
    checking
        .check("§3 devices: a selector that is no object: 400", query(DEVICES, &[("q", "[]")]), refusal)
        .await?;
    Ok(())
}
