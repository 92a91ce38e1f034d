//! What known devices take of the server's memory once each has asked: how much more it is after the second half of them than
//! after the first, so that what a server takes anyway is not in it.

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::fleet::Fleet;
use crate::sample::float;
use crate::usage;

/// So many that asked.
pub(crate) struct Devices;

/// Half of them.
const HALF: u32 = 10_000;

#[async_trait(?Send)]
impl Row for Devices {
    fn name(&self) -> &'static str {
        "devices"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let half = if plan.is_glimpse { 20 } else { HALF };
        // All phones share the address of this machine.
        let home =
            Home::with_families(&["aastra"])?.quiet().at_own_address().argument("--nat").argument("true");
        let server = home.start().await?;
        Fleet::new(1, 2 * half).import(&server).await?;
        server.stop().await?;
        let mut per_hundred_thousand = Vec::new();
        for _ in 0..plan.rounds {
            let server = home.start().await?;
            server.ready("aastra-3.2.2.1136").await?;
            Fleet::new(1, half).load(server.http()).run_once().await?;
            let before = usage::resident(server.process())?;
            Fleet::new(1 + half, half).load(server.http()).run_once().await?;
            let more = usage::resident(server.process())?.saturating_sub(before);
            per_hundred_thousand.push(float(more) / 1e6 * 1e5 / f64::from(half));
            server.stop().await?;
        }
        let case = format!("memory per 100,000 devices, by the second {half} that asked");
        Ok(vec![Finding::of(case, "MB", Goal::AtMost(60.0), per_hundred_thousand)])
    }
}
