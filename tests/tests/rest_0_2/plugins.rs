//! §2: the plugins that run, what they say of themselves, and the services they have.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, exactly, refused, status};
use crate::request::{get, post, request};
use crate::section::Checking;

const PLUGINS: &str = "/pg_mgr/plugins";
const PLUGIN: &str = "aastra-3.2.2.1136";
const INSTALLED: [&str; 4] = ["aastra-2.6.0.2019", PLUGIN, "cisco-sccp-8.5.2", "cisco-sccp-legacy"];

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    let list = INSTALLED.map(|id| {
        (id.to_owned(), json!({"links": [{"rel": "pg.plugin", "href": format!("/0.2{PLUGINS}/{id}")}]}))
    });
    let expected = exactly(json!({"plugins": Value::Object(list.into_iter().collect())}));
    checking.check("§2 GET plugins: each with its link", get(PLUGINS), expected).await?;
    for id in INSTALLED {
        let href = format!("/0.2{PLUGINS}/{id}/info");
        let expected = document().and("a link pg.info first", move |answer| {
            answer.json()["links"][0] == json!({"rel": "pg.info", "href": href})
        });
        checking.check("§2 GET a plugin: its links", get(format!("{PLUGINS}/{id}")), expected).await?;
        services(checking, id).await?;
    }
    info(checking).await?;
    unknown(checking).await
}

async fn info(checking: &mut Checking) -> Result<()> {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let expected = document()
        .that("/plugin_info/version", "text", is_text)
        .that("/plugin_info/description", "text", is_text)
        .that("/plugin_info/capabilities", "an object", Value::is_object);
    let path = format!("{PLUGINS}/{PLUGIN}/info");
    let answer =
        checking.check("§2 GET info: version, description, capabilities", get(&path), expected).await?.json();
    let capabilities = answer["plugin_info"]["capabilities"].as_object().cloned().unwrap_or_default();
    checking.holds("§2 info: capabilities by model", capabilities.len() > 5, capabilities.len());
    for (key, capability) in &capabilities {
        let parts = key.split(", ").count();
        checking.holds("§2 info: capabilities are of `Vendor, Model, Version`", parts == 3, key);
        let lines = capability["lines"].as_u64().unwrap_or_default();
        checking.holds(format!("§2 info: {key} has lines"), lines > 0, capability);
    }
    let localized = answer["plugin_info"].as_object().into_iter().flat_map(|info| info.keys());
    let left: Vec<&String> = localized.filter(|key| key.starts_with("description_")).collect();
    checking.holds("§7 description_xx keys are removed", left.is_empty(), &left);
    Ok(())
}

/// A service is there exactly if a link says so.
async fn services(checking: &mut Checking, id: &str) -> Result<()> {
    let path = format!("{PLUGINS}/{id}");
    let links = checking.ask(get(&path)).await?.json();
    for (rel, service) in [("srv.install", "install"), ("srv.configure", "configure")] {
        let has_link = links["links"].as_array().is_some_and(|all| all.iter().any(|link| link["rel"] == rel));
        let rule = format!("§2 {service} of a plugin is there if it has a link {rel}, else 404");
        let expected = if has_link { document() } else { status(404) };
        checking.check(rule, get(format!("{path}/{service}")), expected).await?;
    }
    let rule = "§2 POST …/install/upgrade of a plugin: 404";
    checking.check(rule, post(format!("{path}/install/upgrade"), &json!({"id": "x"})), status(404)).await?;
    Ok(())
}

async fn unknown(checking: &mut Checking) -> Result<()> {
    for path in
        ["", "/info", "/install", "/install/installed", "/install/installable", "/configure", "/configure/p"]
    {
        let path = format!("{PLUGINS}/unknown{path}");
        checking.check("§2 an unknown plugin: 404", get(&path), refused(404)).await?;
        let rule = "§1 an unknown plugin: 404 with a bad token too";
        checking.check(rule, get(path).token("wrong"), refused(404)).await?;
    }
    let path = format!("{PLUGINS}/{PLUGIN}/info");
    checking.check("§1 a known plugin and a bad token: 401", get(&path).token("wrong"), refused(401)).await?;
    for method in ["POST", "PUT", "DELETE"] {
        checking.check("§2 info is only read: 405", request(method, &path), status(405)).await?;
    }
    Ok(())
}
