//! What an administrator decides about unknown phones, about whose record may change, and about shared addresses.

use anyhow::{Context as _, Result, anyhow};
use provd_tests::{Handset, Home, Server, invariants};
use serde_json::{Value, json};
use tokio::task::JoinSet;

fn with(families: &[&str], arguments: &[&str]) -> Result<Home> {
    Ok(arguments.iter().fold(Home::with_families(families)?, |home, argument| home.argument(*argument)))
}

/// Status and Retry-After of a phone that asks for its own file from an address.
async fn ask(server: &Server, handset: Handset, address: [u8; 4]) -> Result<(u16, Option<u64>)> {
    let mut phone = server.http_phone_at(address).user_agent(&handset.user_agent(Handset::FIRMWARE));
    let response = phone.get(&handset.path()).await?;
    let retry_after = response.headers.get("retry-after").map(|seconds| seconds.parse()).transpose()?;
    Ok((response.status, retry_after))
}

async fn put(server: &Server, device: &Value) -> Result<()> {
    let path = format!("/0.2/dev_mgr/devices/{}", device["id"].as_str().context("no id")?);
    server.api().put(&path, &json!({ "device": device })).await?.ok().map(drop)
}

async fn waiting(server: &Server) -> Result<Vec<Value>> {
    let list = server.api().get("/0.2/dev_mgr/waiting").await?.ok()?;
    Ok(list["waiting"].as_array().context("no list")?.clone())
}

#[tokio::test]
async fn a_scan_is_slowed_down_and_nobody_else_notices() -> Result<()> {
    let home = with(&["aastra"], &["--auto-create-burst", "5", "--auto-create-per-minute", "0"])?;
    let server = home.start().await?;
    for number in 1..=5 {
        assert_eq!(ask(&server, Handset::new(number), [127, 0, 0, 7]).await?.0, 200, "phone {number}");
    }
    let (status, retry_after) = ask(&server, Handset::new(6), [127, 0, 0, 8]).await?;
    assert_eq!(status, 503);
    assert!(retry_after.is_some_and(|seconds| seconds > 0), "{retry_after:?}");
    assert_eq!(ask(&server, Handset::new(1), [127, 0, 0, 8]).await?.0, 200, "a known phone");
    assert_eq!(ask(&server, Handset::new(6), [127, 0, 1, 8]).await?.0, 200, "another network");
    assert_eq!(server.devices().await?.len(), 6);
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn nobody_is_created_above_the_ceiling_until_an_administrator_has_looked() -> Result<()> {
    let home = with(&["aastra"], &["--auto-create-ceiling", "5"])?;
    let server = home.start().await?;
    for number in 1..=5 {
        assert_eq!(ask(&server, Handset::new(number), [127, 0, 0, 7]).await?.0, 200, "phone {number}");
    }
    assert_eq!(ask(&server, Handset::new(6), [127, 0, 0, 8]).await?, (404, None));
    assert_eq!(ask(&server, Handset::new(1), [127, 0, 0, 8]).await?.0, 200, "a known phone");
    assert_eq!(ask(&server, Handset::new(7), [127, 0, 1, 8]).await?.0, 200, "another network");
    let mut looked_at = Handset::new(2).device(&server).await?;
    looked_at["description"] = json!("Reception");
    put(&server, &looked_at).await?;
    assert_eq!(ask(&server, Handset::new(6), [127, 0, 0, 8]).await?.0, 200, "there is room for one more");
    assert_eq!(ask(&server, Handset::new(8), [127, 0, 0, 8]).await?.0, 404);
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn the_ceiling_holds_however_many_ask_at_once() -> Result<()> {
    let home = with(&["aastra"], &["--auto-create-burst", "5", "--auto-create-per-minute", "0"])?;
    let server = home.start().await?;
    let mut requests = JoinSet::new();
    for number in 1..=40 {
        let handset = Handset::new(number);
        let mut phone = server.http_phone(7).user_agent(&handset.user_agent(Handset::FIRMWARE));
        requests.spawn(async move { phone.get(&handset.path()).await.map(|response| response.status) });
    }
    let statuses = requests.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(503)), (5, 35), "{statuses:?}");
    assert_eq!(server.devices().await?.len(), 5);
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn an_unknown_phone_waits_once_until_it_is_approved() -> Result<()> {
    let home = with(&["aastra"], &["--retriever", "approve"])?;
    let server = home.start().await?;
    let (first, second) = (Handset::new(1), Handset::new(2));
    let mut requests = JoinSet::new();
    for _ in 0..10 {
        let mut phone = first.at(&server);
        requests.spawn(async move { phone.get(&first.path()).await.map(|response| response.status) });
    }
    for status in requests.join_all().await {
        assert_eq!(status?, 404);
    }
    assert_eq!(second.at(&server).get("/Aastra/aastra.cfg").await?.status, 404);
    assert!(server.devices().await?.is_empty());
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    assert_eq!(first.at(&server).get(&first.path()).await?.status, 404);
    let list = waiting(&server).await?;
    let macs: Vec<_> = list.iter().map(|entry| entry["mac"].clone()).collect();
    assert_eq!(macs, [json!(first.mac()), json!(second.mac())], "{list:#?}");
    for (key, value) in [("vendor", "Aastra"), ("model", "6731i"), ("version", Handset::FIRMWARE)] {
        assert_eq!(list[0][key], value, "{:#}", list[0]);
    }
    for entry in &list {
        let id = entry["id"].as_str().context("no id")?;
        let approved = server.api().post(&format!("/0.2/dev_mgr/waiting/{id}/approve"), &json!({})).await?;
        assert_eq!((approved.status, &approved.body["id"]), (201, &entry["id"]), "{approved:?}");
        assert_eq!(approved.location, Some(format!("/0.2/dev_mgr/devices/{id}")));
    }
    assert!(waiting(&server).await?.is_empty());
    let account = |text: &str| text.lines().find(|line| line.contains("user name:")).map(str::to_owned);
    let accounts =
        [first.fetch(&server).await?, second.fetch(&server).await?].map(|file| account(&file.text()));
    assert!(accounts[0].is_some() && accounts[0] != accounts[1], "{accounts:?}");
    assert_eq!(server.devices().await?.len(), 2);
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn who_is_dismissed_is_back_when_it_asks_and_who_says_more_waits_no_second_time() -> Result<()> {
    let home = with(&["cisco-spa"], &["--retriever", "approve"])?;
    let server = home.start().await?;
    for file in ["/spa3102.cfg", "/000e08aabbcc.xml", "/spa3102.cfg"] {
        let answer = server.tftp_phone(7).get(file).await?;
        assert_eq!(answer.map_err(|refusal| refusal.code).err(), Some(1), "{file}");
    }
    let list = waiting(&server).await?;
    let [entry] = list.as_slice() else { return Err(anyhow!("not one: {list:#?}")) };
    assert_eq!((&entry["mac"], &entry["model"]), (&json!("00:0e:08:aa:bb:cc"), &json!("SPA3102")));
    let path = format!("/0.2/dev_mgr/waiting/{}", entry["id"].as_str().context("no id")?);
    assert_eq!(server.api().delete(&path).await?.status, 204);
    assert_eq!(server.api().delete(&path).await?.status, 404);
    assert!(waiting(&server).await?.is_empty());
    assert!(server.tftp_phone(7).get("/000e08aabbcc.xml").await?.is_err());
    assert_eq!(waiting(&server).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn in_secure_mode_strangers_get_nothing_and_no_record_changes() -> Result<()> {
    let home = with(&["aastra"], &["--retriever", "secure", "--updater", "secure"])?;
    let server = home.start().await?;
    let (known, stranger) = (Handset::new(1), Handset::new(2));
    let config = json!({"config": {"id": "reception", "parent_ids": ["base"], "raw_config": {}}});
    server.api().post("/0.2/cfg_mgr/configs", &config).await?.ok()?;
    let device = json!({"device": {
        "id": "known", "mac": known.mac(), "ip": "127.0.0.50", "vendor": "Aastra", "model": "6731i",
        "version": "3.2.2.1136", "plugin": "aastra-3.2.2.1136", "config": "reception",
    }});
    server.api().post("/0.2/dev_mgr/devices", &device).await?.ok()?;
    let before = server.only_device().await?;
    assert_eq!(before["configured"], true, "{before:#}");

    let mut phone = server.http_phone(7).user_agent(&known.user_agent("2.6.0.2019"));
    assert_eq!(phone.get(&known.path()).await?.status, 200);
    assert_eq!(phone.get("/Aastra/aastra.cfg").await?.status, 200);
    assert_eq!(ask(&server, stranger, [127, 0, 0, 7]).await?, (404, None));
    assert_eq!(server.only_device().await?, before);
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn phones_behind_nat_share_an_address_and_others_take_it() -> Result<()> {
    let home = with(&["aastra"], &["--nat", "127.0.1.0/24"])?;
    let server = home.start().await?;
    for (inside, address) in [(true, [127, 0, 1, 9]), (false, [127, 0, 2, 9])] {
        let number = if inside { 1 } else { 3 };
        let (first, second) = (Handset::new(number), Handset::new(number + 1));
        for handset in [first, second] {
            assert_eq!(ask(&server, handset, address).await?.0, 200);
        }
        let ip = json!(std::net::Ipv4Addr::from(address).to_string());
        assert_eq!(second.device(&server).await?["ip"], ip);
        let left = first.device(&server).await?;
        assert_eq!(left["ip"], if inside { ip } else { Value::Null }, "inside: {inside}, {left:#}");
        assert_eq!(ask(&server, first, address).await?.0, 200, "it is known by its MAC address");
    }
    invariants::hold(&server, &home).await
}
