//! An administrator at a terminal.

use anyhow::Result;
use provd_tests::Home;
use serde_json::json;

mod changes;
mod following;
mod phones;

#[tokio::test]
async fn a_phone_is_set_up_without_a_line_of_json() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let config = [
        "config",
        "create",
        "--parent",
        "base",
        "--set",
        "id=reception",
        "--set",
        "raw.sip_proxy_ip=192.0.2.7",
        "--set",
        "raw.sip_lines.1.username=1001",
        "--set",
        "raw.sip_lines.1.password=very-secret",
        "--set",
        "raw.sip_lines.1.display_name=Front desk",
    ];
    let created = home.provd(&config).await?;
    assert_eq!(created.code, Some(0), "{created:?}");
    let device = [
        "device",
        "create",
        "--set",
        "id=front",
        "--set",
        "mac=00:11:22:33:44:55",
        "--set",
        "vendor=Aastra",
        "--set",
        "model=6731i",
        "--set",
        "plugin=aastra-3.2.2.1136",
        "--set",
        "config=reception",
    ];
    let created = home.provd(&device).await?;
    assert_eq!((created.code, created.out.trim()), (Some(0), "Device front is created."), "{created:?}");

    let listed = home.provd(&["device", "list"]).await?;
    let mut lines = listed.out.lines();
    assert!(lines.next().is_some_and(|headings| headings.contains("MAC") && headings.contains("STATE")));
    let line = lines.next().unwrap_or_default();
    for expected in ["front", "00:11:22:33:44:55", "6731i", "aastra-3.2.2.1136", "reception", "expected"] {
        assert!(line.contains(expected), "{expected} is not in {line:?}");
    }
    let shown = home.provd(&["device", "show", "front", "--json"]).await?.json()?;
    assert_eq!((&shown["device"]["configured"], &shown["device"]["model"]), (&json!(true), &json!("6731i")));

    let listed = home.provd(&["device", "files", "front"]).await?;
    assert!(listed.out.contains("Aastra/001122334455.cfg"), "{listed:?}");
    let file = home.provd(&["device", "files", "front", "Aastra/001122334455.cfg"]).await?;
    let fetched = server.http_phone(2).user_agent("Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP");
    assert_eq!(file.out, fetched.another().get("/Aastra/001122334455.cfg").await?.text());
    assert!(file.out.contains("very-secret") && file.out.contains("1001"), "{}", file.out);

    let updated = home.provd(&["device", "update", "front", "--set", "description=By the door"]).await?;
    assert_eq!(updated.code, Some(0), "{updated:?}");
    assert_eq!(server.only_device().await?["description"], "By the door");
    let raw = home.provd(&["config", "raw", "reception", "--json"]).await?.json()?;
    assert_eq!(raw["raw_config"]["sip_lines"]["1"]["username"].to_string().trim_matches('"'), "1001");
    let reconfigured = home.provd(&["device", "reconfigure", "front"]).await?;
    assert_eq!(reconfigured.out.trim(), "Device front is configured.");
    let deleted = home.provd(&["device", "delete", "front"]).await?;
    assert_eq!(deleted.code, Some(0), "{deleted:?}");
    assert!(server.devices().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn plugins_are_listed_shown_and_heard() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    let listed = home.provd(&["plugin", "list"]).await?;
    for id in ["aastra-2.6.0.2019", "aastra-3.2.2.1136", "digium-1.1.0.0"] {
        let process = server.ready(id).await?;
        let line = listed.out.lines().find(|line| line.contains(id)).unwrap_or_default();
        assert!(line.contains("ready") && line.contains(&process.pid.to_string()), "{listed:?}");
    }
    let listed = home.provd(&["plugin", "list", "--json"]).await?.json()?;
    assert_eq!(listed["states"].as_array().map(Vec::len), Some(3));
    let shown = home.provd(&["plugin", "show", "digium-1.1.0.0"]).await?;
    assert!(shown.out.contains("Digium D40, D50 and D70 desk phones"), "{shown:?}");
    let logs = home.provd(&["plugin", "logs", "digium-1.1.0.0"]).await?;
    assert_eq!(logs.code, Some(0), "{logs:?}");
    Ok(())
}

#[tokio::test]
async fn an_exit_code_says_why_it_was_not_done() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let said = home.provd(&["device", "show", "nobody"]).await?;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    assert!(said.err.contains("nobody"), "{said:?}");
    let said = home.provd(&["device", "create", "--set", "mac=nonsense"]).await?;
    assert!(said.code == Some(1) && said.err.contains("mac"), "{said:?}");
    let said = home.provd(&["config", "delete", "base"]).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    let said = home.provd(&["plugin", "show", "nobody"]).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    for usage in
        [vec!["device"], vec!["device", "frobnicate"], vec!["device", "update", "a"], vec!["nothing"]]
    {
        assert_eq!(home.provd(&usage).await?.code, Some(2), "{usage:?}");
    }
    let said = home.provd(&["device", "list", "--token", "guess"]).await?;
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(!said.err.contains("guess"), "{said:?}");

    let url = server.api().base().to_owned();
    assert!(server.stop().await?.success());
    let said = home.provd(&["device", "list", "--url", &url]).await?;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains(&url), "{said:?}");
    Ok(())
}
