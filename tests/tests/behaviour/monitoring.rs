//! What happens on a server is counted, timed and told, and shows on the dashboard that comes with it.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use provd_tests::{EventStream, Home, Server, Told, eventually, provd_binary, within};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const AASTRA: &str = "aastra-3.2.2.1136";
const DIGIUM: &str = "digium-1.1.0.0";
const NAME: &str = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";
const FILE: &str = "/Aastra/001122334455.cfg";

async fn page(server: &Server) -> Result<String> {
    let reply = server.api().get("/metrics").await?;
    anyhow::ensure!(reply.status == 200, "{reply:?}");
    Ok(reply.text)
}

/// The value of a sample, by its name with its labels.
fn value(page: &str, sample: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

async fn counted(server: &Server, sample: &str, at_least: f64) -> Result<()> {
    let look =
        || async { Ok(value(&page(server).await?, sample).filter(|value| *value >= at_least).map(drop)) };
    eventually(&format!("{sample} at least {at_least}"), look).await
}

fn is_of_plugin(told: &Told, plugin: &str, state: &str) -> bool {
    told.event == "plugin" && told.data["id"] == plugin && told.data["state"] == state
}

#[tokio::test]
async fn phones_and_a_crash_are_counted_and_told() -> Result<()> {
    let home = Home::with_families(&["aastra", "digium"])?;
    let server = home.start().await?;
    let mut events = EventStream::open(server.api(), "", None).await?;
    let phone = server.http_phone(2).user_agent(NAME);
    assert_eq!(phone.another().get(FILE).await?.status, 200);
    let missing = server.tftp_phone(2).get("nothing-here.cfg").await?;
    assert!(missing.is_err(), "{missing:?}");

    let created = events.until("the device", |told| told.event == "device").await?;
    assert_eq!(
        (&created.data["action"], &created.data["mac"]),
        (&json!("created"), &json!("00:11:22:33:44:55"))
    );
    let configured = events.until("its files", |told| told.data["action"] == "configured").await?;
    assert_eq!(configured.data["id"], created.data["id"]);
    let served = events.until("the answer", |told| told.event == "request").await?;
    let said =
        [&served.data["path"], &served.data["outcome"], &served.data["plugin"], &served.data["device"]];
    assert_eq!(said, [&json!(FILE), &json!("file"), &json!(AASTRA), &created.data["id"]]);
    let refused = events.until("the refusal", |told| told.data["protocol"] == "TFTP").await?;
    assert_eq!(refused.data["outcome"], "not found");

    server.ready(DIGIUM).await?.signal(Signal::KILL)?;
    events.until("the crash", |told| is_of_plugin(told, DIGIUM, "backoff")).await?;
    events.until("the plugin's return", |told| is_of_plugin(told, DIGIUM, "ready")).await?;

    let file = format!(r#"provd_requests_total{{protocol="HTTP",plugin="{AASTRA}",outcome="file"}}"#);
    counted(&server, &file, 1.0).await?;
    counted(&server, &format!(r#"provd_plugin_crashes_total{{plugin="{DIGIUM}"}}"#), 1.0).await?;
    counted(&server, &format!(r#"provd_plugin_starts_total{{plugin="{DIGIUM}"}}"#), 2.0).await?;
    counted(&server, &format!(r#"provd_plugin_state{{plugin="{DIGIUM}",state="ready"}}"#), 1.0).await?;
    let configures =
        format!(r#"provd_plugin_call_duration_seconds_count{{plugin="{AASTRA}",call="configure"}}"#);
    counted(&server, &configures, 1.0).await?;
    counted(&server, &format!(r#"provd_devices{{plugin="{AASTRA}",configured="true"}}"#), 1.0).await?;
    counted(&server, "provd_database_write_duration_seconds_count", 1.0).await?;
    counted(&server, r#"provd_api_requests_total{method="GET",route="/metrics",status="200"}"#, 1.0).await?;
    counted(&server, "provd_event_streams", 1.0).await?;
    let page = page(&server).await?;
    for secret in ["001122334455", "00:11:22:33:44:55", "nothing-here", "127.0.0.2", server.api().token()] {
        assert!(!page.contains(secret), "{secret} is in\n{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_listener_that_comes_back_misses_nothing_and_one_that_stays_holds_up_no_end() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let mut events = EventStream::open(server.api(), "?topics=config", None).await?;
    let create = async |id: &str| {
        let config = json!({"config": {"id": id, "parent_ids": [], "raw_config": {}}});
        server.api().post("/0.2/cfg_mgr/configs", &config).await?.ok()
    };
    create("a").await?;
    let first = events.next().await?.context("the first event")?;
    drop(events);
    create("b").await?;
    create("c").await?;
    let mut events = EventStream::open(server.api(), "?topics=config", Some(&first.id)).await?;
    let mut missed = Vec::new();
    for _ in 0..2 {
        missed.push(events.next().await?.context("what was missed")?.data["id"].clone());
    }
    assert_eq!(missed, ["b", "c"]);
    assert!(within("the end of the server", server.stop()).await??.success());
    assert_eq!(events.next().await?, None);
    Ok(())
}

#[tokio::test]
async fn whether_it_can_serve_phones_is_told_without_a_token() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    home.add_program("rogue-exits", &[env!("CARGO_BIN_EXE_rogue-plugin"), "exits"])?;
    let server = home.start().await?;
    server.plugin_in("rogue-exits", &["quarantined"]).await?;
    let anybody = server.api().with_token("none");
    assert_eq!(anybody.get("/metrics").await?.status, 401);
    assert_eq!(anybody.get("/health/live").await?.ok()?, json!({"status": "alive"}));
    // What was looked at a moment ago may be told again.
    let look = || async {
        let ready = anybody.get("/health/ready").await?.ok()?;
        Ok(ready["checks"]["plugins"]["quarantined"].is_array().then_some(ready))
    };
    let ready = eventually("the lost plugin to be named", look).await?;
    let expected = json!({"status": "ready", "checks": {
        "database": {"ok": true}, "disk": {"ok": true}, "listeners": {"ok": true},
        "plugins": {"ok": true, "quarantined": ["rogue-exits"]},
    }});
    assert_eq!(ready, expected);
    Ok(())
}

#[tokio::test]
async fn an_administrator_watches_at_a_terminal() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let mut watching = Command::new(provd_binary()?)
        .args(["events", "--topic", "config", "--json", "--data-dir"])
        .arg(home.data_dir())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(watching.stdout.take().context("no output")?).lines();
    counted(&server, "provd_event_streams", 1.0).await?;
    let config = json!({"config": {"id": "reception", "parent_ids": [], "raw_config": {}}});
    server.api().post("/0.2/cfg_mgr/configs", &config).await?.ok()?;
    let line = within("a line", lines.next_line()).await??.context("it ended")?;
    let line: Value = serde_json::from_str(&line)?;
    let said = [&line["event"], &line["data"]["action"], &line["data"]["id"]];
    assert_eq!(said, ["config", "created", "reception"]);
    assert!(line["id"].is_u64(), "{line}");
    Ok(())
}

/// Names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    words
        .filter(|word| word.starts_with("provd_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| expressions(value, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn dashboard_and_alerts_use_what_there_is() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    assert_eq!(server.http_phone(2).user_agent(NAME).get(FILE).await?.status, 200);
    counted(
        &server,
        r#"provd_requests_total{protocol="HTTP",plugin="aastra-3.2.2.1136",outcome="file"}"#,
        1.0,
    )
    .await?;
    let page = page(&server).await?;
    let samples: BTreeSet<&str> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/grafana/provd.json"))?)?;
    let mut used = Vec::new();
    expressions(&dashboard["panels"], &mut used);
    assert!(used.len() > 30, "{used:?}");
    used.push(std::fs::read_to_string(format!("{folder}/prometheus/provd-alerts.yml"))?);
    for name in used.iter().flat_map(|text| names(text)) {
        assert!(samples.contains(name.as_str()), "there is no {name}");
    }
    // And what there is, is documented.
    let documented = names(include_str!("../../../docs/monitoring.md"));
    for family in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert!(documented.contains(family), "docs/monitoring.md does not say what {family} is");
    }
    Ok(())
}
