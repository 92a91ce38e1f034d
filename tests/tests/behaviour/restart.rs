//! Replacing the process of one plugin while phones ask.

use anyhow::Result;
use provd_tests::{Home, Traffic};

const AASTRA: &str = "aastra-3.2.2.1136";
const OTHERS: [&str; 2] = ["aastra-2.6.0.2019", "digium-1.1.0.0"];

#[tokio::test]
async fn one_plugin_is_replaced_and_no_request_fails() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    let mut phone = server.http_phone(2).user_agent("Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP");
    let own = phone.get("/Aastra/001122334455.cfg").await?;
    assert_eq!(own.status, 200);
    let traffic = Traffic::start(phone.another(), "/Aastra/001122334455.cfg", own.body);
    traffic.more(20).await?;
    let before = server.ready(AASTRA).await?;
    let mut others = Vec::new();
    for other in OTHERS {
        others.push(server.ready(other).await?);
    }

    // New phones have to be asked about, not remembered.
    let new_phones = async {
        for number in 10..30 {
            let name = format!("Aastra6731i MAC:00-08-5D-00-00-{number} V:3.2.2.1136-SIP");
            let response = server.http_phone(number).user_agent(&name).get("/Aastra/aastra.cfg").await?;
            assert_eq!(response.status, 200, "{name}: {}", response.text());
        }
        anyhow::Ok(())
    };
    let (said, outcome) = tokio::join!(home.provd(&["plugin", "restart", AASTRA]), new_phones);
    outcome?;
    let said = said?;
    assert_eq!(said.code, Some(0), "{said:?}");
    let after = server.ready(AASTRA).await?;
    assert_ne!(after, before);
    assert!(said.out.contains(&after.pid.to_string()), "{said:?}");
    before.gone().await?;
    traffic.more(50).await?;
    assert_eq!(traffic.stop().failures, Vec::<String>::new());
    for (other, process) in OTHERS.into_iter().zip(others) {
        assert_eq!(server.ready(other).await?, process, "{other}");
    }
    let plugin = server.plugin(AASTRA).await?;
    assert_eq!((plugin["starts"].as_u64(), plugin["crashes"].as_array().map(Vec::len)), (Some(2), Some(0)));
    Ok(())
}

#[tokio::test]
async fn an_administrators_template_takes_effect_with_a_restart() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let mut phone = server.http_phone(3);
    assert_eq!(phone.get("/Digium/000fd3054848.cfg").await?.status, 200);
    let templates = home.data_dir().join("overrides/digium-1.1.0.0/templates/config");
    std::fs::create_dir_all(&templates)?;
    std::fs::write(templates.join("base.j2"), "written by the administrator for {{ device.mac }}\n")?;

    server.restart_plugin("digium-1.1.0.0").await?.ok()?;
    let look = || async {
        let file = server.http_phone(3).get("/Digium/000fd3054848.cfg").await?;
        Ok((file.text() == "written by the administrator for 00:0f:d3:05:48:48\n").then_some(()))
    };
    provd_tests::eventually("the file of the administrator's template", look).await
}
