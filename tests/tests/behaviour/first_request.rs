//! A phone nobody ever saw asks for its file.

use anyhow::Result;
use provd_tests::{Home, eventually};
use serde_json::json;
use tokio::task::JoinSet;

const USER_AGENT: &str = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";

#[tokio::test]
async fn a_new_phone_is_served_and_known_from_then_on() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    let mut phone = server.http_phone(1).user_agent(USER_AGENT);

    let common = phone.get("/Aastra/aastra.cfg").await?;
    assert_eq!(common.status, 200, "{}", common.text());
    assert!(!common.body.is_empty());

    let device = server.only_device().await?;
    for (key, value) in [
        ("vendor", json!("Aastra")),
        ("model", json!("6731i")),
        ("version", json!("3.2.2.1136")),
        ("mac", json!("00:11:22:33:44:55")),
        ("ip", json!("127.0.0.1")),
        ("added", json!("auto")),
        ("plugin", json!("aastra-3.2.2.1136")),
        ("configured", json!(true)),
    ] {
        assert_eq!(device[key], value, "{key} of {device:#}");
    }
    let config = device["config"].as_str().unwrap_or_default();
    let config = server.api().get(&format!("/0.2/cfg_mgr/configs/{config}")).await?.ok()?;
    assert_eq!(config["config"]["parent_ids"], json!(["autoprov"]));
    assert_eq!(config["config"]["transient"], true);

    let again = phone.get("/Aastra/aastra.cfg").await?;
    assert_eq!(
        (again.status, &again.body, &again.headers["etag"]),
        (200, &common.body, &common.headers["etag"])
    );
    assert_eq!(server.only_device().await?, device);
    Ok(())
}

#[tokio::test]
async fn its_own_file_is_found_however_the_name_is_spelled() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let mut phone = server.http_phone(1).user_agent("Aastra6731i MAC:00-08-5D-AB-CD-EF V:3.2.2.1136-SIP");
    let own = phone.get("/Aastra/00085DABCDEF.cfg").await?;
    assert_eq!(own.status, 200, "{}", own.text());
    let device = server.only_device().await?;
    let config = device["config"].as_str().unwrap_or_default();
    let account = server.api().get(&format!("/0.2/cfg_mgr/configs/{config}")).await?.ok()?;
    let username = account["config"]["raw_config"]["sip_lines"]["1"]["username"].as_str().unwrap_or("?");
    assert!(own.text().contains(username), "{username} in {}", own.text());
    for target in [
        "/Aastra/00085dabcdef.cfg",
        "/Aastra/00-08-5D-AB-CD-EF.cfg",
        "/Aastra/00:08:5d:ab:cd:ef.cfg",
        "//Aastra//00085DABCDEF.cfg",
        "/Aastra%2F00085DABCDEF.cfg",
        "/Aastra/./00085DABCDEF.cfg",
    ] {
        assert_eq!(phone.get(target).await?.body, own.body, "{target}");
    }
    assert_eq!(phone.get("/Aastra/000000000000.cfg").await?.status, 404, "another phone's file");
    server.only_device().await?;
    Ok(())
}

#[tokio::test]
async fn its_file_can_be_asked_for_as_http_allows() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let mut phone = server.http_phone(1).user_agent(USER_AGENT);
    let whole = phone.get("/Aastra/001122334455.cfg").await?;
    assert_eq!(whole.headers["content-length"], whole.body.len().to_string());

    let head = phone.request("HEAD", "/Aastra/001122334455.cfg").await?;
    assert_eq!((head.status, &head.headers["content-length"]), (200, &whole.headers["content-length"]));

    let mut part = phone.another().header("Range", "bytes=2-5");
    let part = part.get("/Aastra/001122334455.cfg").await?;
    assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[2..6]));

    let mut unchanged = phone.another().header("If-None-Match", &whole.headers["etag"]);
    assert_eq!(unchanged.get("/Aastra/001122334455.cfg").await?.status, 304);

    for method in ["PUT", "POST", "DELETE"] {
        assert_eq!(
            phone.another().request(method, "/Aastra/001122334455.cfg").await?.status,
            405,
            "{method}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_of_which_nothing_is_known_gets_nothing() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    let mut browser =
        server.http_phone(9).user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101");
    for target in ["/", "/Aastra/aastra.cfg", "/Aastra/001122334455.cfg", "/favicon.ico", "/admin.token"] {
        assert_eq!(browser.get(target).await?.status, 404, "{target}");
    }
    assert_eq!(server.devices().await?, Vec::<serde_json::Value>::new());
    Ok(())
}

#[tokio::test]
async fn first_requests_in_parallel_make_one_device() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let phone = server.http_phone(1).user_agent(USER_AGENT);
    let mut requests = JoinSet::new();
    for number in 0..24 {
        let mut phone = phone.another();
        let target = if number % 2 == 0 { "/Aastra/aastra.cfg" } else { "/Aastra/001122334455.cfg" };
        requests.spawn(async move { phone.get(target).await });
    }
    for response in requests.join_all().await {
        assert_eq!(response?.status, 200);
    }
    server.only_device().await?;
    let configs = server.api().get("/0.2/cfg_mgr/configs").await?.ok()?;
    let transient = |config: &&serde_json::Value| config["transient"] == true;
    assert_eq!(configs["configs"].as_array().map(|all| all.iter().filter(transient).count()), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_change_of_its_config_reaches_its_file() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let mut phone = server.http_phone(1).user_agent(USER_AGENT);
    let before = phone.get("/Aastra/001122334455.cfg").await?;
    let autoprov = server.api().get("/0.2/cfg_mgr/configs/autoprov").await?.ok()?;

    let config = json!({"config": {
        "id": "reception",
        "parent_ids": ["base"],
        "raw_config": {"sip_proxy_ip": "192.0.2.7", "sip_lines": {"1": {
            "username": "reception-line", "password": "its-password", "display_name": "Reception",
        }}},
    }});
    server.api().post("/0.2/cfg_mgr/configs", &config).await?.ok()?;
    let mut device = server.only_device().await?;
    let id = device["id"].as_str().unwrap_or_default().to_owned();
    device["config"] = json!("reception");
    server.api().put(&format!("/0.2/dev_mgr/devices/{id}"), &json!({"device": device})).await?.ok()?;

    let look = || async {
        let response = server.http_phone(1).user_agent(USER_AGENT).get("/Aastra/001122334455.cfg").await?;
        Ok(response.text().contains("reception-line").then_some(response))
    };
    let after = eventually("the new line in the file", look).await?;
    assert_ne!(after.headers["etag"], before.headers["etag"]);
    assert!(!after.text().contains("autoprov"), "{autoprov}");

    let log = server.log()?;
    assert!(!log.contains("its-password"), "a password is in the log");
    assert!(!log.contains(server.api().token()), "the administrator's token is in the log");
    Ok(())
}
