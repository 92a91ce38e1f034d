//! Plugins that cannot work are left alone, say why, and get another chance when an administrator gives them one.

use anyhow::Result;
use provd_tests::{Home, Server};
use rustix::process::Signal;
use serde_json::Value;

const ROGUE: &str = env!("CARGO_BIN_EXE_rogue-plugin");

async fn reason_of_quarantine(server: &Server, id: &str) -> Result<String> {
    let plugin = server.plugin_in(id, &["quarantined"]).await?;
    assert_eq!(plugin["pid"], Value::Null, "{plugin:#}");
    Ok(plugin["reason"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_cannot_succeed_is_not_tried_again_until_somebody_asks() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let folder = home.add_program("rogue-id", &[ROGUE, "wrong-id"])?;
    let server = home.start().await?;
    let reason = reason_of_quarantine(&server, "rogue-id").await?;
    assert!(reason.contains("somebody-else"), "{reason}");
    assert_eq!(server.plugin("rogue-id").await?["starts"], 1);
    // It stands in the way of nobody: a phone that is new finds its own plugin.
    assert_eq!(server.http_phone(3).get("/Digium/000fd3054848.cfg").await?.status, 200);

    assert!(server.stop().await?.success());
    let server = home.start().await?;
    assert_eq!(reason_of_quarantine(&server, "rogue-id").await?, reason, "it is remembered");
    assert_eq!(server.plugin("rogue-id").await?["starts"], 0);

    let refused = home.provd(&["plugin", "restart", "rogue-id"]).await?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("somebody-else"), "{refused:?}");
    assert!(server.plugin("rogue-id").await?["starts"].as_u64() >= Some(1));
    reason_of_quarantine(&server, "rogue-id").await?;
    assert!(server.stop().await?.success());

    // Another version is another chance.
    std::fs::remove_dir_all(folder)?;
    home.add_program("rogue-id", &[ROGUE, "honest"])?;
    let server = home.start().await?;
    server.ready("rogue-id").await?;
    Ok(())
}

#[tokio::test]
async fn five_crashes_are_enough() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    home.add_program("rogue-exits", &[ROGUE, "exits"])?;
    let server = home.start().await?;
    server.plugin_in("rogue-exits", &["backoff"]).await?;
    let reason = reason_of_quarantine(&server, "rogue-exits").await?;
    assert!(reason.contains("5 crashes") && reason.contains("exit code 1"), "{reason}");
    let plugin = server.plugin("rogue-exits").await?;
    assert_eq!((plugin["starts"].as_u64(), plugin["crashes"].as_array().map(Vec::len)), (Some(5), Some(5)));
    server.ready("digium-1.1.0.0").await?;

    assert!(server.stop().await?.success());
    let server = home.start().await?;
    assert_eq!(reason_of_quarantine(&server, "rogue-exits").await?, reason);
    Ok(())
}

#[tokio::test]
async fn a_restart_lifts_the_quarantine_of_what_has_become_well() -> Result<()> {
    let home = Home::with_families(&[])?;
    home.add_program("rogue-honest", &[ROGUE, "honest"])?;
    let server = home.start().await?;
    let mut process = server.ready("rogue-honest").await?;
    for crash in 1..=5 {
        process.signal(Signal::KILL)?;
        if crash < 5 {
            process = server.ready_anew("rogue-honest", process).await?;
        }
    }
    let reason = reason_of_quarantine(&server, "rogue-honest").await?;
    assert!(reason.contains("5 crashes") && reason.contains("SIGKILL"), "{reason}");

    let lifted = home.provd(&["plugin", "restart", "rogue-honest"]).await?;
    assert_eq!(lifted.code, Some(0), "{lifted:?}");
    let process = server.ready("rogue-honest").await?;
    // One crash more is the first of a new life.
    process.signal(Signal::KILL)?;
    server.ready_anew("rogue-honest", process).await?;
    Ok(())
}

#[tokio::test]
async fn a_plugin_of_another_contract_is_not_installed_and_disturbs_nobody() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    for (id, manifest) in [
        ("future", "api = 2\nid = \"future\"\nversion = \"1.0.0\"\ncommand = [\"/bin/true\"]\n"),
        ("escape", "api = 1\nid = \"../escape\"\nversion = \"1.0.0\"\ncommand = [\"/bin/true\"]\n"),
        ("broken", "api = 1\nid = \"bro"),
    ] {
        std::fs::create_dir(home.families().join(id))?;
        std::fs::write(home.families().join(id).join("plugin.toml"), manifest)?;
    }
    let server = home.start().await?;
    server.ready("digium-1.1.0.0").await?;
    server.logged(&["A plugin was not installed", "future", "upgrade provd"]).await?;
    server.logged(&["A plugin was not installed", "../escape"]).await?;
    server.logged(&["A plugin was not installed", "broken"]).await?;
    for id in ["future", "escape", "broken"] {
        assert_eq!(server.api().get(&format!("/0.2/pg_mgr/plugins/{id}/state")).await?.status, 404, "{id}");
    }
    assert!(!home.data_dir().join("escape").exists());
    Ok(())
}
