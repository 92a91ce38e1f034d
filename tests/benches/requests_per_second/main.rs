//! How many requests of a known phone provd answers in a second, with 1, 10 and 60 plugins, each its own process; and
//! beside it, in the same run, what nginx does with the same bytes as static files.
//!
//! `cargo bench -p provd-tests`. Run by anything but `cargo bench`, it only makes sure that it works.

mod families;
mod nginx;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use provd_tests::Home;
use provd_tests::load::{Load, Measured};

use nginx::Nginx;

const USER_AGENT: &str = "Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP";
const FILES: [(&str, &str); 2] =
    [("device file", "/Aastra/001122334455.cfg"), ("common file", "/Aastra/aastra.cfg")];
const CONNECTIONS: usize = 16;

/// What one run measures.
struct Plan {
    plugins: &'static [usize],
    warm_up: Duration,
    duration: Duration,
}

const WHOLE: Plan =
    Plan { plugins: &[1, 10, 60], warm_up: Duration::from_millis(500), duration: Duration::from_secs(5) };
const GLIMPSE: Plan =
    Plan { plugins: &[2], warm_up: Duration::from_millis(20), duration: Duration::from_millis(100) };

#[tokio::main]
async fn main() -> Result<()> {
    // cargo bench says so; cargo test does not.
    let plan = if std::env::args().any(|argument| argument == "--bench") { WHOLE } else { GLIMPSE };
    println!("{CONNECTIONS} keep-alive connections, {:?} each", plan.duration);
    println!(
        "{:<8} {:>7} {:<12} {:>6}  {:>10} {:>9} {:>9}  {:>8}",
        "", "plugins", "", "bytes", "requests/s", "p50", "p99", "of nginx"
    );
    for plugins in plan.plugins {
        measure(&plan, *plugins).await?;
    }
    Ok(())
}

async fn measure(plan: &Plan, plugins: usize) -> Result<()> {
    let home = Home::with_families(&[])?.quiet();
    families::write(&home.families(), plugins)?;
    let server = home.start().await?;
    let mut phone = server.http_phone(1).user_agent(USER_AGENT);
    let nginx = Nginx::start(home.root()).await?;
    if nginx.is_none() {
        println!("nginx is not on the PATH: nothing to compare with");
    }
    for (what, path) in FILES {
        let file = phone.get(path).await?;
        ensure!(file.status == 200, "{path}: {}", file.status);
        let provd = ask(plan, server.http(), path).await?;
        let beside = match &nginx {
            Some(nginx) => {
                nginx.put(path, &file.body)?;
                Some(ask(plan, nginx.address(), path).await?)
            }
            None => None,
        };
        show("provd", plugins, what, file.body.len(), &provd, beside.as_ref());
        if let Some(beside) = &beside {
            show("nginx", 0, what, file.body.len(), beside, None);
        }
    }
    Ok(())
}

async fn ask(plan: &Plan, server: SocketAddr, path: &str) -> Result<Measured> {
    let phones = vec![(path.to_owned(), USER_AGENT.to_owned())];
    let load = Load { server, phones, connections: CONNECTIONS };
    load.run(plan.warm_up).await?;
    load.run(plan.duration).await
}

fn show(who: &str, plugins: usize, what: &str, bytes: usize, measured: &Measured, beside: Option<&Measured>) {
    let ratio = beside.map_or(String::new(), |beside| format!("{:.2}", measured.rate() / beside.rate()));
    let plugins = if plugins == 0 { String::new() } else { plugins.to_string() };
    let (rate, p50, p99) = (measured.rate(), measured.p50.as_micros(), measured.p99.as_micros());
    println!("{who:<8} {plugins:>7} {what:<12} {bytes:>6}  {rate:>10.0} {p50:>6} µs {p99:>6} µs  {ratio:>8}");
}
