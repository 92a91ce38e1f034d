//! The hook alone: what it takes, how it ends, and that what it took arrives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};
use provd_tests::{eventually, provd_binary, within};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::interface::Interface;

const MAC: &str = "00:1b:54:aa:bb:cc";

/// How hooks are called in one test.
#[derive(Clone)]
struct Caller {
    folder: PathBuf,
    queue: PathBuf,
    url: String,
}

impl Caller {
    fn new(folder: &TempDir, url: &str) -> Result<Caller> {
        std::fs::write(folder.path().join("token"), "a token")?;
        let folder = folder.path().to_owned();
        Ok(Caller { queue: folder.join("spool"), folder, url: url.to_owned() })
    }

    async fn call(&self, what: &str, words: &[&str]) -> Result<Output> {
        self.call_with(what, words, &[]).await
    }

    /// Ends when nobody holds the streams of the hook any more: a DHCP server would wait for that.
    async fn call_with(&self, what: &str, words: &[&str], variables: &[(&str, &str)]) -> Result<Output> {
        let mut command = Command::new(provd_binary()?);
        command.args(["dhcp-hook", what, "--url", &self.url, "--queue"]).arg(&self.queue);
        command.arg("--token-file").arg(self.folder.join("token")).arg("--").args(words);
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        within("the hook", command.output()).await?.map_err(Into::into)
    }

    async fn lease(&self, ip: &str, mac: &str) -> Result<()> {
        let output = self.call("isc", &["commit", ip, mac]).await?;
        ensure!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        Ok(())
    }

    async fn status(&self) -> Result<String> {
        let mut command = Command::new(provd_binary()?);
        command.args(["dhcp-hook", "status", "--queue"]).arg(&self.queue);
        Ok(String::from_utf8(command.output().await?.stdout)?)
    }

    async fn nothing_waits(&self) -> Result<()> {
        let look = || async { Ok(self.status().await?.starts_with("No event waits").then_some(())) };
        eventually("an empty queue", look).await
    }
}

#[tokio::test]
async fn what_each_server_says_arrives_the_same() -> Result<()> {
    let folder = TempDir::new()?;
    let interface = Interface::start().await?;
    let caller = Caller::new(&folder, interface.url())?;
    caller.call("isc", &["commit", "192.0.2.7", "0:1b:54:aa:bb:cc", "06043.69"]).await?;
    interface.was_told(1).await?;
    let class = [("DNSMASQ_VENDOR_CLASS", "Ci")];
    caller.call_with("dnsmasq", &["add", MAC, "192.0.2.7", "name"], &class).await?;
    interface.was_told(2).await?;
    let lease = [
        ("LEASES4_SIZE", "1"),
        ("DELETED_LEASES4_SIZE", "0"),
        ("LEASES4_AT0_ADDRESS", "192.0.2.7"),
        ("LEASES4_AT0_HWADDR", MAC),
    ];
    caller.call_with("kea", &["leases4_committed"], &lease).await?;
    interface.was_told(3).await?;
    caller.call("isc", &["expiry", "192.0.2.7", "0:1b:54:aa:bb:cc"]).await?;
    let told = interface.was_told(4).await?;
    let event = |op: &str, options: &[&str]| json!({"op": op, "ip": "192.0.2.7", "mac": MAC, "options": options, "only_phones": true});
    let commit = event("commit", &["06043.69"]);
    assert_eq!(told, [commit.clone(), commit, event("commit", &[]), event("expiry", &[])]);
    caller.nothing_waits().await
}

#[tokio::test]
async fn two_hundred_events_at_once_arrive_each_phone_s_in_order() -> Result<()> {
    const PHONES: u32 = 20;
    const EVENTS: u32 = 10;
    let folder = TempDir::new()?;
    let interface = Interface::start().await?;
    let caller = Caller::new(&folder, interface.url())?;
    let mut phones = JoinSet::new();
    for phone in 0..PHONES {
        let caller = caller.clone();
        phones.spawn(async move {
            for event in 1..=EVENTS {
                caller.lease(&format!("192.0.2.{event}"), &format!("00:1b:54:00:00:{phone:02x}")).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(phone) = phones.join_next().await {
        phone??;
    }
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in interface.was_told((PHONES * EVENTS) as usize).await? {
        let (mac, ip) = (event["mac"].to_string(), event["ip"].to_string());
        events.entry(mac).or_default().push(ip);
    }
    let expected: Vec<String> = (1..=EVENTS).map(|event| format!("\"192.0.2.{event}\"")).collect();
    assert_eq!(events.len(), PHONES as usize);
    for (mac, addresses) in events {
        assert_eq!(addresses, expected, "{mac}");
    }
    caller.nothing_waits().await
}

/// A sender ends as soon as nothing waits, so that each of these meets one that is just ending.
#[tokio::test]
async fn an_event_that_meets_a_sender_just_ending_is_not_left_behind() -> Result<()> {
    let folder = TempDir::new()?;
    let interface = Interface::start().await?;
    let caller = Caller::new(&folder, interface.url())?;
    for event in 1..=50 {
        caller.lease(&format!("192.0.2.{event}"), MAC).await?;
        interface.was_told(event).await?;
    }
    caller.nothing_waits().await
}

#[tokio::test]
async fn the_hook_does_not_wait_for_the_server() -> Result<()> {
    let folder = TempDir::new()?;
    // The kernel takes connections on behalf of a program that never does.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = silent.local_addr()?;
    let caller = Caller::new(&folder, &format!("http://{address}"))?;
    let began = Instant::now();
    for event in 1..=20 {
        caller.lease(&format!("192.0.2.{event}"), MAC).await?;
    }
    println!("a call of the hook takes {:?}", began.elapsed() / 20);
    assert!(caller.status().await?.contains(": 20, the oldest"), "{}", caller.status().await?);
    drop(silent);

    // Delivered once somebody answers there.
    let listener = tokio::net::TcpListener::bind(address).await?;
    let interface = Interface::on(listener, |_, _| 204)?;
    interface.was_told(20).await?;
    caller.nothing_waits().await
}

#[tokio::test]
async fn an_event_that_is_refused_holds_up_no_other() -> Result<()> {
    let folder = TempDir::new()?;
    let interface = Interface::answering(|event, before| match (before, event["ip"].as_str()) {
        // Busy at first.
        (0, _) => 503,
        (_, Some("192.0.2.1")) => 400,
        _ => 204,
    })
    .await?;
    let caller = Caller::new(&folder, interface.url())?;
    caller.lease("192.0.2.1", MAC).await?;
    caller.lease("192.0.2.2", MAC).await?;
    let told = interface.was_told(3).await?;
    let addresses: Vec<_> = told.iter().filter_map(|event| event["ip"].as_str()).collect();
    assert_eq!(addresses, ["192.0.2.1", "192.0.2.1", "192.0.2.2"]);
    caller.nothing_waits().await?;
    let status = caller.status().await?;
    assert!(status.contains("an event is dropped") && status.contains("400"), "{status}");
    assert!(!status.contains("token"), "{status}");
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_put_right_later_is_soon_enough() -> Result<()> {
    let folder = TempDir::new()?;
    let interface = Interface::start().await?;
    let caller = Caller::new(&folder, interface.url())?;
    let token = folder.path().join("token");
    std::fs::remove_file(&token)?;
    caller.lease("192.0.2.1", MAC).await?;
    let complaint = || async { Ok(caller.status().await?.contains("no token").then_some(())) };
    eventually("a complaint", complaint).await?;
    std::fs::write(&token, "a token")?;
    interface.was_told(1).await?;
    caller.nothing_waits().await
}

#[tokio::test]
async fn an_event_arrives_though_the_queue_cannot_be_written() -> Result<()> {
    let folder = TempDir::new()?;
    let interface = Interface::start().await?;
    for queue in [Path::new("/proc/nowhere"), &folder.path().join("token/spool")] {
        let caller = Caller { queue: queue.to_owned(), ..Caller::new(&folder, interface.url())? };
        let before = interface.told().len();
        let output = caller.call("isc", &["commit", "192.0.2.1", MAC]).await?;
        let said = String::from_utf8(output.stderr)?;
        assert!(output.status.success() && said.contains(&queue.display().to_string()), "{said}");
        interface.was_told(before + 1).await?;
    }
    Ok(())
}

#[tokio::test]
async fn nonsense_is_complained_about_and_harms_nobody() -> Result<()> {
    let folder = TempDir::new()?;
    let interface = Interface::start().await?;
    let caller = Caller::new(&folder, interface.url())?;
    for (what, words) in [
        ("isc", &[][..]),
        ("isc", &["commit", "--help", MAC]),
        ("isc", &["commit", "192.0.2.1", "no\u{1b}[31mbody"]),
        ("isc", &["commit", "192.0.2.1", MAC, "../../etc/passwd"]),
        ("kea", &[]),
        ("kea", &["leases4_committed"]),
        ("dnsmasq", &["add", "nobody", "192.0.2.1"]),
        ("dnsmasq", &["-h"]),
    ] {
        let output = caller.call(what, words).await?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(0), "{what} {words:?}");
        assert!(
            said.starts_with("provd dhcp-hook: ") && !said.contains('\u{1b}'),
            "{what} {words:?}: {said}"
        );
    }
    let output = caller.call("udhcpd", &[]).await?;
    assert_eq!(output.status.code(), Some(2));
    assert!(interface.told().is_empty() && !caller.queue.exists());
    Ok(())
}
