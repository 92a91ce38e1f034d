//! §2 and §7: installing, upgrading, reloading and removing plugins.

use anyhow::Result;
use provd_tests::client::parse_operation;
use serde_json::{Value, json};

use crate::expected::{Expected, begun, document, done, refused, status};
use crate::request::{Request, delete, get, post};
use crate::section::Checking;

const PLUGIN: &str = "aastra-3.2.2.1136";
const INSTALL: &str = "/pg_mgr/install/install";
const UPGRADE: &str = "/pg_mgr/install/upgrade";
const UNINSTALL: &str = "/pg_mgr/install/uninstall";
const RELOAD: &str = "/pg_mgr/reload";
const DEVICE: &str = "/dev_mgr/devices/phone";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    store_device(checking).await?;
    refusals(checking).await?;
    lists(checking).await?;
    reload(checking).await?;
    uninstall(checking).await?;
    install(checking).await?;
    upgrade(checking).await
}

fn of(path: &str, id: &str) -> Request {
    post(path, &json!({"id": id}))
}

/// Whether a list of packages holds the plugin.
fn lists_plugin(held: bool) -> Expected {
    let words = if held { "the plugin in pkgs" } else { "no such plugin in pkgs" };
    document().that("/pkgs", words, move |pkgs| pkgs.is_object() && pkgs.get(PLUGIN).is_some() == held)
}

fn is_configured(expected: bool) -> Expected {
    document().at("/device/configured", expected).at("/device/plugin", PLUGIN)
}

async fn store_device(checking: &mut Checking) -> Result<()> {
    let config = json!({"config": {"id": "line", "parent_ids": [], "raw_config": {"sip_lines": {"1":
        {"username": "alice", "password": "p", "display_name": "Alice", "proxy_ip": "192.0.2.1"}}}}});
    checking.ask(post("/cfg_mgr/configs", &config)).await?.ok()?;
    let device = json!({"device": {"id": "phone", "mac": "00:08:5d:23:74:29", "vendor": "Aastra", "model": "6731i",
        "config": "line", "plugin": PLUGIN}});
    checking.ask(post("/dev_mgr/devices", &device)).await?.ok()?;
    checking.becomes("§4 its device is configured", get(DEVICE), is_configured(true)).await?;
    Ok(())
}

async fn refusals(checking: &mut Checking) -> Result<()> {
    for path in [INSTALL, UPGRADE, UNINSTALL, RELOAD] {
        let rule = format!("§2 POST {path} without an id: 400 Missing \"id\" key");
        checking.check(rule, post(path, &json!({})), refused(400).text("Missing \"id\" key")).await?;
        let rule = format!("§2 POST {path} of an unknown plugin: 400");
        checking.check(rule, of(path, "unknown-1.0"), refused(400)).await?;
    }
    checking.check("§2 install what is installed: 400", of(INSTALL, PLUGIN), refused(400)).await?;
    // The original answers 500.
    let rule = "§2 update without a server: 400 with words";
    let why = refused(400).saying("plugin_server");
    checking.check(rule, post("/pg_mgr/install/update", &json!({})), why).await?;
    for path in ["/pg_mgr/install/installed", "/pg_mgr/install/installable"] {
        checking.check("§2 lists are only read: 405", post(path, &json!({})), status(405)).await?;
    }
    Ok(())
}

async fn lists(checking: &mut Checking) -> Result<()> {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let expected = lists_plugin(true)
        .that("/pkgs/aastra-3.2.2.1136/version", "text", is_text)
        .that("/pkgs/aastra-3.2.2.1136/description", "text", is_text)
        .that("/pkgs/aastra-3.2.2.1136/capabilities", "an object", Value::is_object);
    let answer =
        checking.check("§2 installed: pkgs by id", get("/pg_mgr/install/installed"), expected).await?;
    let info = checking.ask(get(format!("/pg_mgr/plugins/{PLUGIN}/info"))).await?.json();
    for key in ["version", "description", "capabilities"] {
        let (listed, told) = (&answer.json()["pkgs"][PLUGIN][key], &info["plugin_info"][key]);
        checking.holds(
            format!("§7 installed = the plugin's own info: {key}"),
            listed == told,
            (listed, told),
        );
    }
    let expected = document().that("/pkgs", "an object", Value::is_object);
    checking.check("§2 installable: pkgs by id", get("/pg_mgr/install/installable"), expected).await?;
    Ok(())
}

async fn reload(checking: &mut Checking) -> Result<()> {
    checking.check("§2 reload: 204", of(RELOAD, PLUGIN), done()).await?;
    let rule = "§2 reload: the plugin is there again";
    checking.becomes(rule, get("/pg_mgr/install/installed"), lists_plugin(true)).await?;
    checking.becomes("§2 reload: its devices stay configured", get(DEVICE), is_configured(true)).await?;
    Ok(())
}

async fn uninstall(checking: &mut Checking) -> Result<()> {
    checking.check("§2 uninstall: 204", of(UNINSTALL, PLUGIN), done()).await?;
    let rule = "§7 uninstall: its devices are not configured, and keep naming it";
    checking.becomes(rule, get(DEVICE), is_configured(false)).await?;
    let rule = "§2 uninstall: it is not installed any more";
    checking.check(rule, get("/pg_mgr/install/installed"), lists_plugin(false)).await?;
    let rule = "§2 uninstall: it can be installed again";
    checking.check(rule, get("/pg_mgr/install/installable"), lists_plugin(true)).await?;
    let rule = "§2 uninstall: its path is gone";
    checking.check(rule, get(format!("/pg_mgr/plugins/{PLUGIN}")), refused(404)).await?;
    let expected =
        document().that("/plugins", "no such plugin", |all| all.is_object() && all.get(PLUGIN).is_none());
    checking.check("§2 plugins: loaded ones only", get("/pg_mgr/plugins"), expected).await?;
    for path in [UNINSTALL, UPGRADE, RELOAD] {
        let rule = format!("§2 POST {path} of a plugin that is not installed: 400");
        checking.check(rule, of(path, PLUGIN), refused(400)).await?;
    }
    Ok(())
}

async fn install(checking: &mut Checking) -> Result<()> {
    let rule = "§2 install: 201, Location, no body";
    let answer = checking.check(rule, of(INSTALL, PLUGIN), begun(INSTALL)).await?;
    let path = answer.header("location");
    follow(checking, path).await?;
    let rule = "§7 install ends after the devices that name the plugin were configured";
    checking.check(rule, get(DEVICE), is_configured(true)).await?;
    let rule = "§2 install: it is installed";
    checking.check(rule, get("/pg_mgr/install/installed"), lists_plugin(true)).await?;
    checking
        .check("§2 install: its path is there", get(format!("/pg_mgr/plugins/{PLUGIN}")), document())
        .await?;
    checking.check("§2 install what is installed: 400", of(INSTALL, PLUGIN), refused(400)).await?;
    checking.check("§2 DELETE the operation of an installation: 204", delete(path), done()).await?;
    checking.check("§2 GET a deleted operation: 404", get(path), refused(404)).await?;
    Ok(())
}

async fn upgrade(checking: &mut Checking) -> Result<()> {
    let rule = "§2 upgrade: 201, Location, no body";
    let answer = checking.check(rule, of(UPGRADE, PLUGIN), begun(UPGRADE)).await?;
    follow(checking, answer.header("location")).await?;
    checking.becomes("§2 upgrade: its devices are configured", get(DEVICE), is_configured(true)).await?;
    Ok(())
}

/// Looks at an operation until it is over.
async fn follow(checking: &mut Checking, path: &str) -> Result<()> {
    let rule = "§7 install, upgrade: its text has the label install, and ends in success";
    let ended = document().that("/status", "install|success", |text| {
        let text = text.as_str().unwrap_or_default();
        parse_operation(text).is_ok_and(|operation| {
            operation.label.as_deref() == Some("install") && operation.state == "success"
        })
    });
    checking.becomes(rule, get(path), ended).await.map(drop)
}
