//! SIP NOTIFYs that Asterisk is asked to send.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use provd::domain::synchronization::{SynchronizationMethod, SynchronizationTarget};
use provd::provisioning::synchronizer::{SynchronizationError, Synchronizer as _};
use provd::settings::synchronization::{AmiSettings, NotifySettings, SynchronizationSettings};
use provd::synchronization::Synchronization;
use provd_tests::ami::{Asterisk, ENDPOINT, Manner, Packet, SECRET, USERNAME, get};
use provd_tests::within;
use tokio::task::JoinSet;

use crate::network::Encrypted;

fn through(asterisk: &Asterisk, secret: &str) -> Synchronization {
    at(asterisk.address.port(), secret, false)
}

fn at(port: u16, secret: &str, tls: bool) -> Synchronization {
    let address = format!("127.0.0.1:{port}");
    let ami = AmiSettings { address, username: USERNAME.to_owned(), secret: secret.to_owned(), tls };
    Synchronization::new(SynchronizationSettings {
        notify: NotifySettings::Ami(ami),
        deadline: Duration::from_secs(3),
        ..SynchronizationSettings::default()
    })
}

fn peer(name: &str) -> SynchronizationTarget {
    SynchronizationTarget { peer: Some(name.to_owned()), ..SynchronizationTarget::default() }
}

fn method() -> SynchronizationMethod {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    SynchronizationMethod::SipNotify {
        event: "check-sync;reboot=false".to_owned(),
        headers: vec![
            header("Content-Type", "text/plain"),
            header("Content", "a,b"),
            header("Content", "c={}"),
        ],
    }
}

fn variables(packet: &Packet) -> Vec<&str> {
    packet.iter().filter(|(key, _)| key == "Variable").map(|(_, value)| value.as_str()).collect()
}

async fn failure(manner: Manner, secret: &str, name: &str) -> Result<SynchronizationError> {
    let asterisk = Asterisk::start(manner).await?;
    match through(&asterisk, secret).synchronize(&peer(name), &method()).await {
        Err(error) => Ok(error),
        Ok(told) => panic!("told: {told}"),
    }
}

fn refusal(error: SynchronizationError) -> String {
    match error {
        SynchronizationError::Refused { whom, why } => {
            assert!(whom.starts_with("the Asterisk manager at 127.0.0.1:"), "{whom}");
            why
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn asterisk_is_asked_for_a_notify_with_all_the_plugin_says() -> Result<()> {
    let asterisk = Asterisk::start(Manner::Sound).await?;
    let told = through(&asterisk, SECRET).synchronize(&peer(ENDPOINT), &method()).await;
    assert!(told.as_ref().is_ok_and(|told| told.ends_with("told alice: NOTIFY sent")), "{told:?}");
    let asked = &asterisk.seen("PJSIPNotify")[0];
    assert_eq!((get(asked, "Endpoint"), get(asked, "URI")), (Some(ENDPOINT), None));
    let expected =
        ["Event=check-sync;reboot=false", "Content-Type=text/plain", "Content=a\\,b", "Content=c={}"];
    assert_eq!(variables(asked), expected);
    assert_eq!(asterisk.seen("Logoff").len(), 1);
    Ok(())
}

#[tokio::test]
async fn without_a_peer_the_address_is_told() -> Result<()> {
    let asterisk = Asterisk::start(Manner::Sound).await?;
    let target =
        SynchronizationTarget { ip: Some(Ipv4Addr::LOCALHOST.into()), ..SynchronizationTarget::default() };
    assert!(through(&asterisk, SECRET).synchronize(&target, &method()).await.is_ok());
    assert_eq!(get(&asterisk.seen("PJSIPNotify")[0], "URI"), Some("sip:anonymous@127.0.0.1"));
    Ok(())
}

#[tokio::test]
async fn many_phones_share_a_login() -> Result<()> {
    let asterisk = Asterisk::start(Manner::Sound).await?;
    let synchronization = std::sync::Arc::new(through(&asterisk, SECRET));
    let mut phones = JoinSet::new();
    for _ in 0..200 {
        let synchronization = synchronization.clone();
        phones.spawn(async move { synchronization.synchronize(&peer(ENDPOINT), &method()).await });
    }
    let outcomes = phones.join_all().await;
    let failures: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(asterisk.seen("PJSIPNotify").len(), 200);
    assert_eq!((asterisk.seen("Login").len(), asterisk.seen("Logoff").len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_failed_login_says_whose_it_was_and_not_with_what() -> Result<()> {
    let why = refusal(failure(Manner::Sound, "opensesame", ENDPOINT).await?);
    assert!(why.starts_with("Authentication failed") && why.contains(USERNAME), "{why}");
    assert!(!why.contains("opensesame"), "{why}");
    Ok(())
}

#[tokio::test]
async fn an_asterisk_without_challenges_is_told_the_secret_on_this_machine() -> Result<()> {
    let asterisk = Asterisk::start(Manner::Plain).await?;
    assert!(through(&asterisk, SECRET).synchronize(&peer(ENDPOINT), &method()).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn an_asterisk_whose_certificate_nobody_vouches_for_learns_nothing() -> Result<()> {
    let asterisk = Asterisk::start(Manner::Sound).await?;
    let network = Encrypted::before(asterisk.address.port()).await?;
    match at(network.port, SECRET, true).synchronize(&peer(ENDPOINT), &method()).await {
        Err(SynchronizationError::Unreachable { why, .. }) => assert!(why.contains("certificate"), "{why}"),
        // Where the system trusts nobody at all.
        Err(SynchronizationError::NotPossible(why)) => assert!(why.contains("ca-certificates"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(asterisk.seen("Challenge").is_empty());
    Ok(())
}

#[tokio::test]
async fn refusals_are_told_in_the_words_of_asterisk() -> Result<()> {
    let unknown = refusal(failure(Manner::Sound, SECRET, "bob").await?);
    assert_eq!(unknown, "Unable to retrieve endpoint bob");
    let forbidden = refusal(failure(Manner::Reluctant, SECRET, ENDPOINT).await?);
    assert!(
        forbidden.starts_with("Permission denied") && forbidden.contains("write = system"),
        "{forbidden}"
    );
    let foreign = refusal(failure(Manner::AnotherServer, SECRET, ENDPOINT).await?);
    assert!(foreign.contains("no Asterisk manager"), "{foreign}");
    let babble = refusal(failure(Manner::Babbles, SECRET, ENDPOINT).await?);
    assert!(babble.contains("too long"), "{babble}");
    Ok(())
}

#[tokio::test]
async fn an_asterisk_that_hangs_up_or_falls_silent_is_an_error() -> Result<()> {
    let cut = failure(Manner::HangsUp, SECRET, ENDPOINT).await?;
    assert!(
        matches!(&cut, SynchronizationError::Unreachable { why, .. } if why.contains("closed")),
        "{cut:?}"
    );
    let silent = failure(Manner::FallsSilent, SECRET, ENDPOINT).await?;
    assert!(matches!(silent, SynchronizationError::NoAnswer { seconds: 3, .. }), "{silent:?}");
    Ok(())
}

#[tokio::test]
async fn many_phones_do_not_wait_for_a_silent_asterisk_one_after_the_other() -> Result<()> {
    let asterisk = Asterisk::start(Manner::FallsSilent).await?;
    let synchronization = std::sync::Arc::new(through(&asterisk, SECRET));
    let mut phones = JoinSet::new();
    for _ in 0..20 {
        let synchronization = synchronization.clone();
        phones.spawn(async move { synchronization.synchronize(&peer(ENDPOINT), &method()).await });
    }
    let outcomes = within("the end of twenty phones", phones.join_all()).await?;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(SynchronizationError::NoAnswer { .. }))));
    assert_eq!(asterisk.seen("PJSIPNotify").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_peer_cannot_bring_actions_of_its_own() -> Result<()> {
    let asterisk = Asterisk::start(Manner::Sound).await?;
    let forged = peer("alice\r\n\r\nAction: Command\r\nCommand: core stop now");
    let outcome = through(&asterisk, SECRET).synchronize(&forged, &method()).await;
    assert!(matches!(outcome, Err(SynchronizationError::NotPossible(_))), "{outcome:?}");
    assert!(asterisk.seen("Command").is_empty() && asterisk.seen("PJSIPNotify").is_empty());
    Ok(())
}
