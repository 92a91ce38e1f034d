//! Known phones that come with another firmware each time: the record of each is changed, it is configured anew, and served.

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

/// Another firmware.
pub(crate) struct Upgraded;

/// Phones for each second to be measured.
const PER_SECOND: f64 = 1500.0;

#[async_trait(?Send)]
impl Row for Upgraded {
    fn name(&self) -> &'static str {
        "upgraded"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let home =
            Home::with_families(&["aastra"])?.quiet().at_own_address().argument("--nat").argument("true");
        let server = home.start().await?;
        families::aastra_is_ready(&server).await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand phones")]
        let count = (PER_SECOND * plan.duration.as_secs_f64()).clamp(20.0, 50_000.0) as u32;
        let fleet = Fleet::new(1, count);
        fleet.import(&server).await?;
        let mut side = Side::new("provd");
        for round in 0..plan.rounds {
            let load = fleet.load_with(server.http(), &format!("3.2.2.{}", 2000 + round));
            let before = usage::worked(server.process());
            let measured = load.run_once().await?;
            let worked = usage::worked(server.process()).saturating_sub(before);
            let p99 = Sample::from(&measured).p99;
            side.samples
                .push(Sample { p99, ..Sample::new(measured.requests as u64, measured.elapsed, worked) });
        }
        let rates = side.samples.iter().map(|sample| sample.rate).collect();
        let case = "known phones, each with a new firmware version";
        Ok(vec![Finding::of(case, "/s", Goal::AtLeast(1500.0), rates).noting(side.in_words())])
    }
}
