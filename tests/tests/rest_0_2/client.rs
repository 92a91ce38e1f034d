//! Everything a client of existing systems calls, by a client that calls it in the same way.

use anyhow::{Context as _, Result, ensure};
use provd_tests::client::{Client, ClientError, Direction, Listing};
use serde_json::{Value, json};

use crate::expected::ids_at;
use crate::section::Checking;

const PLUGIN: &str = "aastra-3.2.2.1136";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    let client = Client::new(checking.server.api())?;
    server(checking, &client).await?;
    configs(checking, &client).await?;
    devices(checking, &client).await?;
    changed_devices(checking, &client).await?;
    params(checking, &client).await?;
    plugins(checking, &client).await?;
    operations(checking, &client).await
}

/// Checks a call that should be refused, with which status.
fn is_refused<T>(checking: &mut Checking, rule: &str, with: u16, outcome: Result<T, ClientError>) {
    let status = match &outcome {
        Err(ClientError::Refused { status, .. }) => *status,
        Err(ClientError::Unavailable(_)) => 503,
        _ => 0,
    };
    checking.holds(rule, status == with, outcome.err());
}

async fn server(checking: &mut Checking, client: &Client) -> Result<()> {
    checking.holds("client: pings the base", client.is_server_reachable().await, "unreachable");
    let status = client.status().await?;
    checking.holds(
        "client status.get",
        status["rest_api"] == "ok" && status["bus_consumer"]["status"] == "ok",
        &status,
    );
    let outcome = client.with_token("wrong").status().await;
    is_refused(checking, "client: a wrong token is 401", 401, outcome);
    Ok(())
}

async fn configs(checking: &mut Checking, client: &Client) -> Result<()> {
    let configs = client.configs();
    let config =
        json!({"id": "registrar", "parent_ids": [], "X_type": "registrar", "raw_config": {"X_a": 1}});
    let created = configs.create(&config).await?;
    checking.holds("client configs.create gives the id", created == json!({"id": "registrar"}), &created);
    let read = configs.get("registrar").await?;
    checking.holds("client configs.get gives the document", read == config, &read);
    let raw = configs.get_raw("registrar").await?;
    checking.holds("client configs.get_raw", raw["X_a"] == 1 && raw["http_base_url"].is_string(), &raw);
    let found = ids_at(&configs.list_registrar().await?, "/configs");
    checking.holds("client configs.list_registrar", found == Some(vec!["registrar".to_owned()]), &found);
    let found = ids_at(&configs.list_device().await?, "/configs");
    checking.holds(
        "client configs.list_device",
        found == Some(vec!["defaultconfigdevice".to_owned()]),
        &found,
    );
    let listing = Listing { fields: vec!["id".to_owned()], ..Listing::default() };
    let listed = configs.list(&listing).await?;
    checking.holds(
        "client configs.list counts by fields=id",
        listed["configs"][0] == json!({"id": "base"}),
        &listed,
    );
    let mut changed = config.clone();
    changed["raw_config"] = json!({"X_a": 2});
    configs.update(&changed).await?;
    let read = configs.get("registrar").await?;
    checking.holds("client configs.update", read == changed, &read);
    let made = configs.autocreate().await?;
    let id = made["id"].as_str().context("no id")?.to_owned();
    checking.holds("client configs.autocreate", id.starts_with("autoprov"), &id);
    configs.delete(&id).await?;
    is_refused(checking, "client configs.delete, then 404", 404, configs.get(&id).await);
    let outcome = configs.delete("defaultconfigdevice").await;
    is_refused(checking, "client configs.delete of one that may not be: 403", 403, outcome);
    let outcome = configs.update(&json!({"id": null})).await;
    is_refused(checking, "client configs.update without an id: 404", 404, outcome);
    let outcome = configs.create(&json!({"id": "incomplete"})).await;
    is_refused(checking, "client configs.create of what is none: 400", 400, outcome);
    Ok(())
}

async fn devices(checking: &mut Checking, client: &Client) -> Result<()> {
    let devices = client.devices();
    for (id, ip) in [("one", "192.0.2.1"), ("two", "192.0.2.2"), ("three", "192.0.2.3")] {
        let created = devices.create(&json!({"id": id, "ip": ip, "X_kind": "desk"})).await?;
        checking.holds("client devices.create gives the id", created == json!({ "id": id }), &created);
    }
    let recurse = || vec![("recurse".to_owned(), "True".to_owned())];
    for (rule, listing, expected) in [
        ("all", Listing::default(), "one two three"),
        ("by mac", Listing::by(json!({"mac": "00:08:5d:00:00:01"})), ""),
        ("by ip", Listing::by(json!({"ip": "192.0.2.2"})), "two"),
        ("recurse=True", Listing { further: recurse(), ..Listing::default() }, "one two three"),
        ("skip and limit", Listing { offset: 1, limit: 1, ..Listing::default() }, "two"),
        (
            "sorted",
            Listing { order: Some(("ip".to_owned(), Direction::Descending)), limit: 2, ..Listing::default() },
            "three two",
        ),
        ("some fields", Listing { fields: vec!["ip".to_owned()], ..Listing::default() }, "one two three"),
    ] {
        let found = ids_at(&devices.list(&listing).await?, "/devices").unwrap_or_default().join(" ");
        checking.holds(format!("client devices.list {rule}"), found == expected, &found);
    }
    Ok(())
}

async fn changed_devices(checking: &mut Checking, client: &Client) -> Result<()> {
    let devices = client.devices();
    let mut device = devices.get("one").await?;
    device["description"] = json!("Front desk");
    devices.update(&device).await?;
    let read = devices.get("one").await?;
    checking.holds("client devices.get and update: what was read is sent back", read == device, &read);
    devices.reconfigure("one").await?;
    devices.delete("two").await?;
    is_refused(checking, "client devices.delete, then 404", 404, devices.get("two").await);
    let outcome = devices.reconfigure("two").await;
    is_refused(checking, "client devices.reconfigure of an unknown one: 400", 400, outcome);
    is_refused(
        checking,
        "client devices.synchronize of an unknown one: 404",
        404,
        devices.synchronize("two").await,
    );
    is_refused(
        checking,
        "client devices.update of an unknown one: 404",
        404,
        devices.update(&json!({"id": "two"})).await,
    );
    let lease = json!({"op": "commit", "ip": "192.0.2.9", "mac": "00:1b:54:00:00:09", "options": []});
    devices.create_from_dhcp(&lease).await?;
    let found = devices.list(&Listing::by(json!({"mac": "00:1b:54:00:00:09"}))).await?;
    checking.holds("client devices.create_from_dhcp", found["devices"][0]["ip"] == "192.0.2.9", &found);
    let outcome = devices.create_from_dhcp(&json!({"op": "commit"})).await;
    is_refused(checking, "client devices.create_from_dhcp of nothing: 400", 400, outcome);
    Ok(())
}

async fn params(checking: &mut Checking, client: &Client) -> Result<()> {
    let params = client.params();
    let listed = params.list().await?;
    let names = ids_at(&listed, "/params").unwrap_or_default();
    checking.holds("client params.list", names.iter().any(|name| name == "locale"), &names);
    params.update("locale", &json!("fr_FR")).await?;
    let read = params.get("locale").await?;
    checking.holds("client params.update and get", read["value"] == "fr_FR", &read);
    params.delete("locale").await?;
    let read = params.get("locale").await?;
    checking.holds("client params.delete", read["value"].is_null(), &read);
    is_refused(
        checking,
        "client params.update of nonsense: 400",
        400,
        params.update("NAT", &json!("x")).await,
    );
    is_refused(checking, "client params.get of an unknown one: 404", 404, params.get("unknown").await);
    Ok(())
}

async fn plugins(checking: &mut Checking, client: &Client) -> Result<()> {
    let plugins = client.plugins();
    let listed = plugins.list().await?;
    checking.holds("client plugins.list", listed["plugins"][PLUGIN]["links"].is_array(), &listed);
    let info = plugins.get(PLUGIN).await?;
    checking.holds("client plugins.get", info["capabilities"].is_object(), &info);
    is_refused(checking, "client plugins.get of an unknown one: 404", 404, plugins.get("unknown").await);
    let installed = plugins.list_installed().await?;
    checking.holds(
        "client plugins.list_installed",
        installed["pkgs"][PLUGIN] == info,
        &installed["pkgs"][PLUGIN],
    );
    plugins.uninstall(PLUGIN).await?;
    let installable = plugins.list_installable().await?;
    checking.holds(
        "client plugins.uninstall, then installable",
        installable["pkgs"][PLUGIN].is_object(),
        &installable,
    );
    let mut installation = plugins.install(PLUGIN).await?;
    let ended = installation.ended().await?.clone();
    checking.holds("client plugins.install: followed to its end", ended.state == "success", &ended);
    checking.holds("client plugins.install: its label", ended.label.as_deref() == Some("install"), &ended);
    installation.delete().await?;
    is_refused(checking, "client operation.delete, then 404", 404, installation.update().await);
    let mut upgrade = plugins.upgrade(PLUGIN).await?;
    let ended = upgrade.ended().await?.clone();
    checking.holds("client plugins.upgrade: followed to its end", ended.state == "success", &ended);
    is_refused(checking, "client plugins.install twice: 400", 400, plugins.install(PLUGIN).await);
    is_refused(
        checking,
        "client plugins.upgrade of an unknown one: 400",
        400,
        plugins.upgrade("unknown").await,
    );
    is_refused(
        checking,
        "client plugins.uninstall of an unknown one: 400",
        400,
        plugins.uninstall("unknown").await,
    );
    is_refused(
        checking,
        "client plugins.upgrade_package: 404",
        404,
        plugins.upgrade_package(PLUGIN, "x").await,
    );
    Ok(())
}

async fn operations(checking: &mut Checking, client: &Client) -> Result<()> {
    let devices = client.devices();
    let mut operation = devices.synchronize("one").await?;
    let ended = operation.ended().await?.clone();
    checking.holds("client devices.synchronize: an unconfigured device fails", ended.state == "fail", &ended);
    checking.holds(
        "client devices.synchronize: no label",
        ended.label.is_none() && ended.parts.is_empty(),
        &ended,
    );
    operation.delete().await?;
    is_refused(checking, "client operation.delete twice: 404", 404, operation.delete().await);
    let location =
        checking.server.api().post("/0.2/dev_mgr/synchronize", &json!({"id": "one"})).await?.location;
    let location = location.context("no Location")?;
    ensure!(location.starts_with('/'), "{location}");
    let is_path = location.split('/').collect::<Vec<_>>()[..4] == ["", "0.2", "dev_mgr", "synchronize"];
    checking.holds("§7 Location is a path only: clients drop its first three parts", is_path, &location);
    let shown: Value = checking.server.api().get(&location).await?.ok()?;
    checking.holds("§7 Location leads to the operation", shown["status"].is_string(), &shown);
    Ok(())
}
