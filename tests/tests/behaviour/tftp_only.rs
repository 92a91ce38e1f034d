//! Phones that speak nothing but TFTP and say who they are bit by bit.

use anyhow::{Result, anyhow};
use provd_tests::Home;
use serde_json::json;

#[tokio::test]
async fn a_phone_that_comes_back_at_another_address_leaves_no_junk() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;

    let phone = server.tftp_phone(2);
    let boot = phone.get("/spa3102.cfg").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let device = server.only_device().await?;
    assert_eq!((&device["model"], &device["mac"]), (&json!("SPA3102"), &json!(null)));

    let own = phone.get("/001122334477.xml").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let known = server.only_device().await?;
    assert_eq!(known["id"], device["id"]);
    assert_eq!(known["mac"], "00:11:22:33:44:77");
    assert_eq!(known["plugin"], "cisco-spa3102-5.1.10");
    assert_eq!(known["configured"], true, "{known:#}");

    let moved = server.tftp_phone(3);
    let boot_again = moved.get("/spa3102.cfg").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let own_again = moved.get("/001122334477.xml").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    assert_eq!((boot_again.content, own_again.content), (boot.content, own.content));
    let device = server.only_device().await?;
    assert_eq!((&device["id"], &device["ip"]), (&known["id"], &json!("127.0.0.3")));
    Ok(())
}

#[tokio::test]
async fn options_are_agreed_on_and_files_of_any_size_arrive_whole() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    let phone = server.tftp_phone(2);
    phone.get("spa3102.cfg").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    // Whole blocks only, of either size: the end must be told by an empty one.
    let firmware: Vec<u8> = (0..1024 * 1024_u32).map(|at| (at % 251) as u8).collect();
    home.serve_file("cisco-spa3102-5.1.10", "firmware.bin", &firmware)?;

    let plain = phone.get("firmware.bin").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    assert!(plain.content == firmware && plain.options.is_empty());

    let options = [("blksize", "1024"), ("tsize", "0"), ("timeout", "5"), ("unheard-of", "1")];
    let fast = phone.get_with("firmware.bin", &options).await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    assert!(fast.content == firmware);
    assert_eq!(fast.options["blksize"], "1024");
    assert_eq!(fast.options["tsize"], firmware.len().to_string());
    assert!(!fast.options.contains_key("unheard-of"));
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_the_code_for_that() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    let nobody = server.tftp_phone(8).get("nothing.cfg").await?;
    assert_eq!(nobody.map_err(|refusal| refusal.code), Err(1));
    assert!(server.devices().await?.is_empty());

    server.tftp_phone(2).get("spa3102.cfg").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let missing = server.tftp_phone(2).get("missing.cfg").await?;
    assert_eq!(missing.map_err(|refusal| refusal.code), Err(1));
    Ok(())
}

#[tokio::test]
async fn on_all_addresses_the_one_that_was_asked_answers() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?.argument("--tftp").argument("0.0.0.0:0");
    let server = home.start().await?;
    // The phone refuses packets from any other address than the one it asked.
    let phone = server.tftp_phone_asking([127, 0, 0, 42], 2);
    phone.get("spa3102.cfg").await?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    Ok(())
}
