//! Known phones that ask for the first time since the server was started: nothing of them is in its memory yet.
//!
//! The fleet comes in through the REST import. nginx, which has no such memory, is asked for the same files.

use std::net::SocketAddr;

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;
use provd_tests::process::Process;

use super::Row;
use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};
use crate::fleet::Fleet;
use crate::peers::Nginx;
use crate::sample::{Sample, Side, float};
use crate::usage;

/// Once each, after a restart.
pub(crate) struct Cold;

#[async_trait(?Send)]
impl Row for Cold {
    fn name(&self) -> &'static str {
        "cold"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let fleets: &[u32] = match plan {
            Plan { is_glimpse: true, .. } => &[40],
            Plan { is_long: true, .. } => &[1_000, 100_000, 1_000_000],
            _ => &[1_000],
        };
        for count in fleets {
            findings.extend(of_fleet(plan, *count).await?);
        }
        Ok(findings)
    }
}

async fn of_fleet(plan: &Plan, count: u32) -> Result<Vec<Finding>> {
    let fleet = Fleet::new(1, count);
    // All phones share the address of this machine.
    let home = Home::with_families(&["aastra"])?.quiet().at_own_address().argument("--nat").argument("true");
    let server = home.start().await?;
    fleet.import(&server).await?;
    let nginx = Nginx::start(home.root()).await?;
    if let Some(nginx) = &nginx {
        // Any phone's own file is as long as any other's.
        let mut phone = server.http_phone(1).user_agent(&fleet.load(server.http()).phones[0].1);
        let file = phone.get(&fleet.load(server.http()).phones[0].0).await?;
        for handset in fleet.handsets() {
            nginx.put(&handset.path(), &file.body)?;
        }
    }
    server.stop().await?;
    let (mut ours, mut others) =
        (Side::new("provd"), nginx.iter().map(|_| Side::new("nginx")).collect::<Vec<_>>());
    let mut memory = Vec::new();
    for _ in 0..plan.rounds {
        let server = home.start().await?;
        families::aastra_is_ready(&server).await?;
        let before = usage::resident(server.process())?;
        ours.samples.push(pass(fleet, server.http(), server.process()).await?);
        let more = usage::resident(server.process())?.saturating_sub(before);
        memory.push(float(more) / 1e6 * 100_000.0 / f64::from(count));
        for (side, nginx) in others.iter_mut().zip(&nginx) {
            side.samples.push(pass(fleet, nginx.address(), nginx.process()?).await?);
        }
        server.stop().await?;
    }
    let case = format!("known phones, cold, {count} devices once each");
    let mut findings = vec![Finding::ratio(case, Goal::AtLeast(0.25), &ours, &others)];
    if count >= 100_000 {
        let case = format!("memory per 100,000 devices, of {count} that asked");
        findings.push(Finding::of(case, "MB", Goal::AtMost(60.0), memory));
    }
    Ok(findings)
}

/// Each phone asks once.
async fn pass(fleet: Fleet, server: SocketAddr, process: Process) -> Result<Sample> {
    let load = fleet.load(server);
    let before = usage::worked(process);
    let measured = load.run_once().await?;
    let worked = usage::worked(process).saturating_sub(before);
    let p99 = Sample::from(&measured).p99;
    Ok(Sample { p99, ..Sample::new(measured.requests as u64, measured.elapsed, worked) })
}
