//! Plugins that come, change and go while the server runs.

use std::fs;

use anyhow::{Context as _, Result};
use provd_tests::process::Process;
use provd_tests::{Database, Home, Server, eventually};
use serde_json::{Value, json};

const DIGIUM: &str = "digium-1.1.0.0";
const FILE: &str = "/Digium/000fd3054848.cfg";

async fn post(server: &Server, what: &str, id: &str) -> Result<(u16, Option<String>)> {
    let reply = server.api().post(&format!("/0.2/pg_mgr/{what}"), &json!({"id": id})).await?;
    assert!(reply.status >= 400 || reply.text.is_empty(), "{reply:?}");
    Ok((reply.status, reply.location))
}

/// Begins an operation and waits for its end.
async fn done(server: &Server, what: &str, id: &str) -> Result<Value> {
    let (status, location) = post(server, what, id).await?;
    assert_eq!(status, 201);
    let location = location.context("no Location")?;
    assert!(location.starts_with(&format!("/0.2/pg_mgr/{what}/")), "{location}");
    let look = || async {
        let operation = server.api().get(&location).await?.ok()?;
        Ok((operation["state"] != "progress").then_some(operation))
    };
    let operation = eventually("the end of the operation", look).await?;
    assert_eq!(server.api().delete(&location).await?.status, 204);
    assert_eq!(server.api().get(&location).await?.status, 404);
    Ok(operation)
}

async fn ids(server: &Server, what: &str) -> Result<Vec<String>> {
    let listed = server.api().get(&format!("/0.2/pg_mgr/install/{what}")).await?.ok()?;
    Ok(listed["pkgs"].as_object().context("no pkgs")?.keys().cloned().collect())
}

async fn process(server: &Server, id: &str) -> Result<Process> {
    server.ready(id).await
}

#[tokio::test]
async fn what_was_removed_is_gone_and_stays_away_until_it_is_installed_again() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(3).get(FILE).await?.status, 200);
    home.serve_file(DIGIUM, "logo.png", b"a picture")?;
    let child = process(&server, DIGIUM).await?;
    assert!(ids(&server, "installable").await?.is_empty(), "all of it is installed");

    assert_eq!(post(&server, "install/uninstall", DIGIUM).await?.0, 204);
    child.gone().await?;
    assert!(!home.data_dir().join("plugins").join(DIGIUM).exists());
    let device = server.only_device().await?;
    assert_eq!((&device["plugin"], &device["configured"]), (&json!(DIGIUM), &json!(false)));
    assert_eq!(server.http_phone(3).get(FILE).await?.status, 404);
    assert_eq!(server.api().get(&format!("/0.2/pg_mgr/plugins/{DIGIUM}")).await?.status, 404);
    assert_eq!(post(&server, "install/uninstall", DIGIUM).await?.0, 400);
    assert_eq!(post(&server, "reload", DIGIUM).await?.0, 400);
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    assert!(!ids(&server, "installed").await?.contains(&DIGIUM.to_owned()));
    assert!(!home.data_dir().join("plugins").join(DIGIUM).exists());
    let offered = server.api().get("/0.2/pg_mgr/install/installable").await?.ok()?;
    let models = offered["pkgs"][DIGIUM]["capabilities"].as_object().context("no capabilities")?;
    assert!(models.keys().any(|model| model.starts_with("Digium, D40, ")), "{models:?}");

    let operation = done(&server, "install/install", DIGIUM).await?;
    assert_eq!(operation["status"], "install|success");
    assert_eq!(server.only_device().await?["configured"], true);
    assert_eq!(server.http_phone(3).get(FILE).await?.status, 200);
    assert_eq!(server.http_phone(3).get("/logo.png").await?.text(), "a picture", "the administrator's own");
    assert_eq!(post(&server, "install/install", DIGIUM).await?.0, 400);
    assert!(server.stop().await?.success());
    let server = home.start().await?;
    assert!(ids(&server, "installed").await?.contains(&DIGIUM.to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_newer_version_takes_over_without_a_restart_of_the_server() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(3).get(FILE).await?.status, 200);
    let before = process(&server, DIGIUM).await?;
    let operation = done(&server, "install/upgrade", DIGIUM).await?;
    assert_eq!(operation["status"], "install|success", "there is nothing newer");
    assert_eq!(process(&server, DIGIUM).await?, before);

    let manifest = home.families().join("digium/plugin.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("version = \"1.0.0\"", "version = \"1.0.1\""))?;
    fs::write(home.families().join("digium/templates/config/base.j2"), "new for {{ device.mac }}\n")?;
    assert_eq!(ids(&server, "installable").await?, [DIGIUM]);
    let operation = done(&server, "install/upgrade", DIGIUM).await?;
    assert_eq!(operation["status"], "install|success;1/1", "it was tried out on the phone");
    assert_eq!(server.http_phone(3).get(FILE).await?.text(), "new for 00:0f:d3:05:48:48\n");
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.1");
    before.gone().await?;
    assert!(ids(&server, "installable").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_newer_version_that_cannot_start_leaves_the_old_one_at_work() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let before = process(&server, DIGIUM).await?;
    fs::write(home.families().join("digium/templates/config/base.j2"), "{% if %}")?;
    let operation = done(&server, "install/upgrade", DIGIUM).await?;
    assert_eq!(operation["status"], "install|fail");
    assert!(
        operation["reason"]
            .as_str()
            .is_some_and(|why| why.contains("stays as it is") && why.contains("syntax error")),
        "{operation}"
    );
    assert_eq!(process(&server, DIGIUM).await?, before);
    assert_eq!(server.http_phone(3).get(FILE).await?.status, 200);
    assert_eq!(ids(&server, "installable").await?, [DIGIUM], "it is still to be had");
    assert_eq!(server.restart_plugin(DIGIUM).await?.status, 200, "of the version that works");
    Ok(())
}

#[tokio::test]
async fn a_family_laid_beside_the_others_can_be_installed() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    home.add_program("broken", &["sh", "-c", "exit 7"])?;
    assert_eq!(ids(&server, "installable").await?, ["broken"]);
    let operation = done(&server, "install/install", "broken").await?;
    assert_eq!(operation["status"], "install|fail");
    assert!(operation["reason"].as_str().is_some_and(|why| why.contains('7')), "{operation}");
    assert_eq!(post(&server, "install/uninstall", "broken").await?.0, 204, "what never ran goes as well");
    assert_eq!(post(&server, "install/install", "nowhere").await?.0, 400);
    Ok(())
}

#[tokio::test]
async fn a_removal_that_a_crash_broke_off_is_finished_by_the_next_start() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(3).get(FILE).await?.status, 200);
    assert_eq!(server.only_device().await?["configured"], true);
    server.kill().await?;
    // This is stored before anything else of a removal is done.
    let mut database = Database::of(&home).await?;
    let begun = "insert into parameters (name, value) values ('removed_plugins', '[\"digium-1.1.0.0\"]')";
    assert_eq!(database.execute(begun).await?, 1);
    database.close().await?;

    let server = home.start().await?;
    assert!(!home.data_dir().join("plugins").join(DIGIUM).exists());
    let look = || async {
        let device = server.only_device().await?;
        Ok((device["configured"] == false).then_some(device))
    };
    let device = eventually("a device that is not configured", look).await?;
    assert!(device["last_error"].as_str().is_some_and(|why| why.contains("not installed")), "{device}");
    Ok(())
}

#[tokio::test]
async fn a_reload_is_a_restart() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let before = process(&server, DIGIUM).await?;
    assert_eq!(post(&server, "reload", DIGIUM).await?.0, 204);
    assert_ne!(server.ready_anew(DIGIUM, before).await?, before);
    Ok(())
}
