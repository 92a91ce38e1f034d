//! A phone an administrator set up before it was ever switched on.

use anyhow::Result;
use provd_tests::Home;
use serde_json::{Map, Value, json};

fn config() -> Value {
    let keys: Map<String, Value> = (1..=10)
        .map(|number| {
            let kind = if number % 2 == 0 { "blf" } else { "speeddial" };
            let key = json!({"type": kind, "value": format!("20{number:02}"), "label": format!("Key {number}"), "line": 1});
            (number.to_string(), key)
        })
        .collect();
    json!({"config": {
        "id": "desk",
        "parent_ids": ["base"],
        "raw_config": {
            "sip_proxy_ip": "192.0.2.10",
            "sip_registrar_ip": "192.0.2.10",
            "sip_lines": {
                "1": {"username": "first-line", "password": "first-secret", "display_name": "First", "number": "101"},
                "2": {"username": "second-line", "password": "second-secret", "display_name": "Second", "number": "102"},
            },
            "funckeys": keys,
        },
    }})
}

#[tokio::test]
async fn lines_and_keys_reach_the_files_of_a_d40() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    server.api().post("/0.2/cfg_mgr/configs", &config()).await?.ok()?;
    let device = json!({"device": {
        "id": "d40", "mac": "00:0f:d3:05:48:48", "vendor": "Digium", "model": "D40", "plugin": "digium-1.1.0.0",
        "config": "desk",
    }});
    let created = server.api().post("/0.2/dev_mgr/devices", &device).await?;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.location.as_deref(), Some("/0.2/dev_mgr/devices/d40"));
    assert_eq!(server.only_device().await?["configured"], true);

    let mut phone = server.http_phone(5).user_agent("curl");
    let own = phone.get("/Digium/000fd3054848.cfg").await?;
    assert_eq!(own.status, 200);
    for expected in ["first-line", "first-secret", "second-line", "second-secret", "192.0.2.10"] {
        assert!(own.text().contains(expected), "{expected} is not in {}", own.text());
    }
    let contacts = phone.get("/Digium/000fd3054848-contacts.xml").await?;
    assert_eq!(contacts.status, 200);
    for number in 1..=10 {
        for expected in [format!("20{number:02}"), format!("Key {number}")] {
            assert!(contacts.text().contains(&expected), "{expected} is not in {}", contacts.text());
        }
    }
    let known = server.only_device().await?;
    assert_eq!((&known["id"], &known["ip"]), (&json!("d40"), &json!("127.0.0.5")));
    assert_eq!(known["remote_state_sip_username"], "first-line");

    let files = server.api().get("/0.2/dev_mgr/devices/d40/files").await?.ok()?;
    let paths: Vec<&str> =
        files["files"].as_array().into_iter().flatten().filter_map(|file| file["path"].as_str()).collect();
    assert_eq!(paths, ["Digium/000fd3054848-contacts.xml", "Digium/000fd3054848.cfg"]);
    server.logged(&["Sensitive file requested from 127.0.0.5: 000fd3054848.cfg"]).await?;
    Ok(())
}
