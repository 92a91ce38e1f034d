//! What phones notice when the process of a plugin is replaced, and when it is killed: the longest time in which a phone of that
//! plugin gets no file, and one of another plugin. Both ask without pause.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use async_trait::async_trait;
use provd_tests::process::Process;
use provd_tests::{Handset, Home, Server};
use rustix::process::Signal;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Row;
use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};

/// One of two.
pub(crate) struct Restart;

/// The phone of the plugin that is restarted, and another.
const OWN: u32 = 1;
const OTHER: u32 = 2;
/// How long phones ask once the plugin is back.
const AFTER: Duration = Duration::from_millis(100);

#[async_trait(?Send)]
impl Row for Restart {
    fn name(&self) -> &'static str {
        "restart"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let home = Home::with_families(&[])?.quiet().at_own_address();
        families::write(&home.families(), 2)?;
        let server = home.start().await?;
        for plugin in [0, 1] {
            server.ready(&families::id(plugin)).await?;
        }
        let mut gaps = [const { Vec::new() }; 4];
        for _ in 0..plan.rounds {
            let replaced = gaps_while(&server, Means::Replaced).await?;
            let killed = gaps_while(&server, Means::Killed).await?;
            for (all, gap) in gaps.iter_mut().zip(replaced.into_iter().chain(killed)) {
                all.push(gap.as_secs_f64() * 1e3);
            }
        }
        let cases = [
            ("plugin restarted: longest gap of its phone", 100.0),
            ("plugin restarted: longest gap of another's phone", 100.0),
            ("plugin killed: longest gap of its phone", 100.0),
            ("plugin killed: longest gap of another's phone", 100.0),
        ];
        let findings = cases.into_iter().zip(gaps);
        Ok(findings.map(|((case, most), gaps)| Finding::of(case, "ms", Goal::AtMost(most), gaps)).collect())
    }
}

#[derive(Debug, Clone, Copy)]
enum Means {
    /// As an administrator does it.
    Replaced,
    /// As a defect does.
    Killed,
}

/// The longest gap of a phone of the plugin, and of another's.
async fn gaps_while(server: &Server, means: Means) -> Result<[Duration; 2]> {
    let over = CancellationToken::new();
    let mut asking = JoinSet::new();
    // The second plugin is for another version of the same firmware.
    for (handset, plugin) in [(OWN, 0), (OTHER, 1)] {
        let handset = Handset::new(handset);
        let agent = handset.user_agent(&families::version(plugin));
        let mut phone = server.http_phone_at(handset.address()).user_agent(&agent);
        let first = phone.get(&handset.path()).await?;
        ensure!(first.status == 200, "{}: {}", handset.path(), first.status);
        asking.spawn(longest_gap(phone, handset.path(), plugin, over.clone()));
    }
    let before = server.ready(&families::id(0)).await?;
    let outcome = end(server, before, means).await;
    tokio::time::sleep(AFTER).await;
    over.cancel();
    let mut gaps = [Duration::ZERO; 2];
    while let Some(gap) = asking.join_next().await {
        let (plugin, gap) = gap??;
        gaps[plugin] = gap;
    }
    outcome.map(|()| gaps)
}

async fn end(server: &Server, before: Process, means: Means) -> Result<()> {
    match means {
        Means::Replaced => server.restart_plugin(&families::id(0)).await?.ok().map(drop)?,
        Means::Killed => before.signal(Signal::KILL)?,
    }
    server.ready_anew(&families::id(0), before).await.map(drop)
}

/// The longest time without a file, until it is over.
async fn longest_gap(
    mut phone: provd_tests::phone::HttpPhone,
    path: String,
    plugin: usize,
    over: CancellationToken,
) -> Result<(usize, Duration)> {
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    while !over.is_cancelled() {
        let is_file = phone.get(&path).await?.status == 200;
        longest = longest.max(last.elapsed());
        if is_file {
            last = Instant::now();
        }
    }
    Ok((plugin, longest))
}
