//! Whole files of phones and configs, in and out, as an administrator handles them.

use std::fs;

use anyhow::Result;
use provd_tests::{Home, Said, Server, eventually};
use serde_json::json;

const PLUGIN: &str = "aastra-3.2.2.1136";

fn path(home: &Home, name: &str) -> String {
    home.root().join(name).display().to_string()
}

async fn done(home: &Home, arguments: &[&str]) -> Result<Said> {
    let said = home.provd(arguments).await?;
    assert_eq!(said.code, Some(0), "{said:?}");
    Ok(said)
}

/// A table as a spreadsheet writes it.
fn phones(number: usize) -> String {
    let row =
        |at: usize| format!("00-08-5D-00-{:02X}-{:02X};{PLUGIN};desk;Room {at}\r\n", at / 256, at % 256);
    let rows: String = (0..number).map(row).collect();
    format!("\u{feff}mac;plugin;config;description\r\n{rows}")
}

const CONFIGS: &str = "id,parent_ids,raw_config.ntp_enabled,raw_config.ntp_ip,raw_config.sip_proxy_port\n\
    desk,site,,,5060\n\
    site,base,TRUE,192.0.2.1,\n";

#[tokio::test]
async fn a_spreadsheet_becomes_phones_and_goes_to_another_server() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    fs::write(path(&home, "configs.csv"), CONFIGS)?;
    fs::write(path(&home, "phones.csv"), phones(20))?;
    done(&home, &["import", &path(&home, "configs.csv")]).await?;
    let trial = done(&home, &["import", &path(&home, "phones.csv"), "--dry-run"]).await?;
    assert!(trial.out.contains("It would create 20 devices."), "{trial:?}");
    assert_eq!(server.devices().await?.len(), 0);
    let stored = done(&home, &["import", &path(&home, "phones.csv")]).await?;
    assert_eq!(stored.out, "Created 20 devices.\nThe phones are configured.\n");
    assert!(server.devices().await?.iter().all(|device| device["configured"] == true));
    let config = done(&home, &["config", "show", "desk", "--json"]).await?.json()?;
    assert_eq!(config["config"]["raw_config"], json!({"sip_proxy_port": 5060}));

    fs::write(path(&home, "wrong.csv"), "mac,ip\n00:08:5d:00:00:77,192.0.2.1\nnone,1\n")?;
    let refused = home.provd(&["import", &path(&home, "wrong.csv")]).await?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let line = refused.out.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with('3') && line.contains("mac: `none`") && line.contains("ip: `1`"), "{refused:?}");
    assert_eq!(server.devices().await?.len(), 20);

    let file = path(&home, "all.jsonl");
    done(&home, &["export", "--output", &file]).await?;
    let other = Home::with_families(&["aastra"])?;
    let there = other.start().await?;
    done(&other, &["import", &file]).await?;
    assert_eq!(sorted(&there).await?, sorted(&server).await?);
    let table = done(&home, &["export", "--kind", "devices", "--format", "csv"]).await?;
    assert_eq!(table.out.lines().count(), 21);
    Ok(())
}

async fn sorted(server: &Server) -> Result<Vec<String>> {
    let mut devices: Vec<_> = server.devices().await?.iter().map(ToString::to_string).collect();
    devices.sort();
    Ok(devices)
}

const SITE: &str = r#"
[[configs]]
id = "site"
parent_ids = ["base"]
raw_config = { ntp_enabled = true, ntp_ip = "192.0.2.1", admin_password = "very-secret" }

[[devices]]
mac = "00:08:5d:00:00:01"
plugin = "aastra-3.2.2.1136"
config = "site"
"#;

#[tokio::test]
async fn files_are_applied_once_they_were_seen() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let file = path(&home, "site.toml");
    fs::write(&file, SITE)?;
    let shown = home.provd(&["apply", "-f", &file, "--diff"]).await?;
    assert_eq!(shown.code, Some(5), "{shown:?}");
    assert!(shown.out.contains("+ raw_config.ntp_ip = 192.0.2.1"), "{shown:?}");
    assert!(!shown.out.contains("very-secret"), "{shown:?}");
    let unasked = home.provd(&["apply", "-f", &file]).await?;
    assert!(unasked.code == Some(2) && unasked.err.contains("--yes"), "{unasked:?}");
    assert_eq!(server.devices().await?.len(), 0);
    done(&home, &["apply", "-f", &file, "--yes"]).await?;
    assert_eq!(server.only_device().await?["configured"], true);
    let again = done(&home, &["apply", "-f", &file, "--diff"]).await?;
    assert!(again.out.starts_with("Nothing changes."), "{again:?}");

    fs::write(&file, SITE.replace("192.0.2.1", "192.0.2.300"))?;
    let refused = home.provd(&["apply", "-f", &file, "--yes"]).await?;
    assert!(refused.code == Some(1) && refused.out.contains("site.toml: config 1 (site): raw_config.ntp_ip"));
    Ok(())
}

#[tokio::test]
async fn an_import_that_a_sudden_death_interrupts_is_carried_on() -> Result<()> {
    let home = Home::with_families(&["aastra"])?.at_own_address();
    let server = home.start().await?;
    server.ready(PLUGIN).await?;
    fs::write(path(&home, "configs.csv"), CONFIGS)?;
    fs::write(path(&home, "phones.csv"), phones(600))?;
    done(&home, &["import", &path(&home, "configs.csv")]).await?;
    done(&home, &["import", &path(&home, "phones.csv"), "--no-wait"]).await?;
    server.kill().await?;
    let server = home.start().await?;
    let all = || async {
        let devices = server.devices().await?;
        assert_eq!(devices.len(), 600);
        Ok(devices.iter().all(|device| device["configured"] == true).then_some(()))
    };
    eventually("all phones to be configured", all).await
}
