//! One URL, two firmware versions: who asks decides who answers.

use anyhow::Result;
use provd_tests::Home;

#[tokio::test]
async fn each_phone_gets_the_file_of_its_own_firmware() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    home.serve_file("aastra-2.6.0.2019", "6730i.st", b"firmware two")?;
    home.serve_file("aastra-3.2.2.1136", "6730i.st", b"firmware three")?;
    let phones = [
        (2, "00-08-5D-00-00-02", "2.6.0.2019", "firmware two"),
        (3, "00-08-5D-00-00-03", "3.2.2.1136", "firmware three"),
    ];
    for (address, mac, version, firmware) in phones {
        let name = format!("Aastra6730i MAC:{mac} V:{version}-SIP");
        let response = server.http_phone(address).user_agent(&name).get("/6730i.st").await?;
        assert_eq!((response.status, response.text().as_str()), (200, firmware));
        let expected = format!("Routing request to plugin aastra-{version}");
        let routed = server.logged(&[&expected]).await?;
        let number = routed.split(['<', '>']).nth(1).unwrap_or_default();
        for words in ["Extracted device info: ", "Retrieved device id: "] {
            server.logged(&[&format!("<{number}> {words}")]).await?;
        }
    }
    server.logged(&["Processing HTTP request: ", "/6730i.st"]).await?;
    assert_eq!(server.devices().await?.len(), 2);

    let mut third = server.http_phone(4).user_agent("curl/8.5.0");
    assert_eq!(third.get("/6730i.st").await?.status, 404);
    Ok(())
}
