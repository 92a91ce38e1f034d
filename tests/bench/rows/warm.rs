//! A known phone that asks for its own file again, with 1, 10 and 60 plugins, each its own process: on connections that
//! last, and with a connection for each request.

use anyhow::Result;
use async_trait::async_trait;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::site::{self, Site, compare, duel};
use crate::wrk::{CONNECTIONS, Wrk};

/// On connections that last.
pub(crate) struct Warm;

/// With a connection for each.
pub(crate) struct Close;

#[async_trait(?Send)]
impl Row for Warm {
    fn name(&self) -> &'static str {
        "warm"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        if !Wrk::is_there() {
            return Ok(vec![Finding::left_out("known phone, warm", "no wrk")]);
        }
        let numbers: &[usize] = if plan.is_glimpse { &[2] } else { &[1, 10, 60] };
        let path = site::phone().path();
        // All are there at the same time, so that all are asked in one round. Plugins that nobody asks cost next to nothing.
        let mut sites = Vec::new();
        let mut contenders = Vec::new();
        let mut bytes = 0;
        for number in numbers {
            let site = Site::new(*number, &[]).await?;
            bytes = site.share(&path).await?.body.len();
            contenders.push(site.provd(&format!("provd with {number}"), &path, &[])?);
            sites.push(site);
        }
        contenders.extend(sites[0].other(&path, &[])?);
        let sides = compare(plan, &contenders).await?;
        let (ours, others) = sides.split_at(numbers.len());
        let mut findings = Vec::new();
        for (number, side) in numbers.iter().zip(ours) {
            let s = if *number == 1 { "" } else { "s" };
            let case = format!("known phone, warm, {bytes} B, {CONNECTIONS} connections, {number} plugin{s}");
            findings.push(Finding::ratio(case, Goal::AtLeast(1.2), side, others));
        }
        if let [one, .., sixty] = ours {
            let one = std::slice::from_ref(one);
            let case = "known phone, warm, 60 plugins beside 1";
            findings.push(Finding::ratio(case, Goal::AtLeast(0.9), sixty, one));
        }
        Ok(findings)
    }
}

#[async_trait(?Send)]
impl Row for Close {
    fn name(&self) -> &'static str {
        "close"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let case = "known phone, warm, Connection: close".to_owned();
        if !Wrk::is_there() {
            return Ok(vec![Finding::left_out(case, "no wrk")]);
        }
        let site = Site::new(1, &[]).await?;
        let path = site::phone().path();
        site.share(&path).await?;
        let contenders = site.contenders(&path, &["Connection: close"])?;
        Ok(vec![duel(plan, case, Goal::AtLeast(1.0), &contenders).await?])
    }
}
