//! How many changes of devices the database takes in a second, from 1, 16 and 200 writers at a time: phones that nobody
//! knew, and known ones that are configured anew as a change of their config has it.
//!
//! `cargo bench -p provd`. Run by anything but `cargo bench`, it only makes sure that it works.

mod records;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use provd::provisioning::store::{DeviceChange, Store};
use provd::storage::Database;
use tokio::task::JoinSet;

/// What one run measures.
struct Plan {
    writers: &'static [usize],
    changes: usize,
}

const WHOLE: Plan = Plan { writers: &[1, 16, 200], changes: 10_000 };
const GLIMPSE: Plan = Plan { writers: &[2], changes: 20 };

#[tokio::main]
async fn main() -> Result<()> {
    // cargo bench says so; cargo test does not.
    let plan = if std::env::args().any(|argument| argument == "--bench") { WHOLE } else { GLIMPSE };
    println!("{:<12} {:>7}  {:>9} {:>10} {:>10}", "", "writers", "changes/s", "p50", "p99");
    for writers in plan.writers {
        measure(*writers, plan.changes).await?;
    }
    presences(plan.changes).await
}

async fn measure(writers: usize, changes: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let database = Database::open(&directory.path().join("provd.db")).await?;
    records::put_configs(&database).await?;
    let store: Arc<dyn Store> = Arc::new(database.clone());

    let new = (0..changes).map(records::new_phone).collect();
    report("new", writers, apply(&store, writers, new).await?);
    let known = store.devices().await?;
    let again = known.into_iter().map(records::configured_anew).collect();
    report("known", writers, apply(&store, writers, again).await?);
    database.close().await;
    Ok(())
}

/// Applies changes, so many at a time; gives how long each took, and all of them.
async fn apply(
    store: &Arc<dyn Store>,
    writers: usize,
    changes: Vec<DeviceChange>,
) -> Result<(Vec<Duration>, Duration)> {
    let mut shares: Vec<Vec<DeviceChange>> = (0..writers).map(|_| Vec::new()).collect();
    for (number, change) in changes.into_iter().enumerate() {
        shares[number % writers].push(change);
    }
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for share in shares {
        let store = store.clone();
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            for change in share {
                let began = Instant::now();
                records::configure(&store, change).await?;
                latencies.push(began.elapsed());
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    for share in tasks.join_all().await {
        latencies.extend(share?);
    }
    let duration = began.elapsed();
    latencies.sort_unstable();
    Ok((latencies, duration))
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn report(what: &str, writers: usize, (latencies, duration): (Vec<Duration>, Duration)) {
    let rate = latencies.len() as f64 / duration.as_secs_f64();
    let (p50, p99) = (latencies[latencies.len() / 2], latencies[latencies.len() * 99 / 100]);
    println!("{what:<12} {writers:>7}  {rate:>9.0} {p50:>10.1?} {p99:>10.1?}");
}

/// What was last seen of many phones, and how long a change waits that comes meanwhile.
async fn presences(phones: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let database = Database::open(&directory.path().join("provd.db")).await?;
    records::put_configs(&database).await?;
    let store: Arc<dyn Store> = Arc::new(database.clone());
    apply(&store, 64, (0..phones).map(records::new_phone).collect()).await?;
    for round in ["first", "again"] {
        let presences = store.devices().await?.iter().map(records::presence).collect();
        let began = Instant::now();
        let writing = {
            let store = store.clone();
            tokio::spawn(async move { store.put_presences(presences).await })
        };
        let mut waits = Vec::new();
        while !writing.is_finished() {
            let began = Instant::now();
            store.set_parameter("meanwhile", Some("true")).await?;
            waits.push(began.elapsed());
        }
        writing.await??;
        let longest = waits.iter().max().copied().unwrap_or_default();
        println!(
            "{phones} presences, {round}: {:.1?}; another change waits {longest:.1?} at most",
            began.elapsed()
        );
    }
    database.close().await;
    Ok(())
}
