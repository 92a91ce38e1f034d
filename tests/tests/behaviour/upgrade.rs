//! Another version of a plugin, installed over the one phones were configured with.

use std::fs;

use anyhow::Result;
use provd_tests::{Home, eventually};

#[tokio::test]
async fn files_are_generated_anew_and_the_administrators_own_survive() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    home.serve_file("digium-1.1.0.0", "logo.png", b"a picture")?;
    let before = server.http_phone(3).get("/Digium/000fd3054848.cfg").await?;
    assert_eq!(before.status, 200);
    let device = server.only_device().await?;
    assert!(server.stop().await?.success());

    let manifest = home.families().join("digium/plugin.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("version = \"1.0.0\"", "version = \"1.0.1\""))?;
    let template = home.families().join("digium/templates/config/base.j2");
    fs::write(template, "the new version of {{ device.mac }}\n")?;

    let server = home.start().await?;
    let look = || async {
        let file = server.http_phone(3).get("/Digium/000fd3054848.cfg").await?;
        Ok((file.text() == "the new version of 00:0f:d3:05:48:48\n").then_some(()))
    };
    eventually("the file of the new version", look).await?;
    assert_eq!(server.plugin("digium-1.1.0.0").await?["version"], "1.0.1");
    assert_eq!(server.only_device().await?["id"], device["id"]);
    let logo = server.http_phone(3).get("/logo.png").await?;
    assert_eq!((logo.status, logo.text().as_str()), (200, "a picture"));
    Ok(())
}

#[tokio::test]
async fn what_was_installed_once_needs_no_source_any_more() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(3).get("/Digium/000fd3054848.cfg").await?.status, 200);
    assert!(server.stop().await?.success());

    fs::remove_dir_all(home.families().join("digium"))?;
    let server = home.start().await?;
    server.ready("digium-1.1.0.0").await?;
    assert_eq!(server.http_phone(3).get("/Digium/000fd3054848.cfg").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_is_gone_takes_no_device_along() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(3).get("/Digium/000fd3054848.cfg").await?.status, 200);
    let device = server.only_device().await?;
    assert!(server.stop().await?.success());

    fs::remove_dir_all(home.families().join("digium"))?;
    fs::remove_dir_all(home.data_dir().join("plugins/digium-1.1.0.0"))?;
    let server = home.start().await?;
    let kept = server.only_device().await?;
    assert_eq!((&kept["id"], &kept["plugin"]), (&device["id"], &device["plugin"]));
    // Nobody answers for it now, and nothing breaks.
    assert_eq!(server.http_phone(3).get("/Digium/000fd3054848.cfg").await?.status, 404);
    let aastra = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";
    assert_eq!(server.http_phone(2).user_agent(aastra).get("/Aastra/aastra.cfg").await?.status, 200);
    Ok(())
}
