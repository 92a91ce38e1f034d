//! A known phone that asks all the time, ten times a second: what one phone notices of all others.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use provd_tests::{Handset, Server};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(100);
/// An answer that comes so fast is that of a server at ease.
const AT_EASE: Duration = Duration::from_millis(100);
/// So many of them in a row mean that it is.
const IN_A_ROW: usize = 5;
/// Longest wait for that.
const PATIENCE: Duration = Duration::from_mins(2);

/// What it has noticed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noticed {
    pub(crate) asked: u64,
    /// 503: come back later.
    pub(crate) later: u64,
    /// Any other answer but its file, or none.
    pub(crate) failed: u64,
    /// Longest time until an answer.
    pub(crate) slowest: Duration,
}

/// A phone that asks until this is dropped or asked what it has noticed.
#[derive(Debug)]
pub(crate) struct Probe {
    // Held for a count, never while waiting.
    noticed: Arc<Mutex<Noticed>>,
    _asking: JoinSet<()>,
}

impl Probe {
    /// Begins. Each question has a connection of its own, as those of phones have.
    pub(crate) fn start(server: &Server, handset: Handset) -> Probe {
        let noticed = Arc::new(Mutex::new(Noticed::default()));
        let (phone, counted, path) = (handset.at(server), noticed.clone(), handset.path());
        let mut asking = JoinSet::new();
        asking.spawn(async move {
            let mut ticks = interval(PAUSE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let began = Instant::now();
                let status = phone.another().get(&path).await.map_or(0, |answer| answer.status);
                let mut noticed = counted.lock().unwrap_or_else(PoisonError::into_inner);
                noticed.asked += 1;
                noticed.later += u64::from(status == 503);
                noticed.failed += u64::from(status != 503 && status != 200);
                noticed.slowest = noticed.slowest.max(began.elapsed());
            }
        });
        Probe { noticed, _asking: asking }
    }

    /// Ends it.
    pub(crate) fn end(self) -> Noticed {
        self.noticed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How long it takes until the server is at ease.
pub(crate) async fn recovery(server: &Server, handset: Handset) -> Result<Duration> {
    let (began, phone) = (Instant::now(), handset.at(server));
    let (mut fast, mut eased) = (0, Duration::ZERO);
    while fast < IN_A_ROW && began.elapsed() < PATIENCE {
        let asked = Instant::now();
        let answer = phone.another().get(&handset.path()).await;
        let is_fast = answer.is_ok_and(|answer| answer.status == 200) && asked.elapsed() < AT_EASE;
        if fast == 0 {
            eased = asked.duration_since(began);
        }
        fast = if is_fast { fast + 1 } else { 0 };
    }
    Ok(if fast == IN_A_ROW { eased } else { began.elapsed() })
}
