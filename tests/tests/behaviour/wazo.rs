//! Plugins of wazo-provd as they are, each in a host of its own: installed from wherever they come, asked, and kept from hurting
//! the phones of others.

use std::path::Path;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::routing::get;
use provd_tests::{Home, Said, Server, Traffic, WebService, eventually};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugin-runner/wazo/tests/plugins");
const LANTERN: &str = "wazo-lantern-1.0";
/// Another version of it.
const NEWER: &str = "wazo-lantern-2.0";
const ROGUE: &str = "wazo-rogue";
/// A phone of the family that behaves, and its file.
const AGENT: &str = "Lantern L1/1.0.3 (00115b0a0b0c)";
const FILE: &str = "/Lantern/00115B0A0B0C.cfg";

fn sample(id: &str) -> String {
    format!("{SAMPLES}/{id}")
}

fn home() -> Result<Home> {
    Ok(Home::with_families(&[])?.argument("--allow-unsigned"))
}

async fn done(home: &Home, arguments: &[&str]) -> Result<Said> {
    let said = home.provd(arguments).await?;
    assert_eq!(said.code, Some(0), "{said:?}");
    Ok(said)
}

/// A server with these plugins.
async fn server_with(home: &Home, plugins: &[&str]) -> Result<Server> {
    let server = home.start().await?;
    for plugin in plugins {
        done(home, &["plugin", "install", &sample(plugin)]).await?;
        server.ready(plugin).await?;
    }
    Ok(server)
}

/// A phone that nobody has seen gets a file of its own.
async fn serves_a_new_phone(server: &Server, plugin: &str) -> Result<Vec<u8>> {
    let mut phone = server.http_phone(2).user_agent(AGENT);
    let own = phone.get(FILE).await?;
    assert_eq!(own.status, 200, "{}", own.text());
    let device = server.only_device().await?;
    assert_eq!((&device["plugin"], &device["model"]), (&json!(plugin), &json!("L1")));
    Ok(own.body)
}

#[tokio::test]
async fn a_folder_is_installed_and_serves_phones() -> Result<()> {
    let home = home()?;
    let server = server_with(&home, &[LANTERN]).await?;
    let own = serves_a_new_phone(&server, LANTERN).await?;
    let mut phone = server.http_phone(2).user_agent(AGENT);
    for (path, status) in [("/Lantern/model-L1.cfg", 200), ("/Lantern/none.cfg", 404), ("/", 403)] {
        assert_eq!(phone.get(path).await?.status, status, "{path}");
    }
    let transfer = server.tftp_phone(2).get("Lantern/00115B0A0B0C.cfg").await?;
    assert_eq!(transfer.map(|transfer| transfer.content), Ok(own));
    server.logged(&["Sensitive file requested from 127.0.0.2: 00115B0A0B0C.cfg"]).await?;
    assert_eq!(server.plugin(LANTERN).await?["sandbox"]["level"], "full");
    assert!(server.stop().await?.success());
    Ok(())
}

#[tokio::test]
async fn an_archive_is_installed_from_disk_and_from_a_repository_of_that_system() -> Result<()> {
    let home = home()?;
    let archive = home.root().join("lantern.tar.gz");
    let packed =
        std::process::Command::new("tar").arg("czf").arg(&archive).args(["-C", SAMPLES, LANTERN]).status()?;
    assert!(packed.success());
    let bytes = std::fs::read(&archive)?;
    let list = json!({LANTERN: {"version": "1.0.3", "description": "Lantern", "capabilities": {},
        "filename": "lantern.tar.gz", "dsize": bytes.len(), "sha1sum": hex::encode(Sha1::digest(&bytes))}});
    let offered = |bytes: Vec<u8>| get(async move || bytes);
    let routes = Router::new()
        .route("/plugins.db", offered(list.to_string().into_bytes()))
        .route("/lantern.tar.gz", offered(bytes));
    let web = WebService::plain(WebService::listener().await?, routes)?;
    let server = home.start().await?;
    let url = format!("http://{}/", web.address());
    done(&home, &["parameter", "set", "plugin_server", &url]).await?;
    done(&home, &["plugin", "update"]).await?;
    done(&home, &["plugin", "install", LANTERN]).await?;
    server.ready(LANTERN).await?;
    done(&home, &["plugin", "uninstall", LANTERN]).await?;
    done(&home, &["plugin", "install", archive.to_str().context("a path that is no text")?]).await?;
    server.ready(LANTERN).await?;
    serves_a_new_phone(&server, LANTERN).await.map(drop)
}

#[tokio::test]
async fn who_does_not_allow_it_gets_only_what_somebody_signed() -> Result<()> {
    let home = Home::with_families(&[])?;
    let text = |name: &str| home.root().join(name).to_string_lossy().into_owned();
    let (key, packages) = (text("author.key"), text("dist"));
    done(&home, &["plugin", "key", &key]).await?;
    done(&home, &["plugin", "package", &sample(LANTERN), "--output", &packages, "--key", &key]).await?;
    let public = std::fs::read_to_string(format!("{key}.pub"))?;
    let home = home.argument("--trusted-keys").argument(public.lines().nth(1).context("no key")?);
    let server = home.start().await?;
    let said = home.provd(&["plugin", "install", &sample(LANTERN)]).await?;
    assert!(said.code == Some(1) && said.err.contains("allow_unsigned"), "{said:?}");
    done(&home, &["plugin", "install", &format!("{packages}/{LANTERN}_1.0.3.provd.tar.gz")]).await?;
    server.ready(LANTERN).await.map(drop)
}

#[tokio::test]
async fn it_keeps_the_contract() -> Result<()> {
    let home = Home::with_families(&[])?;
    let said = done(&home, &["plugin", "check", &sample(LANTERN), "--json"]).await?;
    assert_eq!(said.json()?["failed"], json!(0), "{said:?}");
    Ok(())
}

/// A phone of the plugin that misbehaves as its config says.
async fn rogue_phone(server: &Server, number: u8, how: &str) -> Result<String> {
    let (config, mac) = (format!("rogue-{number}"), format!("00:11:5b:00:00:{number:02x}"));
    let raw_config = json!({"X_rogue": how});
    let document = json!({"config": {"id": config, "parent_ids": ["base"], "raw_config": raw_config}});
    server.api().post("/0.2/cfg_mgr/configs", &document).await?.ok()?;
    let device = json!({"device": {"id": config, "mac": mac, "plugin": ROGUE, "config": config}});
    server.api().post("/0.2/dev_mgr/devices", &device).await?.ok()?;
    Ok(config)
}

async fn device(server: &Server, id: &str) -> Result<Value> {
    Ok(server.api().get(&format!("/0.2/dev_mgr/devices/{id}")).await?.ok()?["device"].clone())
}

#[tokio::test]
async fn one_that_raises_blocks_leaks_or_dies_hurts_only_its_own_phones() -> Result<()> {
    let home = home()?;
    let server = server_with(&home, &[LANTERN, ROGUE]).await?;
    let own = serves_a_new_phone(&server, LANTERN).await?;
    let well = server.ready(LANTERN).await?;
    let traffic = Traffic::start(server.http_phone(2).user_agent(AGENT), FILE, own);
    for (number, how) in ["leak", "raise", "partial", "block", "spin", "exit", "kill"].into_iter().enumerate()
    {
        let before = server.ready(ROGUE).await?;
        let id = rogue_phone(&server, u8::try_from(number)?, how).await?;
        let device = device(&server, &id).await?;
        assert_eq!(device["configured"], json!(how == "leak"), "{how}: {device:#}");
        if ["raise", "partial"].contains(&how) {
            let why = device["last_error"].as_str().unwrap_or_default();
            assert!(why.contains("RuntimeError") && why.contains("entry.py line"), "{why}");
        }
        traffic.more(20).await?;
        server.api().delete(&format!("/0.2/dev_mgr/devices/{id}")).await?.ok()?;
        if ["block", "spin"].contains(&how) {
            server.restart_plugin(ROGUE).await?.ok()?;
        }
        if !["leak", "raise", "partial"].contains(&how) {
            server.ready_anew(ROGUE, before).await?;
        }
    }
    traffic.more(20).await?;
    let tally = traffic.stop();
    assert_eq!(tally.failures, Vec::<String>::new(), "{tally:?}");
    assert_eq!(server.ready(LANTERN).await?.pid, well.pid, "the other plugin was left alone");
    Ok(())
}

#[tokio::test]
async fn a_family_shares_a_process_where_the_administrator_says_so() -> Result<()> {
    let home = home()?.argument("--isolation").argument("family");
    let sibling = home.root().join(NEWER);
    copy(Path::new(&sample(LANTERN)), &sibling)?;
    let server = server_with(&home, &[LANTERN, ROGUE]).await?;
    done(&home, &["plugin", "install", &sibling.to_string_lossy()]).await?;
    let shared = server.ready(NEWER).await?;
    // What is installed later is outside the walls of a process that began before.
    server.restart_plugin(LANTERN).await?.ok()?;
    eventually("both in one process", || async {
        Ok((server.ready(LANTERN).await?.pid == shared.pid).then_some(()))
    })
    .await?;
    assert_ne!(server.ready(ROGUE).await?.pid, shared.pid);
    serves_a_new_phone(&server, NEWER).await?;
    shared.signal(Signal::KILL)?;
    let after = server.ready_anew(NEWER, shared).await?;
    assert_eq!(server.ready_anew(LANTERN, shared).await?.pid, after.pid);
    // One of them goes; the other stays where it is.
    done(&home, &["plugin", "uninstall", LANTERN]).await?;
    let mut phone = server.http_phone(2).user_agent(AGENT);
    assert_eq!(phone.get("/Lantern/model-L1.cfg").await?.status, 200);
    assert_eq!(server.ready(NEWER).await?.pid, after.pid);
    done(&home, &["plugin", "uninstall", NEWER]).await?;
    after.gone().await
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
