//! A section of the reference: a server of its own, and the checks made on it, each with the rule that it holds to.

use std::fmt::{Debug, Display};
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Result;
use provd_tests::{Home, PATIENCE, Server};

use crate::expected::Expected;
use crate::request::{Answer, Request, Requester};

/// The families that are installed in each server.
const FAMILIES: [&str; 2] = ["aastra", "cisco-sccp"];
/// How often something that is to become so is asked for.
const INTERVAL: Duration = Duration::from_millis(20);

type Checks = for<'a> fn(&'a mut Checking) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// One section, to be run.
pub(crate) struct Section {
    /// Name of its module.
    pub(crate) name: &'static str,
    /// Its checks. An error ends them.
    pub(crate) checks: Checks,
}

/// What came of a section.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) checks: usize,
    /// What each broken rule says, what was asked, and what was answered instead.
    pub(crate) broken: Vec<String>,
    pub(crate) took: Duration,
}

impl Outcome {
    pub(crate) fn new(name: &'static str) -> Outcome {
        Outcome { name, checks: 0, broken: Vec::new(), took: Duration::ZERO }
    }

    pub(crate) fn panicked(name: &'static str) -> Outcome {
        Outcome::new(name).ended_by("it panicked")
    }

    /// The same, ended before its time.
    pub(crate) fn ended_by(mut self, why: impl Display) -> Outcome {
        self.broken.push(format!("the section could not go on: {why:#}"));
        self
    }
}

impl Section {
    /// Starts a server, checks, and stops it.
    pub(crate) fn run(&self) -> Outcome {
        let began = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = match runtime {
            Ok(runtime) => runtime.block_on(self.check()),
            Err(error) => Outcome::new(self.name).ended_by(error),
        };
        Outcome { took: began.elapsed(), ..outcome }
    }

    async fn check(&self) -> Outcome {
        let mut checking = match Checking::start(self.name).await {
            Ok(checking) => checking,
            Err(error) => return Outcome::new(self.name).ended_by(error),
        };
        match (self.checks)(&mut checking).await {
            Ok(()) => checking.outcome,
            Err(error) => checking.outcome.ended_by(error),
        }
    }
}

/// A server that is being checked.
pub(crate) struct Checking {
    requester: Requester,
    pub(crate) server: Server,
    outcome: Outcome,
    _home: Home,
}

impl Checking {
    async fn start(name: &'static str) -> Result<Checking> {
        let home = Home::with_families(&FAMILIES)?.quiet();
        let server = home.start().await?;
        for plugin in ["aastra-2.6.0.2019", "aastra-3.2.2.1136", "cisco-sccp-8.5.2", "cisco-sccp-legacy"] {
            server.ready(plugin).await?;
        }
        let requester = Requester::new(server.api())?;
        Ok(Checking { requester, server, outcome: Outcome::new(name), _home: home })
    }

    /// Asks for something that is not checked itself.
    pub(crate) async fn ask(&self, request: Request) -> Result<Answer> {
        self.requester.send(&request).await
    }

    /// Asks, and checks the answer.
    pub(crate) async fn check(
        &mut self,
        rule: impl Display,
        request: Request,
        expected: Expected,
    ) -> Result<Answer> {
        let answer = self.requester.send(&request).await?;
        self.outcome.checks += 1;
        if let Some(demand) = expected.unmet(&answer) {
            self.outcome.broken.push(format!("{rule}\n    {request}\n    expected {demand}, got {answer}"));
        }
        Ok(answer)
    }

    /// Asks until the answer is as expected. That it never is breaks the rule.
    pub(crate) async fn becomes(
        &mut self,
        rule: impl Display,
        request: Request,
        expected: Expected,
    ) -> Result<Answer> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let answer = self.requester.send(&request).await?;
            if expected.unmet(&answer).is_none() {
                self.outcome.checks += 1;
                return Ok(answer);
            }
            tokio::time::sleep(INTERVAL).await;
        }
        self.check(rule, request, expected).await
    }

    /// Checks what several answers amount to. `seen` is shown if it does not hold.
    pub(crate) fn holds(&mut self, rule: impl Display, holds: bool, seen: impl Debug) {
        self.outcome.checks += 1;
        if !holds {
            self.outcome.broken.push(format!("{rule}\n    but {seen:?}"));
        }
    }
}
