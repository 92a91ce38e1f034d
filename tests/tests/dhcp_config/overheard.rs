//! DHCP clients that are heard beside the server that gives them their leases.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use async_trait::async_trait;
use provd::domain::answer::Answer;
use provd::domain::request::{Request, RequestKind};
use provd::listeners::dhcp::{PassiveDhcp, serve};
use provd::pipeline::RequestHandler;
use provd_tests::network::Network;
use provd_tests::{Home, eventually, within};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::dhclient;
use crate::server::Kind;

/// Keeps what it is told.
#[derive(Default)]
struct Recorder(Mutex<Vec<Request>>);

impl Recorder {
    fn told(&self) -> Vec<Request> {
        self.0.lock().map(|told| told.clone()).unwrap_or_default()
    }
}

#[async_trait]
impl RequestHandler for Recorder {
    async fn handle(&self, request: Request) -> Answer {
        if let Ok(mut told) = self.0.lock() {
            told.push(request);
        }
        Answer::Nothing
    }
}

async fn a_client_is_heard_beside(kind: Kind, interfaces: Option<&str>) -> Result<()> {
    let network = Network::new()?;
    let folder = tempfile::tempdir()?;
    let _dhcp = kind.start(folder.path(), EMPTY[kind as usize]).await?;
    let (recorder, shutdown, mut tasks) =
        (Arc::new(Recorder::default()), CancellationToken::new(), JoinSet::new());
    tasks.spawn(serve(PassiveDhcp::open(interfaces)?, recorder.clone(), shutdown.clone()));

    let class = b"Cisco Systems, Inc. IP Phone CP-7940G\0";
    let lease = dhclient(&network, folder.path(), "00:1b:54:aa:bb:01", class).await?;
    let look = || async { Ok(recorder.told().into_iter().next()) };
    let request = eventually("the client to be heard", look).await?;
    assert_eq!(request.ip.to_string(), lease.address()?);
    let RequestKind::Dhcp(dhcp) = request.kind else { panic!("not DHCP: {:?}", request.kind) };
    assert_eq!(dhcp.mac.to_string(), "00:1b:54:aa:bb:01");
    assert_eq!(dhcp.vendor_class().as_deref(), Some("Cisco Systems, Inc. IP Phone CP-7940G"));
    assert!(dhcp.only_phones);

    shutdown.cancel();
    within("the end of the listener", tasks.join_all()).await?;
    assert_eq!(recorder.told().len(), 1, "{:?}", recorder.told());
    Ok(())
}

/// Nothing, as each server spells it.
const EMPTY: [&str; 3] = ["", "\"option-data\": []", ""];

#[tokio::test]
async fn a_client_is_heard_beside_dnsmasq() -> Result<()> {
    a_client_is_heard_beside(Kind::Dnsmasq, None).await
}

#[tokio::test]
async fn a_client_is_heard_beside_isc_dhcpd_on_one_interface() -> Result<()> {
    a_client_is_heard_beside(Kind::Isc, Some(Network::CARD)).await
}

#[tokio::test]
async fn a_client_is_heard_beside_kea_on_several_interfaces() -> Result<()> {
    a_client_is_heard_beside(Kind::Kea, Some("lo, lan")).await
}

#[tokio::test]
async fn nobody_is_heard_on_another_interface() -> Result<()> {
    let network = Network::new()?;
    let folder = tempfile::tempdir()?;
    let _dhcp = Kind::Dnsmasq.start(folder.path(), "").await?;
    let (elsewhere, here) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
    let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn(serve(PassiveDhcp::open(Some("lo"))?, elsewhere.clone(), shutdown.clone()));
    tasks.spawn(serve(PassiveDhcp::open(Some(Network::CARD))?, here.clone(), shutdown.clone()));
    dhclient(&network, folder.path(), "00:1b:54:aa:bb:02", b"x").await?;
    // What has come to one socket has come to the other.
    eventually("the client to be heard", || async { Ok(here.told().into_iter().next()) }).await?;
    assert!(elsewhere.told().is_empty());
    shutdown.cancel();
    within("the end of the listeners", tasks.join_all()).await?;
    Ok(())
}

#[tokio::test]
async fn provd_knows_a_phone_that_has_asked_it_for_nothing() -> Result<()> {
    let network = Network::new()?;
    let home = Home::with_families(&["cisco-sccp"])?.argument("--dhcp-listen").argument(Network::CARD);
    let server = home.start().await?;
    let folder = home.root().join("dhcp");
    let _dhcp = Kind::Dnsmasq.start(&folder, "").await?;
    dhclient(&network, &folder, "00:1b:54:aa:bb:03", b"MSFT 5.0").await?;
    let class = b"Cisco Systems, Inc. IP Phone CP-7940G\0";
    let lease = dhclient(&network, &folder, "00:1b:54:aa:bb:04", class).await?;
    let look = || async { Ok(server.devices().await?.into_iter().next()) };
    eventually("a device", look).await?;
    let device = server.only_device().await?;
    for (key, value) in [
        ("mac", "00:1b:54:aa:bb:04"),
        ("ip", lease.address()?),
        ("vendor", "Cisco"),
        ("model", "7940G"),
        ("plugin", "cisco-sccp-legacy"),
    ] {
        assert_eq!(device[key], value, "{key} of {device:#}");
    }
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_interface_that_is_not_there_is_named() {
    let error = PassiveDhcp::open(Some("lan7")).unwrap_err();
    assert!(error.to_string().contains("`lan7`"), "{error}");
}
