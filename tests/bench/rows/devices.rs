//! What known devices take of the server's memory once each has asked. What is kept of them is bounded, so that as many again
//! take no more: `cold` shows it of 100,000.

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;

use super::Row;
use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};
use crate::fleet::Fleet;
use crate::sample::float;
use crate::usage;

/// So many that asked.
pub(crate) struct Devices;

/// As many as do not fit into what is kept.
const DEVICES: u32 = 50_000;

#[async_trait(?Send)]
impl Row for Devices {
    fn name(&self) -> &'static str {
        "devices"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let count = if plan.is_glimpse { 40 } else { DEVICES };
        // All phones share the address of this machine.
        let home =
            Home::with_families(&["aastra"])?.quiet().at_own_address().argument("--nat").argument("true");
        let server = home.start().await?;
        Fleet::new(1, count).import(&server).await?;
        server.stop().await?;
        let mut taken = Vec::new();
        for _ in 0..plan.rounds {
            let server = home.start().await?;
            families::aastra_is_ready(&server).await?;
            let before = usage::resident(server.process())?;
            Fleet::new(1, count).load(server.http()).run_once().await?;
            taken.push(float(usage::resident(server.process())?.saturating_sub(before)) / 1e6);
            server.stop().await?;
        }
        let case = format!("memory for {count} devices that asked");
        Ok(vec![Finding::of(case, "MB", Goal::AtMost(60.0), taken)])
    }
}
