//! A plugin that takes a second for each answer, with phones that ask it all the time: what the phones of another plugin
//! notice of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;
use tokio::task::JoinSet;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::sample::Side;
use crate::tftp_site::{TftpSite, ask};

/// One slow plugin among others.
pub(crate) struct SlowPlugin;

/// Phones of the slow plugin.
const SLOW: u8 = 32;
/// Phones of the other.
const PHONES: u32 = 32;

#[async_trait(?Send)]
impl Row for SlowPlugin {
    fn name(&self) -> &'static str {
        "tftp-slow-plugin"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let home = Home::with_families(&["cisco-sccp"])?.quiet();
        home.add_program("slow", &[env!("CARGO_BIN_EXE_rogue-plugin"), "dawdles"])?;
        let site = TftpSite::new(home).await?;
        site.server.ready("slow").await?;
        site.share(PHONES).await?;
        let (server, process) = (site.server.tftp(), site.server.process());
        let (mut with, mut without) = (Side::new("beside it"), Side::new("without"));
        let asked = Arc::new(AtomicU64::new(0));
        // What is asked for the first time is not yet remembered.
        ask(PHONES, server, process, plan.duration / 4).await?;
        for _ in 0..plan.rounds {
            without.samples.push(ask(PHONES, server, process, plan.duration).await?);
            let slow = keep_asking(&site, &asked);
            with.samples.push(ask(PHONES, server, process, plan.duration).await?);
            drop(slow);
        }
        let worst =
            |side: &Side| side.samples.iter().filter_map(|sample| sample.p99).fold(0.0, f64::max) / 1e3;
        let aside = format!(
            "{}; {}; p99 {:.1} and {:.1} ms; the slow one was asked {} times",
            with.in_words(),
            without.in_words(),
            worst(&with),
            worst(&without),
            asked.load(Ordering::Relaxed)
        );
        let case = "TFTP, small file, one of the plugins takes 1 s";
        Ok(vec![Finding::ratio(case, Goal::AtLeast(0.9), &with, &[without]).noting(aside)])
    }
}

/// Until what is returned is dropped.
fn keep_asking(site: &TftpSite, asked: &Arc<AtomicU64>) -> JoinSet<()> {
    let mut phones = JoinSet::new();
    for number in 0..SLOW {
        let (phone, asked) = (site.server.tftp_phone_at([127, 3, 0, number + 1]), asked.clone());
        phones.spawn(async move {
            loop {
                asked.fetch_add(1, Ordering::Relaxed);
                // Whether it succeeds is not what this is about; that it goes on is.
                let _ = phone.get(&format!("slow/001b55{number:06x}.cfg")).await;
            }
        });
    }
    phones
}
