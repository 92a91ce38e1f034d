//! An edit of `base`, from which every device inherits: how many devices are configured anew in a second, and what phones
//! that are known notice of it. Afterwards every file must name the new time server, and every phone get its own.
//!
//! `cargo bench -p provd-tests --bench base_config -- 10000`. Run by anything but `cargo bench`, it only makes sure that it
//! works.

mod fleet;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use provd_tests::load::{Load, Measured};
use provd_tests::{Handset, Home, Server};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

const DEVICES: u32 = 10_000;
/// Devices where it is only made sure that it works.
const GLIMPSE: u32 = 30;
const CONNECTIONS: usize = 16;
/// Phones that ask while the config is edited.
const ASKING: u32 = 200;
/// How long phones ask before.
const BEFORE: Duration = Duration::from_secs(3);
/// Longest wait for the operation.
const PATIENCE: Duration = Duration::from_mins(20);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let usual = if arguments.iter().any(|argument| argument == "--bench") { DEVICES } else { GLIMPSE };
    let devices = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(usual);
    // All phones are on this machine: they share its address.
    let home = Home::with_families(&["aastra"])?.quiet().argument("--nat").argument("true");
    let home = ["--auto-create-burst", "--auto-create-ceiling"]
        .iter()
        .fold(home, |home, limit| home.argument(*limit).argument(devices.to_string()));
    let server = home.start().await?;
    println!("{devices} devices inherit from `base`; {CONNECTIONS} keep-alive connections");

    let began = Instant::now();
    name_time_server(&server, "192.0.2.1").await?;
    fleet::ask_once(&server, devices).await?;
    show("first requests", began.elapsed(), devices);

    let load = load(&server, devices);
    let before = load.run(BEFORE).await?;
    let (took, during) = load.run_during(name_time_server(&server, "192.0.2.2")).await?;
    show("configured anew", took?, devices);
    compare(&before, &during);

    fleet::check(&server, &home, devices, "192.0.2.2").await?;
    println!("all {devices} files are new, and each phone got its own");
    Ok(())
}

fn load(server: &Server, devices: u32) -> Load {
    let phone = |number| {
        let handset = Handset::new(number);
        (handset.path(), handset.user_agent(Handset::FIRMWARE))
    };
    let step = (devices / ASKING).max(1) as usize;
    let phones = (1..=devices).step_by(step).map(phone).collect();
    Load { server: server.http(), phones, connections: CONNECTIONS }
}

/// Edits `base`, and says after which time all devices had their files.
async fn name_time_server(server: &Server, host: &str) -> Result<Duration> {
    let began = Instant::now();
    let raw_config = json!({"ntp_enabled": true, "ntp_ip": host});
    let config =
        json!({"config": {"id": "base", "parent_ids": [], "raw_config": raw_config, "deletable": false}});
    let edited = server.api().put("/0.2/cfg_mgr/configs/base", &config).await?;
    ensure!(edited.status == 204, "{edited:?}");
    if let Some(operation) = edited.location {
        timeout(PATIENCE, ended(server, &operation)).await.context("the operation does not end")??;
    }
    Ok(began.elapsed())
}

async fn ended(server: &Server, operation: &str) -> Result<()> {
    let mut looks = interval(Duration::from_millis(50));
    loop {
        looks.tick().await;
        let operation = server.api().get(operation).await?.ok()?;
        if operation["ended"] != Value::Null {
            ensure!(operation["state"] == "success", "{operation:#}");
            return Ok(());
        }
    }
}

fn show(what: &str, took: Duration, devices: u32) {
    let seconds = took.as_secs_f64();
    println!("{what:<16} {seconds:>8.2} s {:>8.0} devices/s", f64::from(devices) / seconds);
}

fn compare(before: &Measured, during: &Measured) {
    println!("{:<16} {:>10} {:>11} {:>11}", "known phones", "requests/s", "p50", "p99");
    for (what, measured) in [("before", before), ("meanwhile", during)] {
        let (rate, p50, p99) = (measured.rate(), measured.p50.as_micros(), measured.p99.as_micros());
        println!("{what:<16} {rate:>10.0} {p50:>8} µs {p99:>8} µs");
    }
    let times = |during: Duration, before: Duration| during.as_secs_f64() / before.as_secs_f64();
    let (p50, p99) = (times(during.p50, before.p50), times(during.p99, before.p99));
    println!("{:<16} {:>10.2} {p50:>11.1} {p99:>11.1}", "ratio", during.rate() / before.rate());
}
