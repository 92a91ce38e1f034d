//! All boots of a simulation: each begins when it is due, whatever became of those before.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::player::Player;
use super::progress::Progress;
use super::rate::Schedule;

/// Descriptors that are not for phones.
const RESERVED: u64 = 64;
/// Most boots under way: more would be lack of memory rather than load.
const MOST: u64 = 50_000;
/// How often the progress is shown.
const SHOWN: Duration = Duration::from_millis(200);

/// How it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) after: Duration,
    pub(super) was_interrupted: bool,
}

/// Boots all phones, until all are done or it is interrupted.
pub(super) async fn run(player: &Arc<Player>, schedule: Schedule, stop: &CancellationToken) -> Ended {
    let progress = Progress::boots(schedule.boots());
    let began = Instant::now();
    let room = Arc::new(Semaphore::new(at_once()));
    let mut boots = JoinSet::new();
    let mut ticks = interval(SHOWN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut number = 0;
    loop {
        let next = schedule.due(number).map(|due| began + due);
        if next.is_none() && boots.is_empty() {
            break;
        }
        let arrival = async {
            match next {
                Some(due) => {
                    sleep_until(due).await;
                    (room.clone().acquire_owned().await, due)
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            (permit, due) = arrival => {
                note_delay(player, due);
                let (player, phone) = (player.clone(), number % player.fleet.count());
                boots.spawn(async move {
                    player.boot(phone, due).await;
                    drop(permit);
                });
                number += 1;
            }
            // A boot that panics is missing from those that were right.
            Some(_) = boots.join_next(), if !boots.is_empty() => {}
            _ = ticks.tick() => progress.show(&player.tally(), began.elapsed()),
        }
        while boots.try_join_next().is_some() {}
    }
    let after = began.elapsed();
    boots.shutdown().await;
    Ended { after, was_interrupted: stop.is_cancelled() }
}

fn note_delay(player: &Player, due: Instant) {
    let mut tally = player.tally();
    tally.latest = tally.latest.max(due.elapsed());
}

/// How many phones may be under way: each takes a descriptor at a time.
fn at_once() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
    usize::try_from(descriptors.saturating_sub(RESERVED).clamp(1, MOST)).unwrap_or(1)
}
