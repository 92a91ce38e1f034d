//! What an administrator may decide before the server starts.

use anyhow::Result;
use provd_tests::Home;

const USER_AGENT: &str = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";

#[tokio::test]
async fn an_address_told_by_a_proxy_is_believed_only_of_a_trusted_one() -> Result<()> {
    for (proxies, address) in [("0", "127.0.0.2"), ("1", "192.0.2.78"), ("2", "192.0.2.77")] {
        let home = Home::with_families(&["aastra"])?.argument("--trusted-proxies").argument(proxies);
        let server = home.start().await?;
        let phone = server.http_phone(2).user_agent(USER_AGENT);
        let mut phone = phone.header("X-Forwarded-For", "203.0.113.1, 192.0.2.77, 192.0.2.78");
        assert_eq!(phone.get("/Aastra/aastra.cfg").await?.status, 200);
        assert_eq!(server.only_device().await?["ip"], address, "{proxies} trusted proxies");
    }
    Ok(())
}

#[tokio::test]
async fn a_configuration_file_is_obeyed_and_its_mistakes_are_named() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let file = home.root().join("provd.toml");
    let path = file.display().to_string();
    std::fs::write(&file, "# For tests\nhttp_port = 80\n")?;
    let refused = home.provd(&["serve", "--config", &path]).await?;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for expected in [path.as_str(), "http_port", "line 2"] {
        assert!(refused.err.contains(expected), "{expected} is not in {}", refused.err);
    }

    std::fs::write(&file, "advertised_url = 'http://phones.example.org:8000/'\ntrusted_proxies = 1\n")?;
    let home = home.argument("--config").argument(path);
    let server = home.start().await?;
    let phone = server.http_phone(2).user_agent(USER_AGENT);
    let mut phone = phone.header("X-Forwarded-For", "192.0.2.77");
    assert_eq!(phone.get("/Aastra/aastra.cfg").await?.status, 200);
    assert_eq!(server.only_device().await?["ip"], "192.0.2.77");
    let raw = server.api().get("/0.2/cfg_mgr/configs/base/raw").await?.ok()?;
    assert_eq!(raw["raw_config"]["http_base_url"], "http://phones.example.org:8000");
    Ok(())
}

#[tokio::test]
async fn behind_nat_phones_share_an_address() -> Result<()> {
    for (flags, address_of_the_first) in
        [(vec![], serde_json::Value::Null), (vec!["--nat"], "127.0.0.2".into())]
    {
        let home = flags.iter().fold(Home::with_families(&["aastra"])?, |home, flag| home.argument(*flag));
        let server = home.start().await?;
        for number in [1, 2] {
            let name = format!("Aastra6731i MAC:00-11-22-33-44-0{number} V:3.2.2.1136-SIP");
            let response = server.http_phone(2).user_agent(&name).get("/Aastra/aastra.cfg").await?;
            assert_eq!(response.status, 200);
        }
        let devices = server.devices().await?;
        let first = devices.iter().find(|device| device["mac"] == "00:11:22:33:44:01");
        assert_eq!(first.map(|device| &device["ip"]), Some(&address_of_the_first), "{devices:#?}");
    }
    Ok(())
}
