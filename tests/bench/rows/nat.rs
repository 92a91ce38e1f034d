//! Many known phones behind one address, each with its own path and `User-Agent`, as behind NAT.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Handset;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::fleet::Fleet;
use crate::site::{Contender, Site, duel};
use crate::wrk::Wrk;

/// Phones behind one address.
pub(crate) struct Nat;

#[async_trait(?Send)]
impl Row for Nat {
    fn name(&self) -> &'static str {
        "nat"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let count = if plan.is_glimpse { 20 } else { 500 };
        let case = format!("known phones, warm, {count} behind one address");
        if !Wrk::is_there() {
            return Ok(vec![Finding::left_out(case, "no wrk")]);
        }
        let site = Site::new(1, &["--nat", "true"]).await?;
        let fleet = Fleet::new(1, count);
        fleet.share(&site).await?;
        let wrk =
            |server: SocketAddr| Wrk::with_script(site.home.root(), server, "/", &[], &script(fleet, server));
        let (name, process) = ("provd".to_owned(), site.server.process());
        let mut contenders = vec![Contender { name, wrk: wrk(site.server.http())?, process }];
        if let Some(nginx) = &site.nginx {
            let (name, process) = ("nginx".to_owned(), nginx.process()?);
            contenders.push(Contender { name, wrk: wrk(nginx.address())?, process });
        }
        Ok(vec![duel(plan, case, Goal::AtLeast(1.0), &contenders).await?])
    }
}

/// One phone after the other. The requests are written out, so that asking costs little.
fn script(fleet: Fleet, server: SocketAddr) -> String {
    let mut script = "local requests = {\n".to_owned();
    for handset in fleet.handsets() {
        let (path, agent) = (handset.path(), handset.user_agent(Handset::FIRMWARE));
        // Writing to a string cannot fail.
        let _ = writeln!(
            script,
            "'GET {path} HTTP/1.1\\r\\nHost: {server}\\r\\nUser-Agent: {agent}\\r\\n\\r\\n',"
        );
    }
    script
        + "}\nlocal at = 0\n\
        request = function()\n  at = at % #requests + 1\n  return requests[at]\nend\n"
}
