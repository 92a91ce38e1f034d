//! provd is away when phones get their addresses: they get them all the same, and provd hears of it when it is back.

use anyhow::Result;
use provd_tests::eventually;
use provd_tests::network::Network;

use crate::client::udhcpc;
use crate::dhcpd::DhcpHome;
use crate::leases::{device_at, home};

#[tokio::test]
async fn leases_are_given_without_provd_which_hears_of_them_when_it_is_back() -> Result<()> {
    let network = Network::new()?;
    let home = home(&["digium"])?;
    // The token is made when provd runs for the first time.
    assert!(home.start().await?.stop().await?.success());
    let dhcp = DhcpHome::new(&home)?;
    let _dnsmasq = dhcp.dnsmasq().await?;

    let mut phones = Vec::new();
    for number in 1..=3 {
        let mac = format!("00:0f:d3:aa:bb:0{number}");
        network.plug_in(&mac)?;
        let address = udhcpc(&network, home.root(), "digium_D40_1_1_0_0_48178")?;
        // A hook that dnsmasq waits for would keep it from running the next.
        eventually("the event to wait", || async { Ok((dhcp.waiting()? == number).then_some(())) }).await?;
        phones.push((mac, address));
    }

    let server = home.start().await?;
    for (mac, address) in phones {
        let device = device_at(&server, &mac, address).await?;
        assert_eq!(
            (&device["model"], &device["version"]),
            (&"D40".into(), &"1.1.0.0.48178".into()),
            "{device:#}"
        );
    }
    dhcp.nothing_waits().await
}
