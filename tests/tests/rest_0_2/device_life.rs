//! §4: when a device is configured, when it is not, and what becomes of the config made for it.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, done, refused, status};
use crate::request::{delete, get, post, put};
use crate::section::Checking;

const PLUGIN: &str = "aastra-3.2.2.1136";
const PATH: &str = "/dev_mgr/devices/phone";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    checking.ask(post("/cfg_mgr/configs", &line("line", "alice"))).await?.ok()?;
    configured(checking).await?;
    changed(checking).await?;
    of_its_config(checking).await?;
    transient(checking).await
}

/// A config with one line.
fn line(id: &str, username: &str) -> Value {
    json!({"config": {"id": id, "parent_ids": ["base"], "raw_config": {"sip_proxy_ip": "192.0.2.1", "sip_lines":
        {"1": {"username": username, "password": "p", "display_name": username, "proxy_ip": "192.0.2.1"}}}}})
}

fn phone(plugin: &str, config: &str) -> Value {
    json!({"id": "phone", "mac": "00:08:5d:23:74:29", "vendor": "Aastra", "model": "6731i",
        "version": "3.2.2.1136", "plugin": plugin, "config": config})
}

async fn put_device(checking: &Checking, document: &Value) -> Result<()> {
    checking.ask(put(PATH, &json!({"device": document}))).await?.ok().map(drop)
}

/// Checks whether the device is configured.
async fn is_configured(checking: &mut Checking, rule: &str, expected: bool) -> Result<()> {
    checking.becomes(rule, get(PATH), document().at("/device/configured", expected)).await.map(drop)
}

async fn configured(checking: &mut Checking) -> Result<()> {
    let whole = json!({"device": phone(PLUGIN, "line")});
    checking.ask(post("/dev_mgr/devices", &whole)).await?.ok()?;
    is_configured(checking, "§4 configured once plugin and config exist and the plugin accepted them", true)
        .await?;
    let mut same = phone(PLUGIN, "line");
    same["configured"] = json!(false);
    put_device(checking, &same).await?;
    is_configured(checking, "§4 a client cannot take configured away", true).await?;
    same["description"] = json!("Front desk");
    put_device(checking, &same).await?;
    is_configured(checking, "§4 configured is kept when nothing it depends on changed", true).await?;
    for (rule, plugin, config) in [
        ("§4 a plugin that is not installed: not configured", "none-1.0", "line"),
        ("§4 a config that is not there: not configured", PLUGIN, "none"),
    ] {
        put_device(checking, &phone(plugin, config)).await?;
        is_configured(checking, rule, false).await?;
    }
    for left_out in ["plugin", "config"] {
        let mut partial = phone(PLUGIN, "line");
        partial.as_object_mut().map(|keys| keys.remove(left_out));
        put_device(checking, &partial).await?;
        is_configured(checking, &format!("§4 no {left_out}: not configured"), false).await?;
    }
    put_device(checking, &phone(PLUGIN, "line")).await
}

/// Each key whose change calls for new files gets them: the phone's file tells.
async fn changed(checking: &mut Checking) -> Result<()> {
    is_configured(checking, "§4 what it depends on came back: configured", true).await?;
    checking.ask(post("/cfg_mgr/configs", &line("other", "bob"))).await?.ok()?;
    put_device(checking, &phone(PLUGIN, "other")).await?;
    is_configured(checking, "§4 another config: configured anew", true).await?;
    file_says(checking, "§4 config changed: configure new", "00085D237429", "bob").await?;
    let mut moved = phone(PLUGIN, "other");
    moved["mac"] = json!("00:08:5d:00:00:01");
    put_device(checking, &moved).await?;
    file_says(checking, "§4 mac changed: configure new", "00085D000001", "bob").await?;
    let old = get(format!("{PATH}/files/Aastra/00085D237429.cfg"));
    checking.check("§4 mac changed: deconfigure old", old, status(404)).await?;
    put_device(checking, &phone(PLUGIN, "line")).await?;
    let rule = "§2 reconfigure a configured device: 204";
    checking.check(rule, post("/dev_mgr/reconfigure", &json!({"id": "phone"})), done()).await?;
    is_configured(checking, "§2 reconfigure: it stays configured", true).await?;
    file_says(checking, "§2 reconfigure: its file is there", "00085D237429", "alice").await
}

/// Checks what is in a file generated for the device.
async fn file_says(checking: &mut Checking, rule: &str, mac: &str, words: &str) -> Result<()> {
    let files = get(format!("{PATH}/files/Aastra/{mac}.cfg"));
    checking.becomes(rule, files, status(200).saying(words)).await.map(drop)
}

async fn of_its_config(checking: &mut Checking) -> Result<()> {
    checking.ask(put("/cfg_mgr/configs/line", &line("line", "carol"))).await?.ok()?;
    file_says(checking, "§4 update of a config reconfigures its devices", "00085D237429", "carol").await?;
    let child = json!({"config": {"id": "child", "parent_ids": ["line"], "raw_config": {}}});
    checking.ask(post("/cfg_mgr/configs", &child)).await?.ok()?;
    put_device(checking, &phone(PLUGIN, "child")).await?;
    checking.ask(put("/cfg_mgr/configs/line", &line("line", "dave"))).await?.ok()?;
    let rule = "§4 update of a config reconfigures devices that use a descendant";
    file_says(checking, rule, "00085D237429", "dave").await?;
    put_device(checking, &phone(PLUGIN, "line")).await?;
    checking.check("§2 DELETE a config in use: 204", delete("/cfg_mgr/configs/line"), status(204)).await?;
    is_configured(checking, "§4 deletion of its config: configured is false", false).await?;
    let rule = "§4 deletion of its config: the device keeps naming it";
    checking.check(rule, get(PATH), document().at("/device/config", "line")).await?;
    checking.ask(post("/cfg_mgr/configs", &line("line", "erin"))).await?.ok()?;
    is_configured(checking, "§4 re-creation of its config: configured is true", true).await?;
    file_says(checking, "§4 re-creation of its config: new files", "00085D237429", "erin").await
}

/// Configs that go with the last device that uses them.
async fn transient(checking: &mut Checking) -> Result<()> {
    let configs = "/cfg_mgr/configs";
    for id in ["left", "dropped", "deleted", "shared", "unused"] {
        let mut config = line(id, id);
        config["config"]["transient"] = json!(true);
        checking.ask(post(configs, &config)).await?.ok()?;
    }
    let at = |id: &str| get(format!("{configs}/{id}"));
    let rule = "§4 transient: a config that nobody used yet stays";
    checking.check(rule, at("left"), document().at("/config/transient", true)).await?;
    put_device(checking, &phone(PLUGIN, "left")).await?;
    checking.check("§4 transient: it stays while it is used", at("left"), document()).await?;
    put_device(checking, &phone(PLUGIN, "dropped")).await?;
    checking
        .check("§4 transient: gone when its last device changes config", at("left"), refused(404))
        .await?;
    let mut without = phone(PLUGIN, "");
    without.as_object_mut().map(|keys| keys.remove("config"));
    put_device(checking, &without).await?;
    checking
        .check("§4 transient: gone when its last device drops config", at("dropped"), refused(404))
        .await?;
    let device = |id: &str, config: &str| json!({"device": {"id": id, "config": config}});
    checking.ask(post("/dev_mgr/devices", &device("last", "deleted"))).await?.ok()?;
    checking.ask(delete("/dev_mgr/devices/last")).await?.ok()?;
    checking.check("§4 transient: gone when its last device is deleted", at("deleted"), refused(404)).await?;
    for id in ["first", "second"] {
        checking.ask(post("/dev_mgr/devices", &device(id, "shared"))).await?.ok()?;
    }
    checking.ask(delete("/dev_mgr/devices/first")).await?.ok()?;
    checking.check("§4 transient: it stays while another uses it", at("shared"), document()).await?;
    checking.ask(delete("/dev_mgr/devices/second")).await?.ok()?;
    checking.check("§4 transient: it goes with the last of them", at("shared"), refused(404)).await?;
    checking.check("§4 transient: a never-used one stays", at("unused"), document()).await?;
    put_device(checking, &phone(PLUGIN, "line")).await?;
    put_device(checking, &phone(PLUGIN, "other")).await?;
    checking.check("§4 a config that is not transient stays", at("line"), document()).await?;
    Ok(())
}
