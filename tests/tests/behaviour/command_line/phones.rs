//! Looking after phones: which have what they should have, who waits, what each gets and would get, and why.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result};
use provd_tests::phone::HttpPhone;
use provd_tests::{Home, Server};
use serde_json::{Value, json};

const MAC: &str = "00:11:22:33:44:55";
/// What the phone fetches when it has everything else.
const TRIGGER: &str = "/Aastra/001122334455.cfg";

fn phone(server: &Server) -> HttpPhone {
    server.http_phone(2).user_agent("Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP")
}

/// The states of all phones, or of those that are outdated.
async fn states(home: &Home, arguments: &[&str]) -> Result<Vec<String>> {
    let arguments = [&["device", "list", "--json"], arguments].concat();
    let listed = home.provd(&arguments).await?.json()?;
    let devices = listed["devices"].as_array().context("no devices")?;
    Ok(devices.iter().map(|device| device["remote_state"]["state"].to_string()).collect())
}

#[tokio::test]
async fn a_phone_is_outdated_until_it_fetched_its_trigger_file() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    assert_eq!(phone(&server).get("/Aastra/aastra.cfg").await?.status, 200);
    assert_eq!(states(&home, &["--outdated"]).await?, ["\"contacted\""]);
    assert_eq!(phone(&server).get(TRIGGER).await?.status, 200);
    assert_eq!(states(&home, &["--outdated"]).await?, [""; 0]);
    assert_eq!(
        states(&home, &["--where", "model=6731i", "--where", "mac=0011.2233.4455"]).await?,
        ["\"current\""]
    );
    assert_eq!(states(&home, &["--where", "model=6757i"]).await?, [""; 0]);
    assert_eq!(states(&home, &["--plugin", "aastra-3.2.2.1136"]).await?, ["\"current\""]);

    let shown = home.provd(&["device", "show", MAC]).await?;
    assert!(shown.out.contains("revision 1 of 1, "), "{shown:?}");
    let config = shown.out.lines().find_map(|line| line.strip_prefix("config ")).context("no config")?;
    let changed = ["config", "update", config.trim(), "--set", "raw.admin_password=changed"];
    assert_eq!(home.provd(&changed).await?.code, Some(0));
    assert_eq!(states(&home, &["--outdated"]).await?, ["\"outdated\""]);
    let listed = home.provd(&["device", "list"]).await?;
    assert!(listed.out.contains("LAST SEEN") && listed.out.contains("outdated"), "{listed:?}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_phone_waits_until_it_is_approved() -> Result<()> {
    let home = Home::with_families(&["aastra"])?.argument("--retriever").argument("approve");
    let server = home.start().await?;
    assert_eq!(phone(&server).get(TRIGGER).await?.status, 404);
    let other = server.http_phone(3).user_agent("Aastra6731i MAC:00-11-22-33-44-66 V:3.2.2.1136-SIP");
    assert_eq!(other.another().get("/Aastra/001122334466.cfg").await?.status, 404);

    let waiting = home.provd(&["device", "waiting"]).await?;
    assert!(waiting.out.contains(MAC) && waiting.out.contains("6731i"), "{waiting:?}");
    let refused = home.provd(&["request", "list", "--refused", "--device", MAC]).await?;
    assert!(refused.out.contains("approval"), "{refused:?}");
    let explained = home.provd(&["device", "explain", MAC]).await?;
    assert!(explained.code == Some(0) && explained.out.contains("wait"), "{explained:?}");
    let said = home.provd(&["device", "approve", "00:11:22:33:44:77"]).await?;
    assert!(said.code == Some(1) && said.err.contains("device waiting"), "{said:?}");

    let dismissed = home.provd(&["device", "dismiss", "00:11:22:33:44:66"]).await?;
    assert_eq!(dismissed.code, Some(0), "{dismissed:?}");
    let approved = home.provd(&["device", "approve", "001122334455"]).await?;
    assert!(approved.code == Some(0) && approved.out.contains("is approved."), "{approved:?}");
    assert_eq!(phone(&server).get(TRIGGER).await?.status, 200);
    assert_eq!(server.only_device().await?["mac"], MAC);
    let waiting = home.provd(&["device", "waiting"]).await?;
    assert_eq!(waiting.out, "No devices wait to be approved.\n");
    Ok(())
}

#[tokio::test]
async fn files_are_listed_and_written_out() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let own = phone(&server).get(TRIGGER).await?;
    let files = home.provd(&["device", "files", MAC, "--json"]).await?.json()?;
    let paths: Vec<&Value> = files.as_array().context("no list")?.iter().map(|file| &file["path"]).collect();
    assert_eq!(paths, ["Aastra/001122334455.cfg", "Aastra/aastra.cfg"]);
    assert_eq!((&files[0]["size"], &files[0]["common"]), (&json!(own.body.len()), &json!(false)));
    assert!(files[0]["sha256"].as_str().is_some_and(|digest| digest.len() == 64), "{files}");
    assert!(files[0]["revision"].is_u64() && files[1]["common"] == true, "{files}");

    let folder = home.root().join("files");
    let said = home.provd(&["device", "files", MAC, "--output", &folder.display().to_string()]).await?;
    assert!(said.code == Some(0) && said.out.contains("2 files"), "{said:?}");
    let written = folder.join("Aastra/001122334455.cfg");
    assert_eq!(fs::read(&written)?, own.body);
    assert_eq!(fs::metadata(&written)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read(folder.join("Aastra/aastra.cfg"))?,
        phone(&server).get("/Aastra/aastra.cfg").await?.body
    );
    Ok(())
}

#[tokio::test]
async fn a_preview_shows_what_would_change_and_changes_nothing() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let before = phone(&server).get(TRIGGER).await?;
    let said = home.provd(&["device", "preview", MAC]).await?;
    assert_eq!((said.code, said.out.as_str()), (Some(0), "1 same\n"), "{said:?}");

    let vlan = ["device", "preview", MAC, "--set", "raw.vlan_enabled=true", "--set", "raw.vlan_id=7"];
    let said = home.provd(&vlan).await?;
    assert!(
        said.code == Some(0) && said.out.contains("\n+vlan id: 7\n") && said.out.ends_with("1 changed\n"),
        "{said:?}"
    );

    let file = home.root().join("config.json");
    let path = file.display().to_string();
    fs::write(
        &file,
        r#"{"sip_lines": {"1": {"username": "u", "password": "p", "display_name": "Somebody"}}}"#,
    )?;
    let said = home.provd(&["device", "preview", MAC, "--config", &path]).await?;
    assert!(
        said.out.contains("taken for parameters") && said.out.contains("\n+sip line1 user name: u\n"),
        "{said:?}"
    );
    fs::write(&file, r#"{"vlan_enabled": true}"#)?;
    let said = home.provd(&["device", "preview", MAC, "--config", &path]).await?;
    assert!(said.code == Some(1) && said.err.contains("vlan_id"), "{said:?}");

    let after = phone(&server).get(TRIGGER).await?;
    assert_eq!((after.body, after.headers["etag"].as_str()), (before.body, before.headers["etag"].as_str()));
    Ok(())
}

#[tokio::test]
async fn it_is_explained_why_a_phone_gets_what_it_gets() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    assert_eq!(phone(&server).get(TRIGGER).await?.status, 200);
    assert_eq!(phone(&server).get("/Aastra/nothing.cfg").await?.status, 404);
    let explained = home.provd(&["device", "explain", "0011.2233.4455"]).await?;
    let verdict = explained.out.lines().next().unwrap_or_default();
    assert!(verdict.contains("aastra-3.2.2.1136"), "{explained:?}");
    assert!(
        explained.out.contains(TRIGGER) && explained.out.contains("/Aastra/nothing.cfg"),
        "{explained:?}"
    );
    let stranger = home.provd(&["device", "explain", "00:11:22:33:44:66"]).await?;
    assert!(stranger.code == Some(0) && stranger.out.starts_with("No device"), "{stranger:?}");
    assert_eq!(home.provd(&["device", "explain", "nobody"]).await?.code, Some(1));

    let listed = home.provd(&["request", "list", "--refused", "--device", MAC, "--json"]).await?.json()?;
    let requests = listed["requests"].as_array().context("no requests")?;
    assert_eq!((requests.len(), &requests[0]["path"]), (1, &json!("/Aastra/nothing.cfg")));
    let told = home.provd(&["request", "explain", &requests[0]["id"].to_string()]).await?;
    for part in [
        "GET /Aastra/nothing.cfg from 127.0.0.2",
        "Aastra6731i MAC:",
        "mac 00:11:22:33:44:55: found",
        "not found",
    ] {
        assert!(told.out.contains(part), "{part} is not in {told:?}");
    }
    let elsewhere = home.provd(&["request", "list", "--ip", "127.0.0.3"]).await?;
    assert_eq!(elsewhere.out, "There are no such requests.\n");
    Ok(())
}
