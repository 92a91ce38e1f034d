//! The account a phone gets that nobody has provisioned yet.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use provd_tests::Handset;
use serde_json::json;

use super::Desk;

const PHONES: u32 = 8;

/// Usernames and passwords as they stand in the files of new phones.
async fn accounts(desk: &Desk, first: u32) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let (mut usernames, mut passwords) = (BTreeSet::new(), BTreeSet::new());
    for number in first..first + PHONES {
        let text = Handset::new(number).fetch(&desk.server).await?.text();
        let value = |key: &str| {
            let line = text.lines().find(|line| line.contains(key)).context(key.to_owned())?;
            line.split_once(": ").map(|(_, value)| value.to_owned()).context("no value")
        };
        usernames.insert(value(" user name:")?);
        passwords.insert(value(" password:")?);
    }
    Ok((usernames, passwords))
}

#[tokio::test]
async fn no_two_new_phones_share_a_name_or_a_password() -> Result<()> {
    let desk = Desk::open().await?;
    let (usernames, passwords) = accounts(&desk, 1).await?;
    assert_eq!((usernames.len(), passwords.len()), (PHONES as usize, PHONES as usize));
    let guessable = |text: &&String| text.contains('$') || text.len() < 12 || text.contains("00085D");
    let found: Vec<_> = usernames.iter().chain(&passwords).filter(guessable).collect();
    assert!(found.is_empty(), "{found:?}");
    let log = desk.server.log()?;
    assert!(!passwords.iter().any(|password| log.contains(password)), "a password is in the log");
    desk.close().await
}

#[tokio::test]
async fn a_template_that_states_an_account_shares_it() -> Result<()> {
    let desk = Desk::open().await?;
    desk.edit_config("autoprov", |config| {
        let line = &mut config["raw_config"]["sip_lines"]["1"];
        line["username"] = json!("everybody");
        line["password"] = json!("knows-${mac}");
    })
    .await?;
    let (usernames, passwords) = accounts(&desk, 1).await?;
    assert_eq!(usernames, BTreeSet::from(["everybody".to_owned()]));
    assert_eq!(passwords.len(), PHONES as usize);
    assert!(passwords.contains("knows-00085d000001"), "{passwords:?}");
    // This is what the administrator wants: the invariant that accounts differ is not his.
    Ok(())
}

#[tokio::test]
async fn without_a_template_a_phone_is_known_and_gets_an_account_when_there_is_one() -> Result<()> {
    let desk = Desk::open().await?;
    desk.edit_config("autoprov", |config| config["role"] = json!(null)).await?;
    let phone = Handset::new(1);
    let asked = phone.at(&desk.server).get(&phone.path()).await?;
    assert_ne!(asked.status, 200, "{}", asked.text());
    let device = phone.device(&desk.server).await?;
    assert_eq!((&device["config"], &device["configured"]), (&json!(null), &json!(false)), "{device:#}");
    desk.edit_config("autoprov", |config| config["role"] = json!("autocreate")).await?;
    assert!(phone.fetch(&desk.server).await?.text().contains(" user name:"));
    desk.close().await
}
