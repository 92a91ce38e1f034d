//! SIP NOTIFYs of provd itself, to phones played by sipp.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use anyhow::Result;
use provd::domain::synchronization::SynchronizationMethod;
use provd::provisioning::synchronizer::{SynchronizationError, Synchronizer as _};
use provd::settings::synchronization::{NotifySettings, SipSettings, SipTransport, SynchronizationSettings};
use provd::synchronization::Synchronization;

use crate::network::{Encrypted, Lossy};
use crate::phone::{LINE, Phone, check_sync, settings, target, tell};
use crate::scenario::Scenario;

const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"phone\", nonce=\"47364c23432d2e131a5fb210812c\", qop=\"auth\", algorithm=MD5";

async fn phone(transport: SipTransport, scenario: Scenario) -> Result<Phone> {
    Phone::start(transport, Ipv4Addr::LOCALHOST.into(), &scenario).await
}

fn refusal(outcome: Result<String, SynchronizationError>) -> String {
    match outcome {
        Err(SynchronizationError::Refused { whom, why }) => {
            assert_eq!(whom, "the phone at 127.0.0.1");
            why
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn sip(settings: &mut SynchronizationSettings) -> &mut SipSettings {
    match &mut settings.notify {
        NotifySettings::Sip(sip) => sip,
        _ => panic!("not SIP"),
    }
}

#[tokio::test]
async fn a_phone_that_says_ok_was_told() -> Result<()> {
    for transport in [SipTransport::Udp, SipTransport::Tcp] {
        let phone = phone(transport, Scenario::default().expects_notify().answers("200 OK", &[])).await?;
        let told = tell(settings(transport, phone.port)).await;
        assert_eq!(told.as_deref(), Ok("the phone at 127.0.0.1 answered 200 OK"));
        phone.played().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_phone_is_told_over_tls_whoever_signed_its_certificate() -> Result<()> {
    let scenario = Scenario::default().expects_header("Via:", "SIP/2.0/TLS").answers("200 OK", &[]);
    let phone = phone(SipTransport::Tcp, scenario).await?;
    let network = Encrypted::before(phone.port).await?;
    assert!(tell(settings(SipTransport::Tls, network.port)).await.is_ok());
    phone.played().await
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_where_they_are_verified() -> Result<()> {
    let network = Encrypted::before(9).await?;
    let settings =
        SynchronizationSettings { verify_certificates: true, ..settings(SipTransport::Tls, network.port) };
    match tell(settings).await {
        Err(SynchronizationError::Unreachable { why, .. }) => assert!(why.contains("certificate"), "{why}"),
        // Where the system trusts nobody at all.
        Err(SynchronizationError::NotPossible(why)) => assert!(why.contains("ca-certificates"), "{why}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn a_phone_is_told_over_ipv6() -> Result<()> {
    let scenario =
        Scenario::default().expects_header("Contact:", "sip:provd@\\[::1\\]").answers("200 OK", &[]);
    let phone = Phone::start(SipTransport::Udp, Ipv6Addr::LOCALHOST.into(), &scenario).await?;
    let synchronization = Synchronization::new(settings(SipTransport::Udp, phone.port));
    let told = synchronization.synchronize(&target(Ipv6Addr::LOCALHOST.into()), &check_sync()).await;
    assert_eq!(told.as_deref(), Ok("the phone at ::1 answered 200 OK"));
    phone.played().await
}

#[tokio::test]
async fn a_phone_that_asks_who_tells_it_gets_the_password_of_its_line() -> Result<()> {
    for transport in [SipTransport::Udp, SipTransport::Tcp] {
        let scenario = Scenario::default()
            .expects_notify()
            .answers("401 Unauthorized", &[CHALLENGE])
            .expects_digest(LINE.0, LINE.1);
        let phone = phone(transport, scenario).await?;
        let told = tell(settings(transport, phone.port)).await;
        assert_eq!(told.as_deref(), Ok("the phone at 127.0.0.1 answered 200 OK"));
        phone.played().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_challenge_is_answered_once() -> Result<()> {
    let scenario = Scenario::default()
        .expects_notify()
        .answers("401 Unauthorized", &[CHALLENGE])
        .expects_header("Authorization:", "username=\"alice\"".replace('"', "&quot;").as_str())
        .answers("401 Unauthorized", &[CHALLENGE]);
    let phone = phone(SipTransport::Udp, scenario).await?;
    let why = refusal(tell(settings(SipTransport::Udp, phone.port)).await);
    assert!(why.starts_with("401 Unauthorized (it does not accept"), "{why}");
    assert!(!why.contains(LINE.1), "{why}");
    phone.played().await
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_phone() -> Result<()> {
    for (status, advice) in [
        ("480 Temporarily Unavailable", "not registered"),
        ("481 Subscription does not exist", "unsolicited"),
        ("489 Bad Event", "does not know the event check-sync"),
        ("405 Method Not Allowed", "takes no NOTIFY"),
    ] {
        let phone =
            phone(SipTransport::Udp, Scenario::default().expects_notify().answers(status, &[])).await?;
        let why = refusal(tell(settings(SipTransport::Udp, phone.port)).await);
        assert!(why.starts_with(status) && why.contains(advice), "{why}");
        phone.played().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_datagram_that_is_lost_is_sent_again() -> Result<()> {
    let phone = phone(SipTransport::Udp, Scenario::default().expects_notify().answers("200 OK", &[])).await?;
    let network = Lossy::before(phone.port, 2).await?;
    assert!(tell(settings(SipTransport::Udp, network.port)).await.is_ok());
    assert_eq!(network.seen(), 3);
    phone.played().await
}

#[tokio::test]
async fn a_phone_that_is_at_it_is_waited_for() -> Result<()> {
    let scenario =
        Scenario::default().expects_notify().answers("100 Trying", &[]).pauses(2000).answers("200 OK", &[]);
    let phone = phone(SipTransport::Udp, scenario).await?;
    let network = Lossy::before(phone.port, 0).await?;
    let mut settings = settings(SipTransport::Udp, network.port);
    sip(&mut settings).timers.t2 = Duration::from_secs(10);
    assert!(tell(settings).await.is_ok());
    // Without the provisional answer one each at 0, 100, 300, 700 and 1500 ms.
    assert!(network.seen() <= 3, "{} datagrams", network.seen());
    phone.played().await
}

#[tokio::test]
async fn a_silent_phone_is_given_up_after_timer_f() -> Result<()> {
    let network = Lossy::before(9, usize::MAX).await?;
    let mut settings = settings(SipTransport::Udp, network.port);
    sip(&mut settings).timers.f = Duration::from_secs(1);
    let began = Instant::now();
    let whom = "the phone at 127.0.0.1".to_owned();
    assert_eq!(tell(settings).await, Err(SynchronizationError::NoAnswer { whom, seconds: 1 }));
    assert!(began.elapsed() >= Duration::from_secs(1));
    // At 0, 100, 300 and 700 ms, where the machine is quick enough.
    assert!((2..=4).contains(&network.seen()), "{} datagrams", network.seen());
    Ok(())
}

#[tokio::test]
async fn a_phone_that_is_not_there_is_unreachable_at_once() -> Result<()> {
    for transport in [SipTransport::Udp, SipTransport::Tcp] {
        let phone = phone(transport, Scenario::default().expects_notify()).await?;
        let port = phone.port;
        drop(phone);
        let began = Instant::now();
        match tell(settings(transport, port)).await {
            Err(SynchronizationError::Unreachable { why, .. }) => assert!(why.contains("refused"), "{why}"),
            other => panic!("{other:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    Ok(())
}

#[tokio::test]
async fn a_body_reaches_the_phone() -> Result<()> {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let method = SynchronizationMethod::SipNotify {
        event: "service-control".to_owned(),
        headers: vec![
            header("Content-Type", "text/plain"),
            header("Content", "action=restart"),
            header("Content", "RegisterCallId={}"),
        ],
    };
    let scenario = Scenario::default().expects_header("Content-Length:", "35").answers("200 OK", &[]);
    let phone = phone(SipTransport::Tcp, scenario).await?;
    let synchronization = Synchronization::new(settings(SipTransport::Tcp, phone.port));
    let told = synchronization.synchronize(&target(Ipv4Addr::LOCALHOST.into()), &method).await;
    assert!(told.is_ok(), "{told:?}");
    phone.played().await
}
