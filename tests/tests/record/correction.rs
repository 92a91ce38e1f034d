//! A record that was wrong, or became so: when later facts correct it, and when they do not.

use anyhow::{Result, anyhow};
use provd_tests::{Handset, Home, Server, invariants};
use serde_json::{Value, json};

const SPA_MAC: &str = "8843E157DDCC";

async fn shows(server: &Server, expected: &[(&str, &str)]) -> Result<Value> {
    let device = server.only_device().await?;
    for (key, value) in expected {
        assert_eq!(device[*key], *value, "{key} of {device:#}");
    }
    assert_eq!(device["configured"], true, "{device:#}");
    Ok(device)
}

async fn over_tftp(server: &Server, file: &str) -> Result<()> {
    let answer = server.tftp_phone(7).get(file).await?;
    answer.map(drop).map_err(|refusal| anyhow!("{file}: {refusal:?}"))
}

/// Asks for the file of an Aastra as this model with this firmware.
async fn as_model(server: &Server, model: &str, firmware: &str) -> Result<String> {
    let handset = Handset::new(1);
    let name = handset.user_agent(firmware).replace("6731i", model);
    let response = server.http_phone(7).user_agent(&name).get(&handset.path()).await?;
    assert_eq!(response.status, 200, "{}", response.text());
    Ok(response.text())
}

async fn change(server: &Server, edit: impl FnOnce(&mut Value)) -> Result<()> {
    let mut device = server.only_device().await?;
    edit(&mut device);
    let path = format!("/0.2/dev_mgr/devices/{}", device["id"].as_str().unwrap_or_default());
    server.api().put(&path, &json!({ "device": device })).await?.ok().map(drop)
}

#[tokio::test]
async fn what_a_phone_says_of_itself_outweighs_the_name_of_a_file() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    over_tftp(&server, "/spa3102.cfg").await?;
    over_tftp(&server, &format!("/{}.xml", SPA_MAC.to_lowercase())).await?;
    shows(&server, &[("model", "SPA3102"), ("plugin", "cisco-spa3102-5.1.10")]).await?;

    let name = format!("Cisco/SPA504G-7.5.5 ({SPA_MAC})(CBT141100HR)");
    let path = format!("/{}.xml", SPA_MAC.to_lowercase());
    let own = server.http_phone(7).user_agent(&name).get(&path).await?;
    assert_eq!(own.status, 200);
    let corrected = [("model", "SPA504G"), ("plugin", "cisco-spa-7.5.5"), ("sn", "CBT141100HR")];
    shows(&server, &corrected).await?;

    // And the name of a file never outweighs the phone.
    for _ in 0..5 {
        // The file belongs to another model: that it is served or not is not the point.
        let _ = server.tftp_phone(7).get("/spa3102.cfg").await?;
        over_tftp(&server, &path).await?;
    }
    let devices = server.devices().await?;
    let device = devices.iter().find(|device| !device["mac"].is_null());
    assert_eq!(device.map(|device| &device["model"]), Some(&json!("SPA504G")), "{devices:#?}");
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn what_rests_on_as_much_is_believed_the_third_time_in_a_row() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let firmware = Handset::FIRMWARE;
    as_model(&server, "6731i", firmware).await?;
    for model in ["6753i", "6753i", "6731i", "6753i", "6753i"] {
        as_model(&server, model, firmware).await?;
        shows(&server, &[("model", "6731i")]).await?;
    }
    as_model(&server, "6753i", firmware).await?;
    shows(&server, &[("model", "6753i"), ("plugin", "aastra-3.2.2.1136")]).await?;
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn what_an_administrator_said_is_never_corrected() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    as_model(&server, "6731i", Handset::FIRMWARE).await?;
    change(&server, |device| device["model"] = json!("6755i")).await?;
    for _ in 0..5 {
        as_model(&server, "6731i", Handset::FIRMWARE).await?;
    }
    shows(&server, &[("model", "6755i")]).await?;
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn a_phone_with_new_firmware_gets_the_files_of_that_firmware() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    home.serve_file("aastra-2.6.0.2019", "6731i.st", b"firmware two")?;
    home.serve_file("aastra-3.2.2.1136", "6731i.st", b"firmware three")?;
    as_model(&server, "6731i", "2.6.0.2019").await?;
    let before = shows(&server, &[("plugin", "aastra-2.6.0.2019")]).await?;
    as_model(&server, "6731i", "3.2.2.1136").await?;
    let after = shows(&server, &[("plugin", "aastra-3.2.2.1136"), ("version", "3.2.2.1136")]).await?;
    assert_eq!((&after["id"], &after["config"]), (&before["id"], &before["config"]));
    let name = Handset::new(1).user_agent("3.2.2.1136");
    let firmware = server.http_phone(7).user_agent(&name).get("/6731i.st").await?;
    assert_eq!(firmware.text(), "firmware three");
    // And back, for those who downgrade.
    as_model(&server, "6731i", "2.6.0.2019").await?;
    shows(&server, &[("plugin", "aastra-2.6.0.2019")]).await?;
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn a_plugin_that_an_administrator_chose_stays() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    as_model(&server, "6731i", "3.2.2.1136").await?;
    change(&server, |device| device["plugin"] = json!("aastra-2.6.0.2019")).await?;
    for firmware in ["3.2.2.1136", "3.2.2.9999", "3.2.2.1136"] {
        as_model(&server, "6731i", firmware).await?;
        shows(&server, &[("plugin", "aastra-2.6.0.2019"), ("version", firmware)]).await?;
    }
    invariants::hold(&server, &home).await
}
