//! A version of a plugin that is tried out before it is let in, and the way back from one that was.

use std::fs;

use anyhow::Result;
use provd_tests::{Home, Said, Server};

const DIGIUM: &str = "digium-1.1.0.0";
const FILE: &str = "/Digium/000fd3054848.cfg";

/// A server with one configured phone, whose bundle offers a newer version with this template.
async fn upgradable(template: &str) -> Result<(Home, Server)> {
    let home = Home::with_families(&["digium"])?;
    write(&home, "old for {{ device.mac }}\n", None)?;
    let server = home.start().await?;
    assert_eq!(served(&server).await?, "old for 00:0f:d3:05:48:48\n");
    write(&home, template, Some("1.0.1"))?;
    Ok((home, server))
}

fn write(home: &Home, template: &str, version: Option<&str>) -> Result<()> {
    let folder = home.families().join("digium");
    fs::write(folder.join("templates/config/base.j2"), template)?;
    let manifest = folder.join("plugin.toml");
    let text = fs::read_to_string(&manifest)?;
    let version = format!("version = \"{}\"", version.unwrap_or("1.0.0"));
    fs::write(manifest, text.replace("version = \"1.0.0\"", &version))?;
    Ok(())
}

async fn served(server: &Server) -> Result<String> {
    Ok(server.http_phone(3).get(FILE).await?.text())
}

async fn plugin(home: &Home, arguments: &[&str]) -> Result<Said> {
    home.provd(&[&["plugin"], arguments].concat()).await
}

#[tokio::test]
async fn a_dry_run_shows_what_would_change_and_changes_nothing() -> Result<()> {
    let (home, server) = upgradable("new for {{ device.mac }}\n").await?;
    let process = server.ready(DIGIUM).await?;
    let said = plugin(&home, &["upgrade", DIGIUM, "--dry-run"]).await?;
    assert!(said.code == Some(0), "{said:?}");
    for shown in [
        "1 get other files",
        "-old for 00:0f:d3:05:48:48",
        "+new for 00:0f:d3:05:48:48",
        "nothing was changed",
    ] {
        assert!(said.out.contains(shown), "{shown}: {said:?}");
    }
    assert_eq!(served(&server).await?, "old for 00:0f:d3:05:48:48\n");
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.0");
    assert_eq!(server.ready(DIGIUM).await?.pid, process.pid);
    Ok(())
}

#[tokio::test]
async fn one_returns_to_the_version_before_and_stays_there_until_the_next_upgrade() -> Result<()> {
    let (home, server) = upgradable("new for {{ device.mac }}\n").await?;
    let said = plugin(&home, &["rollback", DIGIUM]).await?;
    assert!(said.code == Some(1) && said.err.contains("no version"), "{said:?}");
    let said = plugin(&home, &["upgrade", DIGIUM]).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(served(&server).await?, "new for 00:0f:d3:05:48:48\n");

    let said = plugin(&home, &["rollback", DIGIUM]).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(served(&server).await?, "old for 00:0f:d3:05:48:48\n");
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    assert_eq!(
        server.plugin(DIGIUM).await?["version"],
        "1.0.0",
        "a start does not upgrade what was returned"
    );
    assert_eq!(served(&server).await?, "old for 00:0f:d3:05:48:48\n");
    let said = plugin(&home, &["upgrade", DIGIUM]).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(served(&server).await?, "new for 00:0f:d3:05:48:48\n");
    Ok(())
}

#[tokio::test]
async fn a_version_that_cannot_configure_the_phones_changes_nothing() -> Result<()> {
    let (home, server) = upgradable("{{ fail_here() }}").await?;
    let said = plugin(&home, &["upgrade", DIGIUM]).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    for shown in ["stays as it is", "1.0.1", "1 of 1 devices"] {
        assert!(said.err.contains(shown), "{shown}: {said:?}");
    }
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.0");
    assert_eq!(server.only_device().await?["configured"], true);
    assert_eq!(served(&server).await?, "old for 00:0f:d3:05:48:48\n");

    let said = plugin(&home, &["upgrade", DIGIUM, "--tolerate", "100"]).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.1");
    assert_eq!(served(&server).await?, "old for 00:0f:d3:05:48:48\n", "what worked stays with the phone");
    Ok(())
}
