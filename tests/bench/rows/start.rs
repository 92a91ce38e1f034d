//! How long a server takes until all its plugins are ready and a phone is served: with 10 plugins, and with 60.

use std::time::Instant;

use anyhow::{Result, ensure};
use async_trait::async_trait;
use provd_tests::{Handset, Home};

use super::Row;
use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};
use crate::site;

/// From nothing to all ready.
pub(crate) struct Start;

#[async_trait(?Send)]
impl Row for Start {
    fn name(&self) -> &'static str {
        "start"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        if plan.is_glimpse {
            return Ok(vec![with_plugins(plan, 2, 1.0).await?]);
        }
        Ok(vec![with_plugins(plan, 10, 1.0).await?, with_plugins(plan, 60, 4.0).await?])
    }
}

async fn with_plugins(plan: &Plan, plugins: usize, most: f64) -> Result<Finding> {
    let home = Home::with_families(&[])?.quiet().at_own_address();
    families::write(&home.families(), plugins)?;
    // The first start installs them; the phone is known from then on.
    let server = home.start().await?;
    let (path, agent) = (site::phone().path(), site::phone().user_agent(Handset::FIRMWARE));
    ensure!(server.http_phone(1).user_agent(&agent).get(&path).await?.status == 200, "not served");
    server.stop().await?;
    let mut took = Vec::new();
    for _ in 0..plan.rounds {
        let began = Instant::now();
        let server = home.start().await?;
        for number in 0..plugins {
            server.ready(&families::id(number)).await?;
        }
        let answer = server.http_phone(1).user_agent(&agent).get(&path).await?;
        took.push(began.elapsed().as_secs_f64());
        ensure!(answer.status == 200, "{}", answer.status);
        server.stop().await?;
    }
    Ok(Finding::of(format!("start to serving, {plugins} plugins"), "s", Goal::AtMost(most), took))
}
