//! §7: work that goes on after its request was answered. Here it tells a phone, played on a port of this machine, to fetch
//! its files again.

use anyhow::{Context as _, Result};
use provd_tests::within;
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::expected::{begun, document, done, refused, status};
use crate::request::{Answer, delete, get, post, request};
use crate::section::Checking;

const SYNCHRONIZE: &str = "/dev_mgr/synchronize";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    let refusals = [("unknown", 404), ("", 404)];
    for (id, expected) in refusals {
        let request = post(SYNCHRONIZE, &json!({"id": id}));
        checking.check("§2 synchronize an unknown device: 404", request, refused(expected)).await?;
    }
    unconfigured(checking).await?;
    let phone = Phone::start().await?;
    phone.store(checking).await?;
    followed(checking, &phone).await?;
    forgotten(checking, &phone).await
}

fn is_grammatical(text: &str) -> bool {
    provd_tests::client::parse_operation(text).is_ok()
}

async fn begin(checking: &mut Checking, device: &str) -> Result<Answer> {
    let request = post(SYNCHRONIZE, &json!({"id": device}));
    let rule = "§2 synchronize: 201, Location is the request's path and a number, no body";
    checking.check(rule, request, begun(SYNCHRONIZE)).await
}

async fn unconfigured(checking: &mut Checking) -> Result<()> {
    let device = json!({"device": {"id": "bare", "ip": "192.0.2.1"}});
    checking.ask(post("/dev_mgr/devices", &device)).await?.ok()?;
    let begun = begin(checking, "bare").await?;
    let operation = || get(begun.header("location"));
    let failed = document().at("/status", "fail");
    checking.becomes("§7 synchronize: an unconfigured device fails at once", operation(), failed).await?;
    let rule = "§7 a finished operation is kept until it is deleted";
    checking.check(rule, operation(), document().at("/status", "fail")).await?;
    let again = begin(checking, "bare").await?;
    let (first, second) = (begun.header("location"), again.header("location"));
    checking.holds("§7 each operation has a number of its own", first != second, (first, second));
    checking.check("§2 POST on an operation: 405", request("POST", first), status(405)).await?;
    checking.check("§2 DELETE operation: 204", delete(first), done()).await?;
    checking.check("§2 GET a deleted operation: 404", operation(), refused(404)).await?;
    checking.check("§2 DELETE an operation twice: 404", delete(first), refused(404)).await?;
    checking.check("§7 the others are still there", get(second), document()).await?;
    for number in ["0", "999999", "x", "-1", "1x"] {
        let request = get(format!("{SYNCHRONIZE}/{number}"));
        checking.check("§2 an operation that never was: 404", request, refused(404)).await?;
    }
    Ok(())
}

async fn followed(checking: &mut Checking, phone: &Phone) -> Result<()> {
    let begun = begin(checking, "phone").await?;
    let operation = || get(begun.header("location"));
    let told = phone.is_told().await?;
    let expected = document().at("/status", "progress");
    checking.check("§7 synchronize: progress, no label", operation(), expected).await?;
    checking.holds(
        "§7 synchronize: the phone is told to check",
        told.text.contains("check-sync"),
        &told.text,
    );
    told.acknowledge(phone).await?;
    let expected = document().at("/status", "success");
    let answer = checking.becomes("§7 synchronize: then success", operation(), expected).await?;
    let text = answer.json()["status"].as_str().unwrap_or_default().to_owned();
    checking.holds("§7 the grammar of operations", is_grammatical(&text), &text);
    let expected = document().that("/status", "text", Value::is_string);
    checking.check("§2 GET operation: {\"status\"}", operation(), expected).await?;
    Ok(())
}

/// Deleting an operation does not stop its work.
async fn forgotten(checking: &mut Checking, phone: &Phone) -> Result<()> {
    let begun = begin(checking, "phone").await?;
    let path = begun.header("location");
    let told = phone.is_told().await?;
    checking.check("§7 an operation may be deleted while it runs", delete(path), done()).await?;
    checking.check("§7 then it is gone", get(path), refused(404)).await?;
    let rule = "§1 a deleted operation is 404 whoever asks";
    checking.check(rule, get(path).token("wrong"), status(404).or(status(401))).await?;
    told.acknowledge(phone).await?;
    let begun = begin(checking, "phone").await?;
    let told = phone.is_told().await?;
    checking.holds(
        "§7 the work goes on: the phone was told all the same",
        told.text.contains("NOTIFY"),
        &told.text,
    );
    told.acknowledge(phone).await?;
    let expected = document().at("/status", "success");
    checking.becomes("§7 the next one is not disturbed", get(begun.header("location")), expected).await?;
    Ok(())
}

/// A phone that waits for SIP NOTIFYs at an address of its own.
struct Phone(UdpSocket);

/// A NOTIFY that waits for its answer.
struct Told {
    text: String,
    from: std::net::SocketAddr,
}

impl Phone {
    async fn start() -> Result<Phone> {
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let address = std::net::SocketAddr::from(([127, high | 64, low, 60], 5060));
        Ok(Phone(UdpSocket::bind(address).await.with_context(|| address.to_string())?))
    }

    /// Stores its device, configured.
    async fn store(&self, checking: &mut Checking) -> Result<()> {
        let config = json!({"config": {"id": "line", "parent_ids": [], "raw_config": {"sip_lines": {"1":
            {"username": "alice", "password": "p", "display_name": "Alice", "proxy_ip": "192.0.2.1"}}}}});
        checking.ask(post("/cfg_mgr/configs", &config)).await?.ok()?;
        let device = json!({"device": {"id": "phone", "ip": self.0.local_addr()?.ip().to_string(), "config": "line",
            "mac": "00:08:5d:23:74:29", "vendor": "Aastra", "model": "6731i", "plugin": "aastra-3.2.2.1136"}});
        checking.ask(post("/dev_mgr/devices", &device)).await?.ok()?;
        let expected = document().at("/device/configured", true);
        checking.becomes("§4 its device is configured", get("/dev_mgr/devices/phone"), expected).await?;
        Ok(())
    }

    async fn is_told(&self) -> Result<Told> {
        let mut buffer = vec![0; 65_536];
        let (length, from) = within("a NOTIFY", self.0.recv_from(&mut buffer)).await??;
        Ok(Told { text: String::from_utf8(buffer[..length].to_vec())?, from })
    }
}

impl Told {
    /// Answers 200 OK.
    async fn acknowledge(&self, phone: &Phone) -> Result<()> {
        let copied = |line: &&str| {
            ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name))
        };
        let headers: Vec<_> = self.text.lines().filter(copied).collect();
        let answer = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", headers.join("\r\n"));
        phone.0.send_to(answer.as_bytes(), self.from).await?;
        Ok(())
    }
}
