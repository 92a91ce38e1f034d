//! The server as a service: started, stopped, started again on what it left behind.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use provd_tests::Home;

fn mode(path: &Path) -> Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

#[tokio::test]
async fn it_ends_in_good_order_and_takes_its_plugins_along() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    assert_eq!(mode(&home.data_dir().join("admin.token"))?, 0o600);
    let states = server.api().get("/0.2/pg_mgr/states").await?.ok()?;
    let plugins: Vec<&str> =
        states["states"].as_array().into_iter().flatten().filter_map(|state| state["id"].as_str()).collect();
    assert_eq!(
        plugins,
        [
            "aastra-2.6.0.2019",
            "aastra-3.2.2.1136",
            "cisco-sccp-8.5.2",
            "cisco-sccp-legacy",
            "cisco-spa-7.5.5",
            "cisco-spa3102-5.1.10",
            "digium-1.1.0.0",
        ]
    );
    for plugin in plugins {
        server.ready(plugin).await?;
    }
    assert_eq!(server.process().children().len(), 7, "one process per plugin");

    let exit = server.stop().await?;
    assert!(exit.success(), "{exit}");
    assert!(!home.data_dir().join("listening.json").exists());
    Ok(())
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let second = home
        .provd(&["serve", "--http", "127.0.0.1:0", "--tftp", "127.0.0.1:0", "--api", "127.0.0.1:0"])
        .await?;
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains("another provd uses the data directory"), "{second:?}");
    server.ready("digium-1.1.0.0").await?;
    Ok(())
}

#[tokio::test]
async fn an_address_in_use_is_named_with_the_flag_to_change_it() -> Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let home = Home::with_families(&[])?;
    let refused =
        home.provd(&["serve", "--http", &address, "--tftp", "127.0.0.1:0", "--api", "127.0.0.1:0"]).await?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains(&address) && refused.err.contains("--http"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn killed_outright_it_leaves_no_plugin_and_loses_nothing() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    let name = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";
    let before = server.http_phone(1).user_agent(name).get("/Aastra/001122334455.cfg").await?;
    assert_eq!(before.status, 200);
    let device = server.only_device().await?;
    for plugin in ["aastra-2.6.0.2019", "aastra-3.2.2.1136", "digium-1.1.0.0"] {
        server.ready(plugin).await?;
    }
    let plugins = server.process().children();
    assert_eq!(plugins.len(), 3);

    server.kill().await?;
    for plugin in plugins {
        plugin.gone().await?;
    }

    let server = home.start().await?;
    assert_eq!(server.only_device().await?, device);
    let after = server.http_phone(1).user_agent(name).get("/Aastra/001122334455.cfg").await?;
    assert_eq!(after.status, 200);
    assert_eq!(server.only_device().await?["id"], device["id"]);
    Ok(())
}

#[tokio::test]
async fn started_again_at_another_address_phones_are_told_so() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    server.http_phone(1).get("/Digium/000fd3054848.cfg").await?;
    let first = server.http();
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    assert_ne!(server.http(), first, "the system chose the same port twice");
    let look = || async {
        let file = server.http_phone(1).get("/Digium/000fd3054848.cfg").await?;
        Ok(file.text().contains(&server.http().to_string()).then_some(()))
    };
    provd_tests::eventually("the new address in the file", look).await
}
