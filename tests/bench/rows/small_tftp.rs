//! Phones that ask for their own small file over TFTP, from one to many at a time.

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::sample::Side;
use crate::tftp_site::{TftpSite, ask};

/// Whole transfers.
pub(crate) struct SmallTftp;

#[async_trait(?Send)]
impl Row for SmallTftp {
    fn name(&self) -> &'static str {
        "tftp-small"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let numbers: &[u32] = if plan.is_glimpse { &[2] } else { &[1, 32, 256] };
        let site = TftpSite::new(Home::with_families(&["cisco-sccp"])?.quiet()).await?;
        site.share(numbers.iter().copied().max().unwrap_or_default()).await?;
        let mut findings = Vec::new();
        for number in numbers {
            let servers = site.servers()?;
            let mut sides: Vec<Side> = servers.iter().map(|(name, ..)| Side::new(name)).collect();
            for (_, server, process) in &servers {
                ask(*number, *server, *process, plan.duration / 4).await?;
            }
            for _ in 0..plan.rounds {
                for (side, (_, server, process)) in sides.iter_mut().zip(&servers) {
                    side.samples.push(ask(*number, *server, *process, plan.duration).await?);
                }
            }
            let s = if *number == 1 { "" } else { "s" };
            let case = format!("TFTP, small file, {number} phone{s}");
            findings.push(Finding::ratio(case, Goal::AtLeast(1.0), &sides[0], &sides[1..]));
        }
        Ok(findings)
    }
}
