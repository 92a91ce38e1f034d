//! Plugins that misbehave while they run. The server and everybody else's phones go on.

use anyhow::Result;
use provd_tests::process::Process;
use provd_tests::{Home, Server, Traffic, eventually};
use tokio::task::JoinSet;

const ROGUE: &str = env!("CARGO_BIN_EXE_rogue-plugin");

/// A home for one rogue, with a decent family beside it.
fn home_of(id: &str, behaviour: &[&str]) -> Result<Home> {
    let home = Home::with_families(&["digium"])?;
    let command: Vec<&str> = [&[ROGUE], behaviour].concat();
    home.add_program(id, &command)?;
    Ok(home)
}

/// A phone of the decent family is served, a new one as well.
async fn others_are_served(server: &Server) -> Result<()> {
    for mac in ["000fd3054848", "000fd3054849"] {
        let response = server.http_phone(3).get(&format!("/Digium/{mac}.cfg")).await?;
        assert_eq!(response.status, 200, "{mac}");
    }
    Ok(())
}

#[tokio::test]
async fn a_decent_plugin_in_any_language_would_work() -> Result<()> {
    let home = home_of("rogue-honest", &["honest"])?;
    let server = home.start().await?;
    let response = server.http_phone(2).get("/rogue-honest/00aabbccddee.cfg").await?;
    assert_eq!((response.status, response.text().as_str()), (200, "a file of rogue-honest"));
    let device = server.only_device().await?;
    assert_eq!(
        (device["vendor"].as_str(), device["mac"].as_str()),
        (Some("Rogue"), Some("00:aa:bb:cc:dd:ee"))
    );
    Ok(())
}

#[tokio::test]
async fn who_never_becomes_ready_is_given_up_in_time() -> Result<()> {
    let home = home_of("rogue-silent", &["silent"])?;
    home.add_program("rogue-mute", &[ROGUE, "mute"])?;
    let server = home.start().await?;
    others_are_served(&server).await?;
    for id in ["rogue-silent", "rogue-mute"] {
        let plugin = server.plugin_in(id, &["backoff", "quarantined"]).await?;
        assert!(plugin["reason"].to_string().contains("did not become ready within 2 s"), "{plugin:#}");
    }
    Ok(())
}

#[tokio::test]
async fn who_hangs_delays_its_own_phones_only() -> Result<()> {
    let home = home_of("rogue-extract", &["hangs-in", "extract"])?;
    for call in ["associate", "configure-common", "configure", "serve-file"] {
        home.add_program(&format!("rogue-{call}"), &[ROGUE, "hangs-in", call])?;
    }
    let server = home.start().await?;
    let mut phone = server.http_phone(3);
    let own = phone.get("/Digium/000fd3054848.cfg").await?;
    assert_eq!(own.status, 200);
    let traffic = Traffic::start(phone, "/Digium/000fd3054848.cfg", own.body);

    let mut own_phones = JoinSet::new();
    // What is stored is served also when the plugin cannot say that it is right.
    for (address, call, statuses) in [
        (21, "extract", [503, 503]),
        (22, "associate", [503, 503]),
        (23, "configure", [404, 503]),
        (24, "serve-file", [200, 200]),
    ] {
        let mut phone = server.http_phone(address);
        let target = format!("/rogue-{call}/00aabbccdd{address}.cfg");
        own_phones.spawn(async move { (call, statuses, phone.get(&target).await) });
    }
    others_are_served(&server).await?;
    traffic.more(20).await?;
    for (call, statuses, response) in own_phones.join_all().await {
        let response = response?;
        assert!(statuses.contains(&response.status), "{call}: {} {}", response.status, response.text());
    }
    traffic.more(20).await?;
    assert_eq!(traffic.stop().failures, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn who_hangs_when_told_to_finish_is_replaced_all_the_same() -> Result<()> {
    let home = home_of("rogue-immortal", &["immortal"])?;
    let server = home.start().await?;
    let before = server.ready("rogue-immortal").await?;
    server.restart_plugin("rogue-immortal").await?.ok()?;
    let after = server.ready("rogue-immortal").await?;
    assert_ne!(after, before);
    before.gone().await?;
    others_are_served(&server).await?;
    assert!(server.stop().await?.success());
    assert!(!after.is_alive());
    Ok(())
}

#[tokio::test]
async fn the_children_of_a_plugin_go_with_it() -> Result<()> {
    let home = home_of("rogue-breeds", &["breeds"])?.argument("--sandbox=off");
    let server = home.start().await?;
    server.ready("rogue-breeds").await?;
    let written = home.data_dir().join("scratch/rogue-breeds/child");
    let child = || -> Option<Process> {
        let pid = std::fs::read_to_string(&written).ok()?.parse().ok()?;
        Process::with_pid(pid)
    };
    let first = eventually("a child of the plugin", || async { Ok(child()) }).await?;
    assert!(first.is_alive());
    server.restart_plugin("rogue-breeds").await?.ok()?;
    first.gone().await?;

    let second = eventually("another child", || async { Ok(child()) }).await?;
    assert!(server.stop().await?.success());
    second.gone().await
}

#[tokio::test]
async fn noise_and_floods_do_no_harm() -> Result<()> {
    let home = home_of("rogue-noisy", &["noisy"])?;
    home.add_program("rogue-floods", &[ROGUE, "floods"])?;
    let server = home.start().await?;
    for (number, id) in [(2, "rogue-noisy"), (3, "rogue-floods")] {
        server.ready(id).await?;
        let response = server.http_phone(number).get(&format!("/{id}/00aabbccdde{number}.cfg")).await?;
        assert_eq!(response.status, 200, "{id}");
    }
    server.logged(&["rogue-floods", "floods its log"]).await?;
    others_are_served(&server).await?;
    let log = server.api().get("/0.2/pg_mgr/plugins/rogue-floods/log").await?.ok()?;
    assert_eq!(log["lines"].as_array().map(Vec::len), Some(200));
    let log = server.api().get("/0.2/pg_mgr/plugins/rogue-noisy/log").await?.ok()?;
    let longest =
        log["lines"].as_array().into_iter().flatten().filter_map(|line| line.as_str()).map(str::len).max();
    assert!(longest > Some(1024) && longest <= Some(16 * 1024), "{longest:?}");
    Ok(())
}

#[tokio::test]
async fn no_path_of_a_plugin_leads_outside() -> Result<()> {
    let lies = [
        "../../admin.token",
        "../../../../admin.token",
        "/etc/hostname",
        "link",
        "served/../../../../admin.token",
    ];
    let home = Home::with_families(&["digium"])?;
    for (number, lie) in lies.iter().enumerate() {
        home.add_program(&format!("rogue-{number}"), &[ROGUE, "lies", lie])?;
    }
    let server = home.start().await?;
    for (number, lie) in lies.iter().enumerate() {
        let id = format!("rogue-{number}");
        let folder = home.data_dir().join("overrides").join(&id).join("served");
        std::fs::create_dir_all(&folder)?;
        std::os::unix::fs::symlink(home.data_dir().join("admin.token"), folder.join("link"))?;
        server.ready(&id).await?;
        let mut phone = server.http_phone(30).user_agent("lied to");
        let response = phone.get(&format!("/{id}/00aabbccdd0{number}.cfg")).await?;
        assert_ne!(response.status, 200, "{}: {}", lie, response.text());
        assert!(!response.text().contains(server.api().token()), "the administrator's token was served");
    }
    others_are_served(&server).await
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_reason_not_a_crash() -> Result<()> {
    let home = home_of("rogue-bloated", &["bloated"])?;
    home.add_program("rogue-mac", &[ROGUE, "garbage-mac"])?;
    let server = home.start().await?;
    let garbage = server.http_phone(2).get("/rogue-mac/00aabbccddee.cfg").await?;
    assert_eq!(garbage.status, 404);
    server.logged(&["rogue-mac is defective", "mac: "]).await?;
    assert!(server.devices().await?.is_empty());

    let bloated = server.http_phone(2).get("/rogue-bloated/00aabbccddee.cfg").await?;
    assert!(matches!(bloated.status, 404 | 503), "{}", bloated.status);
    let device = server.only_device().await?;
    assert_eq!(device["configured"], false, "{device:#}");
    assert!(device["last_error"].is_string(), "{device:#}");
    for id in ["rogue-bloated", "rogue-mac"] {
        assert_eq!(server.plugin(id).await?["starts"], 1, "{id}");
    }
    others_are_served(&server).await
}
