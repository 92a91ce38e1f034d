//! How long a client waits for a page of devices or configs, with 1,000 devices and with 100,000.
//!
//! `cargo bench -p provd-tests --bench find`. Run by anything but `cargo bench`, it only makes sure that it works.

mod fleet;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provd_tests::{Home, Server};
use serde_json::{Value, json};

use fleet::{FEW, Fleet, MANY};

/// How often each question is asked at most, for the median.
const ROUNDS: usize = 101;
/// A question that takes long is asked no more once this much time has gone by.
const LONGEST: Duration = Duration::from_secs(4);
const GLIMPSE: usize = 1;

/// A question, and how many documents its answer must have.
struct Question {
    what: &'static str,
    list: &'static str,
    selector: Value,
    rest: &'static str,
    found: usize,
}

fn questions() -> Vec<Question> {
    let devices =
        |what, selector, rest, found| Question { what, list: "dev_mgr/devices", selector, rest, found };
    let configs =
        |what, selector, found| Question { what, list: "cfg_mgr/configs", selector, rest: "", found };
    vec![
        devices("mac", json!({"mac": "00:08:5d:e7:03:00"}), "", 1),
        devices("plugin, most", json!({"plugin": "aastra-3"}), "", 50),
        devices("plugin, few", json!({"plugin": "aastra-2"}), "&skip=5&limit=5", 5),
        devices("config", json!({"config": "config500"}), "", 1),
        devices("plugin and not model", json!({"plugin": "aastra-3", "model": {"$ne": "6731i"}}), "", 50),
        devices(
            "40 ids",
            json!({"id": {"$in": (1..=40).map(|n| format!("{:032x}", n * 7919)).collect::<Vec<_>>()}}),
            "",
            40,
        ),
        devices("all", json!({}), "", 50),
        devices("all, after 900", json!({}), "&skip=900", 50),
        devices("sort=mac", json!({}), "&sort=mac", 50),
        devices("sort=mac DESC", json!({}), "&sort=mac&sort_ord=DESC", 50),
        devices("plugin, sort=mac", json!({"plugin": "aastra-3"}), "&sort=mac", 50),
        devices("sort=model", json!({}), "&sort=model", 50),
        devices("sort=description", json!({}), "&sort=description", 50),
        devices("description $contains", json!({"description": {"$contains": "desk 99"}}), "&limit=10", 10),
        devices("X_none $exists", json!({"X_none": {"$exists": true}}), "", 0),
        configs("X_type, most", json!({"X_type": "device"}), 50),
        configs("X_type and id", json!({"X_type": "registrar", "id": "config500"}), 1),
        configs("username", json!({"raw_config.sip_lines.1.username": "user77"}), 1),
    ]
}

#[tokio::main]
async fn main() -> Result<()> {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (rounds, fleets) = if is_bench { (ROUNDS, vec![FEW, MANY]) } else { (GLIMPSE, vec![FEW]) };
    let mut sites = Vec::new();
    for fleet in &fleets {
        let home = Home::with_families(&[])?.quiet();
        sites.push((fleet.start(&home).await?, home));
    }
    println!("{:<24} {}", "limit=50, median", header(&fleets));
    for question in questions() {
        let times = measure(&sites, &question, rounds).await.context(question.what)?;
        let shown: Vec<_> = times.iter().map(|time| format!("{:>10} µs", time.as_micros())).collect();
        let ratio =
            times.last().zip(times.first()).map_or(1.0, |(many, few)| many.as_secs_f64() / few.as_secs_f64());
        println!("{:<24} {} {ratio:>8.1}", question.what, shown.concat());
    }
    for (server, _home) in sites {
        server.stop().await?;
    }
    Ok(())
}

fn header(fleets: &[Fleet]) -> String {
    let numbers: Vec<_> = fleets.iter().map(|fleet| format!("{:>13}", fleet.devices)).collect();
    format!("{} {:>8}", numbers.concat(), "ratio")
}

/// The median time of a question at each site. They are asked in turn, so that what else the machine does falls on all.
async fn measure(sites: &[(Server, Home)], question: &Question, rounds: usize) -> Result<Vec<Duration>> {
    let mut times = vec![Vec::new(); sites.len()];
    let began = Instant::now();
    while times[0].len() < rounds && (times[0].is_empty() || began.elapsed() < LONGEST) {
        for ((server, _), times) in sites.iter().zip(&mut times) {
            times.push(ask(server, question).await?);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    Ok(times.iter_mut().map(median).collect())
}

async fn ask(server: &Server, question: &Question) -> Result<Duration> {
    let Question { list, selector, rest, found, .. } = question;
    let selector = URL_SAFE_NO_PAD.encode(selector.to_string());
    let path = format!("/0.2/{list}?recurse=true&q64={selector}{rest}&limit=50");
    let began = Instant::now();
    let answer = server.api().get(&path).await?.ok()?;
    let took = began.elapsed();
    let name = list.rsplit('/').next().unwrap_or(list);
    let count = answer[name].as_array().map_or(0, Vec::len);
    ensure!(count == *found, "{count} documents instead of {found}");
    Ok(took)
}
