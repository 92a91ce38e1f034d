//! A mistake in a config: who is told, and what phones get meanwhile.

use anyhow::Result;
use provd_tests::Handset;
use serde_json::{Value, json};

use super::{Desk, ntp};

#[tokio::test]
async fn a_mistake_leaves_phones_their_files_and_says_what_it_is_until_it_is_mended() -> Result<()> {
    let desk = Desk::open().await?;
    desk.insert_config("country", &["base"], ntp("192.0.2.1")).await?;
    desk.insert_config("site", &["country"], json!({})).await?;
    let phone = Handset::new(1);
    desk.insert_device(phone, "site").await?;
    let working = phone.fetch(&desk.server).await?;

    // There is nothing wrong with it alone.
    desk.edit_config("site", |config| config["raw_config"] = json!({"ntp_ip": null})).await?;
    let device = phone.device(&desk.server).await?;
    let reason = device["last_error"].as_str().unwrap_or_default();
    assert!(device["configured"] == false && reason.contains("ntp_ip"), "{device:#}");
    let at = device["last_error_at"].as_str().unwrap_or_default();
    assert!(at.starts_with("20") && at.ends_with('Z'), "{at} is no moment");
    assert_eq!(phone.fetch(&desk.server).await?.body, working.body, "what worked goes on working");

    desk.edit_config("site", |config| config["raw_config"]["ntp_ip"] = json!("192.0.2.3")).await?;
    let device = phone.device(&desk.server).await?;
    assert_eq!((&device["configured"], &device["last_error"]), (&json!(true), &Value::Null), "{device:#}");
    assert!(phone.fetch(&desk.server).await?.text().contains("192.0.2.3"));
    desk.close().await
}

#[tokio::test]
async fn one_device_that_cannot_be_configured_keeps_no_other_from_it() -> Result<()> {
    let desk = Desk::open().await?;
    desk.insert_config("site", &["base"], json!({})).await?;
    desk.insert_config("wrong", &["site"], json!({"ntp_ip": null})).await?;
    for number in 1_u32..=6 {
        let config = if number.is_multiple_of(2) { "wrong" } else { "site" };
        desk.insert_device(Handset::new(number), config).await?;
    }
    desk.edit_config("site", |config| config["raw_config"] = ntp("192.0.2.1")).await?;
    for number in [1, 3, 5] {
        assert!(Handset::new(number).fetch(&desk.server).await?.text().contains("192.0.2.1"));
    }
    let operations = desk.server.api().get("/0.2/operations").await?.ok()?;
    let operation = operations["operations"].as_array().into_iter().flatten().next_back();
    let operation = operation.cloned().unwrap_or_default();
    assert_eq!((&operation["state"], &operation["failed"]), (&json!("fail"), &json!(3)), "{operation:#}");
    let reason = operation["failures"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("ntp_ip"), "{operation:#}");

    desk.edit_config("wrong", |config| config["raw_config"] = json!({})).await?;
    assert!(Handset::new(2).fetch(&desk.server).await?.text().contains("192.0.2.1"));
    desk.close().await
}

#[tokio::test]
async fn what_is_wrong_by_itself_is_refused_and_changes_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let phone = Handset::new(1);
    phone.fetch(&desk.server).await?;
    let before = phone.device(&desk.server).await?;
    let wrong = json!({"config": {"id": "base", "parent_ids": [], "raw_config": {"sip_transport": "carrier pigeon"}}});
    let refused = desk.server.api().put("/0.2/cfg_mgr/configs/base", &wrong).await?;
    assert!((400..500).contains(&refused.status) && refused.text.contains("sip_transport"), "{refused:?}");
    assert_eq!(phone.device(&desk.server).await?, before);
    desk.close().await
}
