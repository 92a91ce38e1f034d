//! The one who sends what waits, in its order: a process of its own, which ends when nothing is left or the server stays away.
//!
//! A hook that adds an event while a sender is at work starts none. So a sender looks once more after it gave the right to
//! send away: what came after its last look is sent by itself, or by whoever has that right then.

use std::io::{self, Read as _};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::delivery::{Delivery, Undelivered};
use super::log::Log;
use super::queue::{Queue, Waiting};
use super::route::Route;

/// How long the server may be away before a sender ends. The next event starts another.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long where events are in memory alone: there may be a process for each of them.
const PATIENCE_WITHOUT_QUEUE: Duration = Duration::from_secs(30);
/// Most bytes of events that are handed over without a queue.
const HANDED_OVER: u64 = 64 * 1024;

/// Sends what waits. `is_handed_over` says that events come on standard input, one a line, for they could not be queued.
pub(super) fn run(route: &Route, is_handed_over: bool) -> ExitCode {
    let queue = route.queue();
    let log = Log::beside(queue.folder());
    match send_until_stopped(route, &queue, &log, is_handed_over) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log.line(&format!("{}: {error}; events wait until the next lease", queue.folder().display()));
            ExitCode::FAILURE
        }
    }
}

fn send_until_stopped(route: &Route, queue: &Queue, log: &Log, is_handed_over: bool) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // A DHCP server may have told its children to ignore signals. A sender must not keep it from being stopped.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let delivery = Delivery::new(route, log.clone())?;
        let sending = async {
            if is_handed_over {
                send_handed_over(&delivery, log).await
            } else {
                empty(queue, &delivery, log).await
            }
        };
        tokio::select! {
            outcome = sending => outcome,
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })
}

async fn send_handed_over(delivery: &Delivery, log: &Log) -> io::Result<()> {
    let mut events = String::new();
    io::stdin().take(HANDED_OVER).read_to_string(&mut events)?;
    for body in events.lines() {
        if let Err(error) = delivery.insist(body, PATIENCE_WITHOUT_QUEUE).await {
            log.line(&format!("an event that could not be queued is lost: {error}"));
        }
    }
    Ok(())
}

async fn empty(queue: &Queue, delivery: &Delivery, log: &Log) -> io::Result<()> {
    let mut left = None;
    while queue.waiting()?.last() > left.as_ref() {
        let Some(lock) = queue.lock()? else { return Ok(()) };
        left = send_waiting(queue, delivery, log).await?;
        drop(lock);
    }
    Ok(())
}

/// Sends until nothing waits that can be sent; gives the last of those that are left.
async fn send_waiting(queue: &Queue, delivery: &Delivery, log: &Log) -> io::Result<Option<Waiting>> {
    loop {
        let lost = queue.remove_outdated()?;
        if lost > 0 {
            log.line(&format!("{lost} events are dropped, for they have waited for a day"));
        }
        let mut is_any_decided = false;
        for event in queue.waiting()? {
            let body = match queue.read(&event) {
                Ok(Some(body)) => body,
                // It made room for a newer one.
                Ok(None) => continue,
                Err(error) => {
                    log.line(&format!("an event cannot be read: {error}"));
                    continue;
                }
            };
            match delivery.insist(&body, PATIENCE).await {
                Ok(()) => {}
                Err(error @ Undelivered::Away(_)) => {
                    log.line(&format!("{error}; events wait until the next lease"));
                    return Ok(queue.waiting()?.pop());
                }
                Err(error) => log.line(&format!("an event is dropped: {error}")),
            }
            queue.remove(&event)?;
            is_any_decided = true;
        }
        if !is_any_decided {
            return Ok(queue.waiting()?.pop());
        }
    }
}
