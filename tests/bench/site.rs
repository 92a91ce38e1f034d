//! A provd and an nginx that serve the same bytes, for rows to compare.

use std::time::Duration;

use anyhow::{Result, ensure};
use provd_tests::phone::Response;
use provd_tests::{Handset, Home, Server};

use crate::arguments::Plan;
use crate::families;
use crate::finding::{Finding, Goal};
use crate::peers::Nginx;
use crate::sample::Side;
use crate::wrk::Wrk;

/// How long each side is asked before anything counts.
const WARM_UP: Duration = Duration::from_millis(500);

/// Both of them. The servers end before what they live in goes.
#[derive(Debug)]
pub(crate) struct Site {
    /// provd.
    pub(crate) server: Server,
    /// nginx, if there is one.
    pub(crate) nginx: Option<Nginx>,
    /// Where both live.
    pub(crate) home: Home,
}

/// The phone that most rows ask with.
pub(crate) const PHONE: u32 = 0x23_74_29;

/// A side of a comparison: its name, what asks it, and its process.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) wrk: Wrk,
    pub(crate) process: provd_tests::process::Process,
}

impl Site {
    /// With so many plugins, each a process of its own, and arguments for provd.
    pub(crate) async fn new(plugins: usize, arguments: &[&str]) -> Result<Site> {
        let home = Home::with_families(&[])?.quiet().at_own_address();
        let home = arguments.iter().fold(home, |home, argument| home.argument(*argument));
        families::write(&home.families(), plugins)?;
        let server = home.start().await?;
        let nginx = Nginx::start(home.root()).await?;
        Ok(Site { server, nginx, home })
    }

    /// Has the usual phone ask provd, and nginx serve the same.
    pub(crate) async fn share(&self, path: &str) -> Result<Response> {
        let mut phone = self.server.http_phone(1).user_agent(&phone().user_agent(Handset::FIRMWARE));
        let file = phone.get(path).await?;
        ensure!(file.status == 200, "{path}: {} {}", file.status, file.text());
        if let Some(nginx) = &self.nginx {
            nginx.put(path, &file.body)?;
        }
        Ok(file)
    }

    /// Both as they are asked for one path with the same headers.
    pub(crate) fn contenders(&self, path: &str, headers: &[&str]) -> Result<Vec<Contender>> {
        let mut contenders = vec![self.provd("provd", path, headers)?];
        contenders.extend(self.other(path, headers)?);
        Ok(contenders)
    }

    /// provd under a name.
    pub(crate) fn provd(&self, name: &str, path: &str, headers: &[&str]) -> Result<Contender> {
        let agent = user_agent();
        let headers = [&[agent.as_str()], headers].concat();
        let wrk = Wrk::new(self.home.root(), self.server.http(), path, &headers)?;
        Ok(Contender { name: name.to_owned(), wrk, process: self.server.process() })
    }

    /// nginx, if there is one.
    pub(crate) fn other(&self, path: &str, headers: &[&str]) -> Result<Option<Contender>> {
        let agent = user_agent();
        let headers = [&[agent.as_str()], headers].concat();
        let Some(nginx) = &self.nginx else { return Ok(None) };
        let wrk = Wrk::new(self.home.root(), nginx.address(), path, &headers)?;
        Ok(Some(Contender { name: "nginx".to_owned(), wrk, process: nginx.process()? }))
    }
}

/// The usual phone.
pub(crate) fn phone() -> Handset {
    Handset::new(PHONE)
}

fn user_agent() -> String {
    format!("User-Agent: {}", phone().user_agent(Handset::FIRMWARE))
}

/// Asks all of them in turn, round by round.
pub(crate) async fn compare(plan: &Plan, contenders: &[Contender]) -> Result<Vec<Side>> {
    let mut sides: Vec<Side> = contenders.iter().map(|contender| Side::new(&contender.name)).collect();
    for Contender { wrk, process, .. } in contenders {
        wrk.run(WARM_UP.min(plan.duration), *process).await?;
    }
    for _ in 0..plan.rounds {
        for (side, Contender { wrk, process, .. }) in sides.iter_mut().zip(contenders) {
            side.samples.push(wrk.run(plan.duration, *process).await?);
        }
    }
    Ok(sides)
}

/// The first of them beside the second.
pub(crate) async fn duel(plan: &Plan, case: String, goal: Goal, contenders: &[Contender]) -> Result<Finding> {
    let sides = compare(plan, contenders).await?;
    let Some((ours, others)) = sides.split_first() else {
        return Ok(Finding::left_out(case, "nobody to ask"));
    };
    Ok(Finding::ratio(case, goal, ours, others))
}
