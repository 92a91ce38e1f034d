//! Phones that nobody has seen before: each is entered, given a plugin, an account and files, and served.

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;

use super::Row;
use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};
use crate::fleet::Fleet;
use crate::sample::{Sample, Side};
use crate::usage;

/// Never seen before.
pub(crate) struct New;

/// Phones for each second to be measured.
const PER_SECOND: f64 = 1500.0;

#[async_trait(?Send)]
impl Row for New {
    fn name(&self) -> &'static str {
        "new"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let home =
            Home::with_families(&["aastra"])?.quiet().at_own_address().argument("--nat").argument("true");
        let home = ["--auto-create-burst", "--auto-create-ceiling"]
            .iter()
            .fold(home, |home, limit| home.argument(*limit).argument("1000000"));
        let server = home.start().await?;
        families::aastra_is_ready(&server).await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand phones")]
        let count = (PER_SECOND * plan.duration.as_secs_f64()).clamp(20.0, 50_000.0) as u32;
        let mut side = Side::new("provd");
        let mut first = 1;
        for _ in 0..plan.rounds {
            let before = usage::worked(server.process());
            let measured = Fleet::new(first, count).load(server.http()).run_once().await?;
            let worked = usage::worked(server.process()).saturating_sub(before);
            let p99 = Sample::from(&measured).p99;
            side.samples
                .push(Sample { p99, ..Sample::new(measured.requests as u64, measured.elapsed, worked) });
            first += count;
        }
        let rates = side.samples.iter().map(|sample| sample.rate).collect();
        let aside = side.in_words();
        Ok(vec![Finding::of("new phones", "/s", Goal::AtLeast(1500.0), rates).noting(aside)])
    }
}
