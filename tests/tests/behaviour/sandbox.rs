//! The walls around plugins. What a rogue tries within them fails, and succeeds without them, or the test would prove nothing;
//! the server and the other plugins do not notice. As the user of the test, and as an ordinary one if that is root.

mod levels;
mod room;
mod runtimes;

use anyhow::Result;
use provd_tests::{Home, Traffic};

use room::{ROGUE, Room, is_walled_off, needs, users};

#[tokio::test]
async fn secrets_cannot_be_read() -> Result<()> {
    is_walled_off("files", |room| {
        let mut deeds: Vec<String> =
            ["provd.sqlite", "admin.token"].map(|name| format!("read:{}", room.data(name))).to_vec();
        deeds.push(format!("list:{}", room.data("")));
        if room.is_root() {
            deeds.push("read:/etc/shadow".to_owned());
        }
        deeds
    })
    .await
}

#[tokio::test]
async fn other_plugins_cannot_be_read() -> Result<()> {
    is_walled_off("files", |room| {
        vec![
            format!("list:{}", room.data("plugins/digium-1.1.0.0")),
            format!("list:{}", room.data("overrides")),
            format!("read:{}", room.data("overrides/digium-1.1.0.0/served/file")),
        ]
    })
    .await
}

#[tokio::test]
async fn nothing_is_written_outside_the_scratch_folder() -> Result<()> {
    is_walled_off("files", |room| {
        vec![
            "write:new".to_owned(),
            format!("write:{}", room.data("overrides/rogue/served/file")),
            format!("write:{}", room.data("listening.json")),
            format!("write:{}", room.outside("new")),
            format!("rename:{}", room.outside("stream")),
            format!("remove:{}", room.outside("datagram")),
        ]
    })
    .await
}

#[tokio::test]
async fn modes_of_files_cannot_be_changed() -> Result<()> {
    is_walled_off("system-calls", |room| vec![format!("chmod:{}", room.data("provd.sqlite"))]).await
}

#[tokio::test]
async fn nobody_is_connected_to() -> Result<()> {
    is_walled_off("network", |room| {
        vec![
            format!("tcp:{}", room.tcp),
            "listen:127.0.0.1:0".to_owned(),
            format!("udp:{}", room.udp),
            format!("unix:{}", room.outside("stream")),
            format!("datagram:{}", room.outside("datagram")),
            format!("abstract:{}", room.abstract_name),
        ]
    })
    .await
}

#[tokio::test]
async fn nobody_is_signalled() -> Result<()> {
    is_walled_off("signals", |room| vec!["signal:core".to_owned(), format!("terminate:{}", room.victim.pid)])
        .await
}

#[tokio::test]
async fn no_other_process_is_traced_or_limited() -> Result<()> {
    is_walled_off("system-calls", |room| {
        vec![format!("trace:{}", room.victim.pid), format!("limit:{}", room.victim.pid)]
    })
    .await
}

#[tokio::test]
async fn no_processes_are_started() -> Result<()> {
    is_walled_off("processes", |_| vec!["bomb:now".to_owned()]).await
}

#[tokio::test]
async fn the_server_survives_all_of_it_at_once() -> Result<()> {
    for user in users() {
        let room = Room::new(user, &[])?;
        let deeds = ["signal:core", "trace:core", "limit:core", "terminate:core", "bomb:now"];
        let (server, sandbox, outcomes) = room.outcomes(&deeds.map(str::to_owned)).await?;
        if sandbox["level"] != "full" {
            println!("this kernel lacks walls: {sandbox:#}");
            continue;
        }
        assert!(outcomes.iter().all(|(_, outcome)| outcome.contains("not permitted")), "{outcomes:#?}");
        room::others_are_served(&server).await?;
        assert!(server.process().is_alive());
    }
    Ok(())
}

#[tokio::test]
async fn what_is_its_own_it_can_use() -> Result<()> {
    for user in users() {
        let room = Room::new(user, &[])?;
        let scratch = room.data("scratch/rogue/new");
        let deeds = [
            "read:plugin.toml".to_owned(),
            "list:.".to_owned(),
            format!("read:{}", room.data("overrides/rogue/served/file")),
            format!("write:{scratch}"),
            format!("rename:{scratch}"),
            format!("remove:{scratch}.taken"),
            "read:/etc/localtime".to_owned(),
            "read:/dev/urandom".to_owned(),
            "write:/dev/null".to_owned(),
            "read:/proc/self/status".to_owned(),
        ];
        let (server, _, outcomes) = room.outcomes(&deeds).await?;
        assert!(outcomes.iter().all(|(_, outcome)| outcome == "done"), "{outcomes:#?}");
        let response = server.http_phone(2).get("/rogue/00aabbccddee.cfg").await?;
        assert_eq!((response.status, response.text().as_str()), (200, "a file of rogue"));
    }
    Ok(())
}

#[tokio::test]
async fn who_takes_too_much_memory_ends_and_is_started_again() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    needs(&home.add_program("rogue", &[ROGUE, "eats", "512"])?, "memory = \"128 MiB\"")?;
    let server = home.start().await?;
    let before = server.ready("rogue").await?;
    let mut phone = server.http_phone(3);
    let own = phone.get("/Digium/000fd3054848.cfg").await?;
    let traffic = Traffic::start(phone, "/Digium/000fd3054848.cfg", own.body);
    let refused = server.http_phone(2).get("/rogue/00aabbccddee.cfg").await?;
    assert!(matches!(refused.status, 404 | 503), "{}", refused.status);
    before.gone().await?;
    server.ready_anew("rogue", before).await?;
    traffic.more(20).await?;
    assert_eq!(traffic.stop().failures, Vec::<String>::new());
    let crash = server.plugin("rogue").await?["crashes"][0].clone();
    assert!(crash["reason"].to_string().contains("SIGABRT"), "{crash:#}");
    assert!(crash["log"].to_string().contains("memory allocation"), "{crash:#}");

    assert!(server.stop().await?.success());
    let home = Home::with_families(&[])?.argument("--sandbox=off");
    home.add_program("rogue", &[ROGUE, "eats", "512"])?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(2).get("/rogue/00aabbccddee.cfg").await?.status, 200);
    Ok(())
}
