//! What no phone sends, but somebody will.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use provd_tests::{Home, Server};

/// Read request, write request and the like (RFC 1350 §5).
const READ: u8 = 1;
const WRITE: u8 = 2;

/// The same bytes in every run, looking like none in particular.
fn random_bytes(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// All files below a folder.
fn files(root: &Path) -> BTreeSet<PathBuf> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    found
}

async fn phones_are_served(server: &Server) -> Result<()> {
    let aastra = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";
    assert_eq!(server.http_phone(2).user_agent(aastra).get("/Aastra/aastra.cfg").await?.status, 200);
    let boot = server.tftp_phone(3).get("spa3102.cfg").await?;
    boot.map_err(|refusal| anyhow!("{refusal:?}"))?;
    Ok(())
}

#[tokio::test]
async fn http_nonsense_is_refused_and_nothing_leaks() -> Result<()> {
    let home = Home::with_families(&["aastra", "cisco-spa"])?;
    let server = home.start().await?;
    phones_are_served(&server).await?;
    // A phone that is known, so that its plugin is asked and its folders are searched.
    let phone = server.http_phone(2).user_agent("Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP");
    for target in [
        "/../admin.token",
        "/../../admin.token",
        "/%2e%2e/%2e%2e/admin.token",
        "/Aastra/..%2f..%2fadmin.token",
        "/Aastra/..\\..\\admin.token",
        "/..%5c..%5cadmin.token",
        "/Aastra/aastra.cfg%00.st",
        "/%00",
        "/Aastra/%0d%0aSet-Cookie:%20a=b",
        "/admin.token",
        "//admin.token",
        "/plugin.toml",
        "/templates/phone/base.j2",
        "/etc/passwd",
        "/%ff%fe",
        "/Aastra/%",
        "*",
        "http://127.0.0.1/admin.token",
    ] {
        let response = phone.another().get(target).await?;
        assert!((400..500).contains(&response.status), "{target}: {} {}", response.status, response.text());
        assert!(
            !response.text().contains(server.api().token()),
            "{target} gave the administrator's token away"
        );
        assert!(!response.headers.contains_key("set-cookie"), "{target}");
    }
    for (what, bytes) in [
        ("random bytes", random_bytes(4096, 1)),
        ("random bytes after a good line", [b"GET / HTTP/1.1\r\n".to_vec(), random_bytes(4096, 2)].concat()),
        ("a header of 100 KB", format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000)).into_bytes()),
        ("ten thousand headers", format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(10_000)).into_bytes()),
        ("a path of 100 KB", format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000)).into_bytes()),
        ("two lengths", b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec()),
        ("an unknown method", b"HACK / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("nothing", Vec::new()),
    ] {
        let answer = String::from_utf8_lossy(&phone.send_raw(&bytes).await?).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
    }
    phones_are_served(&server).await
}

#[tokio::test]
async fn tftp_nonsense_is_refused_and_nothing_is_written() -> Result<()> {
    let home = Home::with_families(&["aastra", "cisco-spa"])?;
    let server = home.start().await?;
    phones_are_served(&server).await?;
    let before = files(home.root());
    let phone = server.tftp_phone(3);
    for filename in [
        "../admin.token",
        "../../admin.token",
        "/../../../admin.token",
        "..\\..\\admin.token",
        "admin.token",
        "/etc/passwd",
        "plugin.toml",
        "",
    ] {
        let answer = phone.get(filename).await?;
        assert!(answer.is_err(), "{filename}: {answer:?}");
    }
    for mode in ["mail", "binary", "", "octe"] {
        let refusal = phone.refused(READ, &["spa3102.cfg", mode]).await?;
        assert!(!refusal.message.is_empty(), "{mode}: {refusal:?}");
    }
    for filename in ["new.cfg", "../new.cfg", "/tmp/new.cfg", "spa3102.cfg"] {
        phone.refused(WRITE, &[filename, "octet"]).await?;
    }
    let long = "x".repeat(600);
    for bytes in [
        Vec::new(),
        vec![0],
        vec![0, 1],
        vec![0, 1, 0],
        b"\0\x01no end".to_vec(),
        [b"\0\x01".as_slice(), long.as_bytes(), b"\0octet\0"].concat(),
        vec![0, 4, 0, 1],
        vec![0, 5, 0, 0, 0],
        vec![0, 9, 9, 9],
        vec![255; 1400],
        random_bytes(1400, 3),
    ] {
        phone.send_raw(&bytes).await?;
    }
    phones_are_served(&server).await?;
    let new: Vec<_> = files(home.root()).difference(&before).cloned().collect();
    assert_eq!(new, Vec::<PathBuf>::new());
    Ok(())
}

#[tokio::test]
async fn what_phones_say_cannot_forge_the_log() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let phone = server.http_phone(2).user_agent("Aastra\u{1b}[31mred");
    phone.another().get("/a%1b[31m").await?;
    phone.another().get("/Aastra/forged%0aINFO%20Security").await?;
    server.tftp_phone(2).get("a\u{1b}[31m\nINFO forged line").await?.err();
    server.logged(&["Processing TFTP request"]).await?;
    let log = server.log()?;
    assert!(!log.contains('\u{1b}'), "an escape sequence reached the log");
    assert!(!log.lines().any(|line| line.starts_with("INFO")), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_stranger_to_the_interface_learns_nothing() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    for token in ["", "guess"] {
        let stranger = server.api().with_token(token);
        for path in [
            "/0.2/dev_mgr/devices",
            "/0.2/cfg_mgr/configs",
            "/0.2/cfg_mgr/configs/autoprov",
            "/0.2/pg_mgr/states",
        ] {
            let reply = stranger.get(path).await?;
            assert_eq!(reply.status, 401, "{path}: {reply:?}");
        }
        let reply =
            stranger.post("/0.2/pg_mgr/plugins/digium-1.1.0.0/restart", &serde_json::json!({})).await?;
        assert_eq!(reply.status, 401);
    }
    assert_eq!(server.plugin("digium-1.1.0.0").await?["starts"], 1);
    Ok(())
}
