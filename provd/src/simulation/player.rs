//! One phone boots: step after step as its family declares, each answer judged.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::api::Api;
use super::boot::{Ask, End, Step};
use super::fleet::{Fleet, Phone};
use super::http::{Http, Line};
use super::share::Share;
use super::tally::{Observation, Tally};
use super::tftp;
use super::verdict::{Answer, Wrong, judge};

/// Longest time a phone waits because it is told to, before it asks again.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Longest time a phone goes on asking a server that tells it to come back.
const PATIENCE: Duration = Duration::from_mins(5);

/// What all phones need.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) fleet: Fleet,
    pub(super) has_accounts: bool,
    /// Those that ask twice.
    pub(super) impatient: Share,
    pub(super) http: Option<Http>,
    pub(super) tftp: Option<SocketAddr>,
    /// Where leases are told; nothing if they are not.
    pub(super) leases: Option<Lessor>,
    // Held for a count, never while waiting; so is the other.
    pub(super) tally: Mutex<Tally>,
    /// Which phone has which file.
    pub(super) owners: Mutex<HashMap<u64, u64>>,
}

/// Who tells of leases, and the address that phones have where they have none of their own.
#[derive(Debug)]
pub(super) struct Lessor {
    pub(super) api: std::sync::Arc<Api>,
    pub(super) shared: IpAddr,
}

impl Player {
    /// Boots a phone that was due at a moment. The times of its later steps count from when the step before ended.
    pub(super) async fn boot(&self, number: u64, due: Instant) {
        let Some(phone) = self.fleet.phone(number) else { return };
        let (mut line, mut due, mut is_right) = (Line::default(), due, true);
        for (index, step) in phone.kind.steps.iter().enumerate() {
            if matches!(step.ask, Ask::Dhcp { .. }) && self.leases.is_none() {
                continue;
            }
            due += step.pause;
            sleep_until(due).await;
            let (seen, ended) = self.play(step, &phone, &mut line, due).await;
            is_right &= seen.verdict.is_ok();
            self.tally().count(&phone, index, seen);
            due = ended;
        }
        let mut tally = self.tally();
        tally.boots += 1;
        tally.right += u64::from(is_right);
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn play(
        &self,
        step: &Step,
        phone: &Phone<'_>,
        line: &mut Line,
        due: Instant,
    ) -> (Observation, Instant) {
        let (outcome, later) = self.insist(step, phone, line, due).await;
        let ended = Instant::now();
        let time = ended.duration_since(due);
        let bytes = outcome.as_ref().map_or(0, |answer| answer.file.length());
        let verdict = outcome.and_then(|answer| self.judge(step, phone, &answer));
        (Observation { time, bytes, later, verdict }, ended)
    }

    /// Asks until the server can answer. Gives how often it could not.
    async fn insist(
        &self,
        step: &Step,
        phone: &Phone<'_>,
        line: &mut Line,
        due: Instant,
    ) -> (Result<Answer, Wrong>, u64) {
        let mut later = 0;
        loop {
            let outcome = self.ask(step, phone, line).await;
            let wait =
                outcome.as_ref().ok().and_then(|answer| answer.again).map(|wait| wait.min(LONGEST_WAIT));
            match wait {
                Some(wait) if due.elapsed() + wait < PATIENCE => {
                    later += 1;
                    sleep(wait).await;
                }
                _ => return (outcome, later),
            }
        }
    }

    async fn ask(&self, step: &Step, phone: &Phone<'_>, line: &mut Line) -> Result<Answer, Wrong> {
        let values = phone.values();
        let is_impatient = self.impatient.has(phone.number);
        match (&step.ask, &self.http, &self.tftp, &self.leases) {
            (Ask::Http { path, headers }, Some(http), ..) => {
                let headers: Vec<(&str, String)> =
                    headers.iter().map(|(name, value)| (name.as_str(), value.fill(&values))).collect();
                let path = path.fill(&values);
                if is_impatient {
                    http.hang_up(phone.address, &path, &headers).await;
                }
                http.get(line, phone.address, &path, &headers).await
            }
            (Ask::Tftp { file, options }, _, Some(server), _) => {
                let times = if is_impatient { 2 } else { 1 };
                tftp::get(*server, phone.address, &file.fill(&values), options, times).await
            }
            (Ask::Dhcp { options }, .., Some(lessor)) => {
                let options: Vec<(u8, String)> =
                    options.iter().map(|(code, value)| (*code, value.fill(&values))).collect();
                lessor.api.lease(phone.address.unwrap_or(lessor.shared), phone.mac, &options).await
            }
            _ => Err(Wrong::Nonsense("server that could be asked")),
        }
    }

    fn judge(&self, step: &Step, phone: &Phone<'_>, answer: &Answer) -> Result<(), Wrong> {
        judge(step, phone, answer, &self.fleet, self.has_accounts)?;
        if !step.is_own || answer.end != End::File {
            return Ok(());
        }
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = *owners.entry(answer.file.digest()).or_insert(phone.number);
        if owner == phone.number { Ok(()) } else { Err(Wrong::Same(owner)) }
    }
}
