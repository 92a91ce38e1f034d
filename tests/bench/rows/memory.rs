//! What a server takes before anybody asks: memory of itself and of each plugin.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use provd_tests::{Handset, Home};

use super::Row;
use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};
use crate::sample::float;
use crate::site;
use crate::usage::{private, resident};

/// Idle.
pub(crate) struct Memory;

const PLUGINS: usize = 10;

#[async_trait(?Send)]
impl Row for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let plugins = if plan.is_glimpse { 2 } else { PLUGINS };
        let home = Home::with_families(&[])?.quiet().at_own_address();
        families::write(&home.families(), plugins)?;
        // The first start installs them; the phone is known from then on.
        let server = home.start().await?;
        let (path, agent) = (site::phone().path(), site::phone().user_agent(Handset::FIRMWARE));
        ensure!(server.http_phone(1).user_agent(&agent).get(&path).await?.status == 200, "not served");
        server.stop().await?;
        let (mut core, mut each) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let server = home.start().await?;
            for number in 0..plugins {
                server.ready(&families::id(number)).await?;
            }
            let answer = server.http_phone(1).user_agent(&agent).get(&path).await?;
            ensure!(answer.status == 200, "{}", answer.status);
            // What a start leaves behind is given back after a while.
            tokio::time::sleep(plan.duration).await;
            core.push(float(resident(server.process())?) / 1e6);
            let children = server.process().children();
            let sum = children.iter().map(|child| private(*child)).sum::<Result<u64>>()?;
            each.push(float(sum) / 1e6 / float(children.len() as u64));
            server.stop().await?;
        }
        Ok(vec![
            Finding::of(
                format!("memory of the core, idle, {plugins} plugins"),
                "MB",
                Goal::AtMost(40.0),
                core,
            ),
            Finding::of("private memory of each declarative plugin", "MB", Goal::AtMost(6.0), each),
        ])
    }
}
