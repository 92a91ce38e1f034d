//! §5: the parameters of the server.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, done, exactly, ids_at, refused, status};
use crate::request::{Request, delete, get, post, put};
use crate::section::Checking;

/// In the order of the table.
const NAMES: &str = "plugin_server http_proxy ftp_proxy https_proxy locale NAT provisioning_key";
/// Tenants with keys of their own.
const TENANTS: [&str; 2] = ["5a7e0f5c-0000-4000-8000-00000000000a", "5a7e0f5c-0000-4000-8000-00000000000b"];

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    list(checking).await?;
    let long = "k".repeat(256);
    for (name, value) in accepted(&long) {
        round_trip(checking, name, &value).await?;
    }
    let longer = "k".repeat(257);
    for (name, value) in unaccepted(&longer) {
        let rule = format!("§5 {name} refuses {value}");
        checking.check(rule, put_value(name, &value), refused(400)).await?;
    }
    bodies(checking).await?;
    unset(checking).await?;
    language(checking).await?;
    keys_of_tenants(checking).await
}

fn path(name: &str) -> String {
    format!("/configure/{name}")
}

fn put_value(name: &str, value: &Value) -> Request {
    put(path(name), &json!({"param": {"value": value}}))
}

fn is(value: impl Into<Value>) -> crate::expected::Expected {
    exactly(json!({"param": {"value": value.into()}}))
}

async fn list(checking: &mut Checking) -> Result<()> {
    let rule = "§5 GET /configure: the parameters in the order of the table";
    let answer = checking.check(rule, get("/configure"), document().ids("/params", NAMES)).await?.json();
    for param in answer["params"].as_array().into_iter().flatten() {
        let name = param["id"].as_str().unwrap_or("?");
        let link = json!([{"rel": "srv.configure.param", "href": format!("/0.2/configure/{name}")}]);
        checking.holds(format!("§5 {name} links to itself"), param["links"] == link, &param["links"]);
        let described = param["description"].as_str().is_some_and(|text| !text.trim().is_empty());
        checking.holds(format!("§5 {name} is described"), described, param);
        checking.holds(format!("§5 {name} has a value, or null"), param.get("value").is_some(), param);
    }
    for (method, expected) in [(post("/configure", &json!({})), 405), (delete(path("NAT")), 405)] {
        checking.check("§5 parameters are only read and written", method, status(expected)).await?;
    }
    for unknown in ["unknown", "nat", "tenants"] {
        checking.check("§5 an unknown name: 404", get(path(unknown)), refused(404)).await?;
        checking.check("§5 an unknown name: 404", put_value(unknown, &json!("x")), refused(404)).await?;
    }
    Ok(())
}

fn accepted(long_key: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("plugin_server", json!("http://provd.example.org/plugins/1/stable/")),
        ("plugin_server", json!("https://example.org")),
        ("http_proxy", json!("http://proxy.example.org:3128")),
        ("ftp_proxy", json!("http://192.0.2.1")),
        ("https_proxy", json!("proxy.example.org:3128")),
        ("locale", json!("fr_FR")),
        ("locale", json!("fr")),
        ("locale", json!("fra_CAN")),
        ("provisioning_key", json!("secret-key")),
        ("provisioning_key", json!("Az09-$~.")),
        ("provisioning_key", json!(long_key)),
    ]
}

fn unaccepted(longer_key: &str) -> Vec<(&'static str, Value)> {
    let mut refused = vec![
        ("plugin_server", json!("example.org")),
        ("plugin_server", json!("http://")),
        ("http_proxy", json!("http://proxy.example.org/")),
        ("http_proxy", json!("http://proxy.example.org/path")),
        ("http_proxy", json!("proxy.example.org:3128")),
        ("ftp_proxy", json!("http://proxy.example.org/")),
        ("https_proxy", json!("http://proxy.example.org:3128")),
        ("locale", json!("french")),
        ("locale", json!("fr_fr")),
        ("locale", json!("FR")),
        ("locale", json!("fr-FR")),
        ("locale", json!(1)),
        ("NAT", json!("2")),
        ("NAT", json!("")),
        ("NAT", json!(0)),
        ("NAT", json!(1)),
        ("NAT", json!(true)),
        ("provisioning_key", json!("short-7")),
        ("provisioning_key", json!(longer_key)),
        ("provisioning_key", json!("with space")),
        ("provisioning_key", json!("with/slash")),
        ("provisioning_key", json!("ümlaut-key")),
        ("provisioning_key", json!(12_345_678)),
    ];
    let empty = ["plugin_server", "http_proxy", "ftp_proxy", "https_proxy"];
    refused.extend(empty.map(|name| (name, json!(""))));
    refused.extend(empty.map(|name| (name, json!([]))));
    refused
}

/// Sets a parameter, reads it, and unsets it as the client deletes.
async fn round_trip(checking: &mut Checking, name: &'static str, value: &Value) -> Result<()> {
    let shown: String = value.to_string().chars().take(40).collect();
    checking.check(format!("§5 {name} accepts {shown}: 204"), put_value(name, value), done()).await?;
    checking.check(format!("§5 {name} is read back"), get(path(name)), is(value.clone())).await?;
    let wanted = value.clone();
    let expected = document().that("/params", "its value in the list", move |params| {
        params.as_array().is_some_and(|all| all.iter().any(|p| p["id"] == name && p["value"] == wanted))
    });
    checking.check(format!("§5 {name}: the list shows the value"), get("/configure"), expected).await?;
    checking.check(format!("§5 {name}: null unsets"), put_value(name, &Value::Null), done()).await?;
    checking.check(format!("§5 {name}: unset is null"), get(path(name)), is(Value::Null)).await?;
    Ok(())
}

async fn bodies(checking: &mut Checking) -> Result<()> {
    for body in [
        json!({}),
        json!({"param": {}}),
        json!({"value": "1"}),
        json!({"param": null}),
        json!({"param": "1"}),
    ] {
        let request = put(path("NAT"), &body);
        checking.check("§5 PUT: either key missing: 400", request, refused(400)).await?;
    }
    for (sent, read) in [("1", 1), ("0", 0)] {
        checking.check("§5 NAT accepts \"0\" and \"1\"", put_value("NAT", &json!(sent)), done()).await?;
        checking.check("§5 NAT is read back as a number", get(path("NAT")), is(read)).await?;
    }
    Ok(())
}

async fn unset(checking: &mut Checking) -> Result<()> {
    for name in ["locale", "provisioning_key"] {
        let value = if name == "locale" { "fr_FR" } else { "to-be-unset" };
        checking.ask(put_value(name, &json!(value))).await?.ok()?;
        checking
            .check(format!("§5 {name}: an empty text unsets"), put_value(name, &json!("")), done())
            .await?;
        let expected = is(Value::Null).or(is(""));
        checking.check(format!("§5 {name}: unset"), get(path(name)), expected).await?;
    }
    checking.check("§5 NAT accepts null", put_value("NAT", &Value::Null), done()).await?;
    Ok(())
}

async fn language(checking: &mut Checking) -> Result<()> {
    let english = checking.ask(get("/configure")).await?.json();
    checking.ask(put_value("locale", &json!("fr_FR"))).await?.ok()?;
    let french = checking.ask(get("/configure")).await?.json();
    for (one, other) in english["params"]
        .as_array()
        .into_iter()
        .flatten()
        .zip(french["params"].as_array().into_iter().flatten())
    {
        let rule = "§5 descriptions follow locale: French exists";
        checking.holds(rule, one["description"] != other["description"], &other["description"]);
    }
    checking.check("§5 the order does not", get("/configure"), document().ids("/params", NAMES)).await?;
    checking.ask(put_value("locale", &Value::Null)).await?.ok()?;
    let again = checking.ask(get("/configure")).await?.json();
    let rule = "§5 descriptions follow locale, back too";
    checking.holds(
        rule,
        again["params"][0]["description"] == english["params"][0]["description"],
        ids_at(&again, "/params"),
    );
    Ok(())
}

async fn keys_of_tenants(checking: &mut Checking) -> Result<()> {
    for (number, uuid) in TENANTS.iter().enumerate() {
        let tenant = json!({"tenant": {"uuid": uuid, "name": format!("tenant {number}")}});
        checking.ask(post("/tenants", &tenant)).await?.ok()?;
    }
    let [ours, theirs] = TENANTS;
    let name = "provisioning_key";
    let key = |value: &str| put_value(name, &json!(value));
    checking.check("§5 provisioning_key of a tenant", key("key-of-a-tenant").tenant(ours), done()).await?;
    checking
        .check("§5 provisioning_key is per tenant", get(path(name)).tenant(ours), is("key-of-a-tenant"))
        .await?;
    checking.check("§5 another tenant has none", get(path(name)).tenant(theirs), is(Value::Null)).await?;
    checking.check("§5 the master tenant has none", get(path(name)), is(Value::Null)).await?;
    checking
        .check("§5 a key of another tenant: 400", key("key-of-a-tenant").tenant(theirs), refused(400))
        .await?;
    checking.check("§5 a key of another tenant: 400", key("key-of-a-tenant"), refused(400)).await?;
    checking.check("§5 the same tenant may repeat", key("key-of-a-tenant").tenant(ours), done()).await?;
    checking.ask(put_value(name, &Value::Null).tenant(ours)).await?;
    checking.check("§5 a key that is free again", key("key-of-a-tenant").tenant(theirs), done()).await?;
    checking.ask(put_value("locale", &json!("fr")).tenant(ours)).await?.ok()?;
    checking
        .check("§5 other parameters are of all tenants", get(path("locale")).tenant(theirs), is("fr"))
        .await?;
    Ok(())
}
