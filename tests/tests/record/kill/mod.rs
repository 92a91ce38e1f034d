//! `kill -9` in the midst of everything: what the next server finds is whole, and it brings to its end what was begun.
//!
//! All rounds are in one home, so that damage would accumulate. What is done, and after how much of it the server is
//! killed, comes from a seed which a failure names; `PROVD_SEED` repeats it.

mod disturbance;

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use provd_tests::{Database, Home, Server, invariants, within};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use disturbance::{Disturbance, Trouble};

const ROUNDS: usize = 18;
/// Who act at the same time.
const WORKERS: usize = 6;
/// Most acts that are done before the server is killed.
const ACTS: usize = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_survives_whatever_is_under_way_when_the_server_is_killed() -> Result<()> {
    let seed = match std::env::var("PROVD_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => rand::rng().next_u64(),
    };
    let home = Home::with_families(&["aastra", "cisco-spa"])?.at_own_address();
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = home.start().await?;
    for round in 0..ROUNDS {
        let survived = kill_and_restart(server, &home, &mut random).await;
        server =
            survived.with_context(|| format!("round {round} with PROVD_SEED={seed}\n{}", errors(&home)))?;
    }
    ensure!(server.devices().await?.len() > 5, "hardly anything was done");
    Ok(())
}

/// What the servers complained of.
fn errors(home: &Home) -> String {
    let log = std::fs::read_to_string(home.root().join("log")).unwrap_or_default();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains(" ERROR ")).collect();
    errors.join("\n")
}

async fn kill_and_restart(server: Server, home: &Home, random: &mut StdRng) -> Result<Server> {
    let trouble = Trouble::default();
    kill_amidst(server, random, &trouble).await?;
    let broken = invariants::broken(&mut Database::copy_of(home).await?).await?;
    ensure!(broken.is_empty(), "what was left behind:\n{}", broken.join("\n"));
    trouble.none()?;

    let server = home.start().await?;
    invariants::hold(&server, home).await.context("after the restart")?;
    Ok(server)
}

/// Lets everybody act for a random while, then kills the server.
async fn kill_amidst(server: Server, random: &mut StdRng, trouble: &Trouble) -> Result<()> {
    let server = Arc::new(server);
    let (acts, mut done) = watch::channel(0);
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let disturbance = Disturbance::new(server.clone(), StdRng::from_rng(random), trouble.clone());
        workers.spawn(disturbance.go_on(acts.clone()));
    }
    let enough = random.random_range(1..=ACTS);
    within("acts enough", done.wait_for(|done| *done >= enough)).await??;
    trouble.expected();
    server.process().signal(Signal::KILL)?;
    workers.shutdown().await;
    Arc::into_inner(server).context("somebody still acts")?.kill().await
}
