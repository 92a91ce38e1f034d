//! A plugin dies, or stands still: its phones hardly notice, all others not at all.

use anyhow::Result;
use provd_tests::{Home, Server, Traffic, eventually};
use rustix::process::Signal;
use serde_json::Value;

const AASTRA: &str = "aastra-3.2.2.1136";
const DIGIUM: &str = "digium-1.1.0.0";

/// A phone of each family, asking for its own file without end.
async fn traffic(server: &Server) -> Result<(Traffic, Traffic)> {
    let mut aastra = server.http_phone(2).user_agent("Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP");
    let mut digium = server.http_phone(3);
    let aastra_file = aastra.get("/Aastra/001122334455.cfg").await?;
    let digium_file = digium.get("/Digium/000fd3054848.cfg").await?;
    assert_eq!((aastra_file.status, digium_file.status), (200, 200));
    let aastra = Traffic::start(aastra, "/Aastra/001122334455.cfg", aastra_file.body);
    let digium = Traffic::start(digium, "/Digium/000fd3054848.cfg", digium_file.body);
    Ok((aastra, digium))
}

fn crashes(plugin: &Value) -> usize {
    plugin["crashes"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_crash_is_seen_by_no_phone_and_by_every_administrator() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    let (aastra, digium) = traffic(&server).await?;
    aastra.more(50).await?;
    let bystander = server.ready(AASTRA).await?;
    let victim = server.ready(DIGIUM).await?;

    victim.signal(Signal::KILL)?;
    // The files it generated are the server's: they are served while there is no plugin at all.
    let look = || async { Ok((crashes(&server.plugin(DIGIUM).await?) == 1).then_some(())) };
    eventually("the crash to be noticed", look).await?;
    digium.more(5).await?;
    server.ready_anew(DIGIUM, victim).await?;
    aastra.more(50).await?;
    digium.more(50).await?;

    assert_eq!(aastra.stop().failures, Vec::<String>::new());
    assert_eq!(digium.stop().failures, Vec::<String>::new());
    assert_eq!(server.ready(AASTRA).await?, bystander);
    assert_eq!(server.plugin(DIGIUM).await?["starts"], 2);

    let shown = home.provd(&["plugin", "show", DIGIUM]).await?;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains("killed by SIGKILL"), "{}", shown.out);
    let listed = home.provd(&["plugin", "list"]).await?;
    let line = listed.out.lines().find(|line| line.contains(DIGIUM)).unwrap_or_default();
    assert!(line.contains("ready"), "{}", listed.out);
    Ok(())
}

#[tokio::test]
async fn a_phone_that_comes_while_its_plugin_is_away_is_not_given_to_another() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let victim = server.ready(AASTRA).await?;
    victim.signal(Signal::KILL)?;
    // The other firmware's plugin would support it in part.
    let look = || async {
        let name = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";
        let response = server.http_phone(2).user_agent(name).get("/Aastra/001122334455.cfg").await?;
        assert!(matches!(response.status, 200 | 404 | 503), "{}", response.status);
        Ok((response.status == 200).then_some(()))
    };
    eventually("its own file", look).await?;
    assert_eq!(server.only_device().await?["plugin"], AASTRA);
    Ok(())
}

#[tokio::test]
async fn the_last_words_of_a_plugin_are_kept() -> Result<()> {
    let home = Home::with_families(&[])?;
    home.add_program("rogue-exits", &[env!("CARGO_BIN_EXE_rogue-plugin"), "exits"])?;
    let server = home.start().await?;
    let look = || async {
        let plugin = server.plugin("rogue-exits").await?;
        Ok(Some(plugin).filter(|plugin| crashes(plugin) > 0))
    };
    let plugin = eventually("a crash", look).await?;
    let crash = &plugin["crashes"][0];
    assert!(crash["reason"].as_str().is_some_and(|reason| reason.contains("exit code 1")), "{crash}");
    assert!(crash["log"].to_string().contains("there is no reason to go on"), "{crash}");

    let shown = home.provd(&["plugin", "show", "rogue-exits"]).await?;
    assert!(
        shown.out.contains("exit code 1") && shown.out.contains("there is no reason to go on"),
        "{shown:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_stands_still_is_found_and_replaced() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    let (aastra, digium) = traffic(&server).await?;
    let bystander = server.ready(AASTRA).await?;
    let victim = server.ready(DIGIUM).await?;

    victim.signal(Signal::STOP)?;
    server.ready_anew(DIGIUM, victim).await?;
    assert!(!victim.is_alive());
    let plugin = server.plugin(DIGIUM).await?;
    assert!(
        plugin["crashes"][0]["reason"].as_str().is_some_and(|reason| reason.contains("hung")),
        "{plugin:#}"
    );
    assert_eq!(server.ready(AASTRA).await?, bystander);
    digium.more(20).await?;
    assert_eq!(aastra.stop().failures, Vec::<String>::new());
    assert_eq!(digium.stop().failures, Vec::<String>::new());
    Ok(())
}
