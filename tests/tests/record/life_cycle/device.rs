//! Devices that an administrator inserts, changes and deletes.

use anyhow::Result;
use provd_tests::Handset;
use serde_json::{Value, json};

use super::{Desk, ntp, path_of};

#[tokio::test]
async fn an_inserted_device_is_configured_and_its_phone_served() -> Result<()> {
    let desk = Desk::open().await?;
    let phone = Handset::new(1);
    desk.insert_config("site", &["base"], ntp("192.0.2.1")).await?;
    let device = desk.insert_device(phone, "site").await?;
    assert_eq!((&device["configured"], &device["last_error"]), (&json!(true), &Value::Null), "{device:#}");
    assert!(phone.fetch(&desk.server).await?.text().contains("192.0.2.1"));
    assert_eq!(phone.device(&desk.server).await?["added"], Value::Null, "no request made it");
    let again = json!({"device": {"id": device["id"]}});
    assert_eq!(desk.server.api().post("/0.2/dev_mgr/devices", &again).await?.status, 400, "the id is taken");
    desk.close().await
}

#[tokio::test]
async fn a_device_without_plugin_or_config_is_not_configured_and_says_why() -> Result<()> {
    let desk = Desk::open().await?;
    for (device, word) in [
        (json!({"id": "a"}), "plugin"),
        (json!({"id": "b", "plugin": "nobody-1.0", "config": "base"}), "nobody-1.0"),
        (json!({"id": "c", "plugin": super::PLUGIN}), "config"),
        (json!({"id": "d", "plugin": super::PLUGIN, "config": "later", "mac": "00:08:5d:00:00:01"}), "later"),
        (json!({"id": "e", "plugin": super::PLUGIN, "config": "base"}), "mac"),
    ] {
        desk.server.api().post("/0.2/dev_mgr/devices", &json!({ "device": device })).await?.ok()?;
        let stored = desk.server.api().get(&path_of(&device)).await?.ok()?["device"].take();
        assert_eq!(stored["configured"], false, "{stored:#}");
        let reason = stored["last_error"].as_str().unwrap_or_default().to_lowercase();
        assert!(reason.contains(word) && stored["last_error_at"].is_string(), "{word}: {stored:#}");
    }
    desk.close().await
}

#[tokio::test]
async fn a_changed_device_gets_other_files_and_an_equal_document_changes_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let phone = Handset::new(1);
    desk.insert_config("east", &["base"], ntp("192.0.2.1")).await?;
    desk.insert_config("west", &["base"], ntp("192.0.2.2")).await?;
    let mut device = desk.insert_device(phone, "east").await?;
    let before = phone.fetch(&desk.server).await?;

    let device_now = phone.device(&desk.server).await?;
    desk.put_device(&device_now).await?;
    assert_eq!(phone.device(&desk.server).await?, device_now);
    assert_eq!(phone.fetch(&desk.server).await?.headers["etag"], before.headers["etag"]);

    device["config"] = json!("west");
    desk.put_device(&device).await?;
    assert!(phone.fetch(&desk.server).await?.text().contains("192.0.2.2"));

    // Its plugin, too: none of the other plugin's files stay.
    device["plugin"] = json!("aastra-2.6.0.2019");
    desk.put_device(&device).await?;
    assert_eq!(phone.device(&desk.server).await?["configured"], true);
    phone.fetch(&desk.server).await?;

    // And its MAC address: the file has another name.
    let other = Handset::new(2);
    device["mac"] = json!(other.mac());
    desk.put_device(&device).await?;
    assert!(other.fetch(&desk.server).await?.text().contains("192.0.2.2"));
    assert_eq!(other.at(&desk.server).get(&phone.path()).await?.status, 404, "the file of before");
    desk.close().await
}

#[tokio::test]
async fn a_device_that_leaves_its_transient_config_last_takes_it_along() -> Result<()> {
    let desk = Desk::open().await?;
    let transient = json!({"transient": true});
    desk.insert_config_with("shared", &["base"], json!({}), transient).await?;
    let mut first = desk.insert_device(Handset::new(1), "shared").await?;
    let second = desk.insert_device(Handset::new(2), "shared").await?;
    first["config"] = json!("base");
    desk.put_device(&first).await?;
    assert!(desk.has_config("shared").await?, "the other still uses it");
    desk.server.api().delete(&path_of(&second)).await?.ok()?;
    assert!(!desk.has_config("shared").await?);
    assert!(desk.has_config("base").await?);
    desk.close().await
}

#[tokio::test]
async fn a_deleted_device_leaves_nothing_and_is_a_new_one_when_its_phone_asks() -> Result<()> {
    let desk = Desk::open().await?;
    let phone = Handset::new(1);
    phone.fetch(&desk.server).await?;
    let device = phone.device(&desk.server).await?;
    let config = device["config"].as_str().unwrap_or_default();
    assert_eq!(desk.server.api().delete(&path_of(&device)).await?.status, 204);
    assert_eq!(desk.server.api().delete(&path_of(&device)).await?.status, 404);
    assert_eq!(desk.server.api().get(&path_of(&device)).await?.status, 404);
    assert!(!desk.has_config(config).await?, "its transient config goes with it");
    assert!(desk.server.devices().await?.is_empty());

    phone.fetch(&desk.server).await?;
    let anew = phone.device(&desk.server).await?;
    assert_ne!((&anew["id"], &anew["config"]), (&device["id"], &device["config"]));
    let audit = desk.server.api().get("/0.2/audit?kind=device").await?.ok()?;
    let actions: Vec<_> =
        audit["audit"].as_array().into_iter().flatten().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["created", "deleted", "created"], "{audit:#}");
    desk.close().await
}

#[tokio::test]
async fn a_device_made_anew_under_the_id_of_another_was_never_seen() -> Result<()> {
    let desk = Desk::open().await?;
    let phone = Handset::new(1);
    let device = desk.insert_device(phone, "base").await?;
    phone.fetch(&desk.server).await?;
    assert_eq!(state_of(&desk, &device).await?["state"], "current");
    desk.server.api().delete(&path_of(&device)).await?.ok()?;
    let device = desk.insert_device(phone, "base").await?;
    let state = state_of(&desk, &device).await?;
    assert_eq!((&state["state"], &state["last_seen"]), (&json!("expected"), &Value::Null), "{state:#}");
    desk.close().await
}

async fn state_of(desk: &Desk, device: &Value) -> Result<Value> {
    let path = format!("{}/remote_state", path_of(device));
    Ok(desk.server.api().get(&path).await?.ok()?["remote_state"].take())
}
