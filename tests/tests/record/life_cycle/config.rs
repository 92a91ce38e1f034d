//! Configs that an administrator inserts, changes and deletes, and the devices that inherit from them.

use anyhow::Result;
use provd_tests::Handset;
use serde_json::{Value, json};

use super::{Desk, ntp};

/// The time server named in the file a phone gets, or [`NONE`].
async fn time_server_of(desk: &Desk, phone: Handset) -> Result<String> {
    let text = phone.fetch(&desk.server).await?.text();
    Ok(text.lines().find_map(|line| line.strip_prefix("time server1: ")).unwrap_or(NONE).to_owned())
}

const NONE: &str = "none";

#[tokio::test]
async fn a_change_reaches_the_devices_of_all_descendants_and_no_other() -> Result<()> {
    let desk = Desk::open().await?;
    desk.insert_config("country", &["base"], ntp("192.0.2.1")).await?;
    desk.insert_config("site", &["country"], json!({})).await?;
    desk.insert_config("desk", &["site"], json!({})).await?;
    desk.insert_config("abroad", &["base"], ntp("192.0.2.9")).await?;
    let [above, below, elsewhere] = [1, 2, 3].map(Handset::new);
    desk.insert_device(above, "country").await?;
    desk.insert_device(below, "desk").await?;
    desk.insert_device(elsewhere, "abroad").await?;
    let unchanged = elsewhere.fetch(&desk.server).await?;

    desk.edit_config("country", |config| config["raw_config"]["ntp_ip"] = json!("192.0.2.2")).await?;
    for phone in [above, below] {
        assert_eq!(time_server_of(&desk, phone).await?, "192.0.2.2");
    }
    assert_eq!(elsewhere.fetch(&desk.server).await?.headers["etag"], unchanged.headers["etag"]);

    // A nearer config wins; without it the farther one counts again.
    desk.edit_config("site", |config| config["raw_config"] = ntp("192.0.2.3")).await?;
    assert_eq!(time_server_of(&desk, below).await?, "192.0.2.3");
    desk.edit_config("site", |config| config["parent_ids"] = json!([])).await?;
    desk.edit_config("site", |config| config["raw_config"] = json!({})).await?;
    assert_eq!(time_server_of(&desk, below).await?, NONE);
    desk.close().await
}

#[tokio::test]
async fn a_config_that_devices_named_before_it_existed_configures_them() -> Result<()> {
    let desk = Desk::open().await?;
    let phone = Handset::new(1);
    let device = desk.insert_device(phone, "desk").await?;
    assert_eq!(device["configured"], false);
    assert!(device["last_error"].as_str().is_some_and(|why| why.contains("desk")), "{device:#}");
    assert_ne!(phone.at(&desk.server).get(&phone.path()).await?.status, 200);

    desk.insert_config("desk", &["site", "base"], json!({})).await?;
    assert_eq!(phone.device(&desk.server).await?["configured"], true);
    assert_eq!(time_server_of(&desk, phone).await?, NONE);
    desk.insert_config("site", &["country"], json!({})).await?;
    desk.insert_config("country", &[], ntp("192.0.2.1")).await?;
    assert_eq!(time_server_of(&desk, phone).await?, "192.0.2.1");
    let device = phone.device(&desk.server).await?;
    assert_eq!((&device["last_error"], &device["last_error_at"]), (&Value::Null, &Value::Null), "{device:#}");
    desk.close().await
}

#[tokio::test]
async fn a_deleted_config_takes_the_files_of_its_devices_and_made_anew_gives_them_back() -> Result<()> {
    let desk = Desk::open().await?;
    desk.insert_config("site", &["base"], ntp("192.0.2.1")).await?;
    desk.insert_config("desk", &["site"], json!({})).await?;
    let [direct, heir] = [1, 2].map(Handset::new);
    desk.insert_device(direct, "site").await?;
    desk.insert_device(heir, "desk").await?;

    assert_eq!(desk.delete_config("site").await?, 204);
    let device = direct.device(&desk.server).await?;
    assert_eq!((&device["configured"], &device["config"]), (&json!(false), &json!("site")), "{device:#}");
    assert_ne!(direct.at(&desk.server).get(&direct.path()).await?.status, 200);
    assert_eq!(heir.device(&desk.server).await?["configured"], true);
    assert_eq!(time_server_of(&desk, heir).await?, NONE);

    desk.insert_config("site", &["base"], ntp("192.0.2.2")).await?;
    for phone in [direct, heir] {
        assert_eq!(phone.device(&desk.server).await?["configured"], true);
        assert_eq!(time_server_of(&desk, phone).await?, "192.0.2.2");
    }
    desk.close().await
}

#[tokio::test]
async fn what_is_not_deletable_stays_and_what_is_not_there_is_not_found() -> Result<()> {
    let desk = Desk::open().await?;
    for id in ["base", "autoprov", "defaultconfigdevice"] {
        assert_eq!(desk.delete_config(id).await?, 403, "{id}");
        assert!(desk.has_config(id).await?, "{id}");
    }
    assert_eq!(desk.delete_config("nothing").await?, 404);
    desk.edit_config("defaultconfigdevice", |config| config["deletable"] = json!(true)).await?;
    assert_eq!(desk.delete_config("defaultconfigdevice").await?, 204);
    Handset::new(1).fetch(&desk.server).await?;
    desk.close().await
}

#[tokio::test]
async fn configs_in_a_circle_and_parents_twice_are_applied_once() -> Result<()> {
    let desk = Desk::open().await?;
    desk.insert_config("one", &["two", "base"], ntp("192.0.2.1")).await?;
    desk.insert_config("two", &["one", "one"], json!({"ntp_ip": "192.0.2.2", "ntp_enabled": true})).await?;
    let phone = Handset::new(1);
    desk.insert_device(phone, "one").await?;
    assert_eq!(time_server_of(&desk, phone).await?, "192.0.2.1");
    desk.edit_config("one", |config| config["raw_config"] = json!({})).await?;
    assert_eq!(time_server_of(&desk, phone).await?, "192.0.2.2");
    desk.close().await
}
