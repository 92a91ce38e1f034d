//! What an administrator is told of the walls, what he requires of them, and what he grants.

use anyhow::Result;
use provd_tests::{Home, Server};
use serde_json::{Value, json};

use super::room::{ROGUE, Room};

const OLD_KERNEL: &str = env!("CARGO_BIN_EXE_old-kernel");

async fn sandbox_of(server: &Server) -> Result<Value> {
    server.ready("rogue").await?;
    Ok(server.plugin("rogue").await?["sandbox"].clone())
}

fn honest() -> Result<Home> {
    let home = Home::with_families(&[])?;
    home.add_program("rogue", &[ROGUE, "honest"])?;
    Ok(home)
}

#[tokio::test]
async fn the_level_is_shown() -> Result<()> {
    let home = honest()?;
    let server = home.start().await?;
    let sandbox = sandbox_of(&server).await?;
    let level = sandbox["level"].as_str().unwrap_or_default();
    let shown = home.provd(&["plugin", "show", "rogue"]).await?;
    assert!(shown.out.contains(&format!("Sandbox      {level}")), "{shown:?}");
    let page = server.api().get("/metrics").await?;
    let line = format!("provd_plugin_sandbox{{plugin=\"rogue\",level=\"{level}\"}} 1");
    assert!(page.text.contains(&line), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn on_a_kernel_that_lacks_walls_the_level_says_so() -> Result<()> {
    for (lacks, level, missing) in [
        ("landlock", "partial", json!(["files", "truncation"])),
        ("seccomp", "partial", json!(["network", "processes", "system-calls"])),
        ("both", "off", json!(["files", "truncation", "signals", "network", "processes", "system-calls"])),
    ] {
        let home = honest()?.launched_by(&[OLD_KERNEL, lacks]);
        let server = home.start().await?;
        let sandbox = sandbox_of(&server).await?;
        assert_eq!((&sandbox["level"], &sandbox["missing"]), (&json!(level), &missing), "{lacks}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_required_and_cannot_be_keeps_a_plugin_from_starting() -> Result<()> {
    let home = honest()?.launched_by(&[OLD_KERNEL, "landlock"]);
    let settings = home.root().join("provd.toml");
    std::fs::write(&settings, "[sandbox]\nmode = \"required\"\n")?;
    let home = home.argument(format!("--config={}", settings.display()));
    let server = home.start().await?;
    let plugin = server.plugin_in("rogue", &["quarantined"]).await?;
    let reason = plugin["reason"].as_str().unwrap_or_default();
    for words in ["sandbox is required", "Landlock is not there", "best-effort", "provd plugin restart rogue"]
    {
        assert!(reason.contains(words), "{reason}");
    }
    assert!(server.stop().await?.success());

    // The way out that it names.
    std::fs::write(&settings, "[sandbox]\nmode = \"best-effort\"\n")?;
    let server = home.start().await?;
    let lifted = home.provd(&["plugin", "restart", "rogue"]).await?;
    assert_eq!(lifted.code, Some(0), "{lifted:?}");
    assert_eq!(sandbox_of(&server).await?["level"], "partial");
    Ok(())
}

#[tokio::test]
async fn on_a_kernel_that_can_what_is_required_is_had() -> Result<()> {
    let home = honest()?;
    let server = home.start().await?;
    let can = sandbox_of(&server).await?["level"] == "full";
    assert!(server.stop().await?.success());
    let server = home.argument("--sandbox=required").start().await?;
    let plugin = server.plugin_in("rogue", &["ready", "quarantined"]).await?;
    assert_eq!(plugin["state"] == "ready", can, "{plugin:#}");
    Ok(())
}

#[tokio::test]
async fn what_is_needed_is_had_when_it_is_granted() -> Result<()> {
    let deeds = |room: &Room| vec![format!("tcp:{}", room.tcp), "bomb:now".to_owned()];
    let all = "network = true\nprocesses = true\nmemory = \"2 GiB\"";
    let room = Room::new(None, &[])?;
    let (server, sandbox, outcomes) = room.outcomes_needing(&deeds(&room), all).await?;
    assert_eq!(sandbox["denied"], json!(["network", "processes", "memory"]));
    if sandbox["level"] == "full" {
        assert!(outcomes.iter().all(|(_, how)| how.contains("not permitted")), "{outcomes:#?}");
    }
    server.logged(&["rogue starts without", "network", "[sandbox]"]).await?;
    drop(server);

    let granted = ["--sandbox-network=other,rogue", "--sandbox-processes=rogue", "--sandbox-memory=2 GiB"];
    let room = Room::new(None, &granted)?;
    let (server, sandbox, outcomes) = room.outcomes_needing(&deeds(&room), all).await?;
    assert_eq!(sandbox["granted"], json!(["network", "processes", "memory"]));
    assert!(outcomes.iter().all(|(_, how)| how == "done"), "{outcomes:#?}");
    drop(server);

    // Who does not ask has nothing of it.
    let room = Room::new(None, &granted)?;
    let (_server, sandbox, outcomes) = room.outcomes(&deeds(&room)).await?;
    assert_eq!((&sandbox["granted"], &sandbox["denied"]), (&json!([]), &json!([])));
    if sandbox["level"] == "full" {
        assert!(outcomes.iter().all(|(_, how)| how.contains("not permitted")), "{outcomes:#?}");
    }
    Ok(())
}
