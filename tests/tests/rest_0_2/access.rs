//! §1 and §2: tokens, and the permission that each request needs.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::expected::{document, refused, status};
use crate::permissions::{DEVICE, table};
use crate::request::{Request, delete, get, post};
use crate::section::Checking;

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    unauthorized(checking).await?;
    checking.ask(post("/dev_mgr/devices", &json!({"device": {"id": DEVICE}}))).await?.ok()?;
    let device = checking.ask(get(format!("/dev_mgr/devices/{DEVICE}"))).await?.json();
    let master = device["device"]["tenant_uuid"].as_str().context("a device without tenant_uuid")?.to_owned();
    let begun = checking.ask(post("/dev_mgr/synchronize", &json!({"id": DEVICE}))).await?.ok()?;
    permitted(checking, &table(&master, begun.header("location"))).await?;
    wildcards(checking).await?;
    withdrawn(checking).await
}

/// All that is wrong with a token is answered alike.
async fn unauthorized(checking: &mut Checking) -> Result<()> {
    let nothing = token(checking, &["provd.nothing.read".to_owned()]).await?.0;
    for path in
        ["", "/dev_mgr/devices", "/cfg_mgr/configs/base", "/configure/NAT", "/pg_mgr/install/installed"]
    {
        for (rule, request) in [
            ("missing", get(path).anonymous()),
            ("empty", get(path).token("")),
            ("unknown", get(path).token("5f1e6c1e-0000-4000-8000-000000000000")),
            ("lacking the permission", get(path).token(&nothing)),
        ] {
            let rule = format!("§1 a token that is {rule}: 401 Unauthorized, never 403");
            checking.check(rule, request, refused(401).text("Unauthorized")).await?;
        }
    }
    Ok(())
}

/// Makes a token, whose name must be its own. Gives its secret, and where it is.
async fn token(checking: &Checking, permissions: &[String]) -> Result<(String, String)> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let name = format!("check {}", COUNT.fetch_add(1, Ordering::Relaxed));
    let made = json!({"token": {"name": name, "permissions": permissions}});
    let answer = checking.ask(post("/tokens", &made)).await?.ok()?;
    let secret = answer.json()["token"].as_str().context("no token in the answer")?.to_owned();
    Ok((secret, answer.header("location").to_owned()))
}

/// All other permissions together are not enough, and the one alone is.
async fn permitted(checking: &mut Checking, rows: &[(String, Request)]) -> Result<()> {
    for (permission, request) in rows {
        let others: Vec<String> =
            rows.iter().map(|(other, _)| other.clone()).filter(|other| other != permission).collect();
        let others = token(checking, &others).await?.0;
        let rule = format!("§2 without {permission}: 401");
        checking.check(rule, request.clone().token(&others), refused(401)).await?;
        let only = token(checking, std::slice::from_ref(permission)).await?.0;
        let rule = format!("§2 {permission} is enough");
        checking.check(rule, request.clone().token(&only), status(401).not()).await?;
    }
    Ok(())
}

async fn wildcards(checking: &mut Checking) -> Result<()> {
    let devices = |id: &str| get(format!("/dev_mgr/devices/{id}"));
    let any_device = token(checking, &["provd.dev_mgr.devices.*.read".to_owned()]).await?.0;
    let everything = token(checking, &["provd.#".to_owned()]).await?.0;
    let rows: [(&str, &str, Request, bool); 5] = [
        ("* is one word", &any_device, devices(DEVICE), true),
        ("* is one word", &any_device, get("/dev_mgr/devices"), false),
        ("* is one word", &any_device, delete("/dev_mgr/devices/none"), false),
        ("# is any words", &everything, devices(DEVICE), true),
        ("# is any words", &everything, get("/configure/NAT"), true),
    ];
    for (rule, token, request, let_in) in rows {
        let expected = if let_in { document() } else { refused(401) };
        checking.check(format!("§1 permissions of a token: {rule}"), request.token(token), expected).await?;
    }
    Ok(())
}

async fn withdrawn(checking: &mut Checking) -> Result<()> {
    let (secret, location) = token(checking, &["provd.#".to_owned()]).await?;
    checking.check("§1 a token that is known: 200", get("").token(&secret), document()).await?;
    let listed = checking.ask(get("/tokens")).await?;
    checking.holds("§1 a token is never shown again", !listed.text.contains(&secret), "it is in the list");
    checking.ask(delete(&location)).await?.ok()?;
    checking.check("§1 a token that was deleted: 401", get("").token(&secret), refused(401)).await?;
    Ok(())
}
