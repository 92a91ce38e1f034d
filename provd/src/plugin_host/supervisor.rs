//! The life of one plugin: started, watched, started again after a crash, left alone after too many, replaced on demand.
//!
//! One task per plugin, which alone changes its [snapshot](super::snapshot); everybody else reads it. States and times are
//! those of the written contract.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::generation::{Generation, Plan, Running, StartError, start};
use super::overrides;
use super::process::Spawner;
use super::snapshot::Shared;
use crate::domain::plugin::{Crash, PluginState};
use crate::provisioning::PluginEvent;
use crate::provisioning::store::{PluginRecord, Store};

/// Pause before the first restart; it doubles with every crash.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A process that was ready for so long is well again: the pause starts over.
const WELL_AFTER: Duration = Duration::from_mins(5);
/// So many crashes within this time are too many.
const CRASHES: usize = 5;
pub(super) const CRASH_WINDOW: Duration = Duration::from_mins(10);
/// How often a process is asked whether it serves, and how many answers it may miss before it counts as hung. A stopped
/// process is so replaced within 15 s; a check costs 30 µs.
const HEALTH_INTERVAL: Duration = Duration::from_secs(3);
const HEALTH_MISSES: u32 = 3;
/// Log lines kept with a crash.
const CRASH_LOG_LINES: usize = 20;

/// A request to replace the process.
pub(super) struct RestartRequest {
    /// Answered when the new one is ready, or could not become so.
    pub(super) outcome: oneshot::Sender<Result<(), String>>,
    /// Another version of the plugin that is to take over; absent: the same.
    pub(super) version: Option<Box<Version>>,
}

/// A version of a plugin.
pub(super) struct Version {
    /// How it is started.
    pub(super) plan: Plan,
    /// What is stored about it.
    pub(super) record: PluginRecord,
}

/// The task of one plugin.
pub(super) struct Supervisor {
    pub(super) plan: Plan,
    pub(super) record: PluginRecord,
    pub(super) shared: Arc<Shared>,
    pub(super) spawner: Spawner,
    pub(super) store: Arc<dyn Store>,
    pub(super) events: mpsc::UnboundedSender<PluginEvent>,
    pub(super) restarts: mpsc::Receiver<RestartRequest>,
    pub(super) shutdown: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) recent_crashes: VecDeque<SystemTime>,
    /// Whether what is stored is of another version than the one that is started.
    pub(super) is_unstored: bool,
}

/// How a watched process ended.
enum End {
    Shutdown,
    Crashed(String),
}

impl Supervisor {
    /// Runs until shutdown.
    pub(super) async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        let mut asked: Option<RestartRequest> = None;
        if let Some(reason) = self.record.quarantine.clone() {
            asked = self.quarantined(reason).await;
        }
        while !self.shutdown.is_cancelled() {
            let failure = match self.attempt().await {
                Ok(running) => {
                    answer(asked.take(), Ok(()));
                    let began = Instant::now();
                    let end = self.watch(running).await;
                    if began.elapsed() >= WELL_AFTER {
                        pause = FIRST_PAUSE;
                    }
                    match end {
                        End::Shutdown => break,
                        End::Crashed(reason) => StartError::Failed(reason),
                    }
                }
                Err(failure) => failure,
            };
            let (StartError::Failed(reason) | StartError::Hopeless(reason)) = &failure;
            answer(asked.take(), Err(reason.clone()));
            if self.shutdown.is_cancelled() {
                break;
            }
            self.crashed(reason).await;
            asked = match self.verdict(&failure) {
                Some(verdict) => self.quarantined(verdict).await,
                None => self.backoff(reason.clone(), pause).await,
            };
            pause = if asked.is_some() { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        }
        self.shared.change(|snapshot| {
            snapshot.state = PluginState::Stopped;
            snapshot.pid = None;
        });
    }

    async fn attempt(&mut self) -> Result<Running, StartError> {
        self.shared.change(|snapshot| {
            // While another process serves, that is what matters.
            if snapshot.pid.is_none() {
                snapshot.state = PluginState::Starting;
            }
            snapshot.starts += 1;
        });
        let starting =
            start(&self.plan, &self.spawner, &self.shared.ring, &self.shared.counters, &self.tasks);
        let running = tokio::select! {
            running = starting => running?,
            () = self.shutdown.cancelled() => return Err(StartError::Failed("the server stops".to_owned())),
        };
        if self.is_unstored {
            self.store_record().await;
        }
        self.publish(&running);
        Ok(running)
    }

    /// Makes a ready process the one that is asked from now on.
    fn publish(&self, running: &Running) {
        self.shared.change(|snapshot| {
            snapshot.state = PluginState::Ready;
            snapshot.reason = None;
            snapshot.pid = Some(running.house.pid());
            snapshot.ready_since = Some(SystemTime::now());
            snapshot.capabilities = running.capabilities();
            snapshot.sandbox = Some(running.sandbox.clone());
            snapshot.generation = Some(running.generation.clone());
        });
        tracing::info!("Plugin {} is ready, pid {}", self.plan.id, running.house.pid());
        let version = overrides::version_of_files(&self.record.folder, &self.plan.overrides);
        // Nobody listens only when the server stops.
        let _ = self.events.send(PluginEvent::Ready { plugin: self.plan.id.clone(), version });
    }

    /// Watches a process until it ends; replaces it when asked to.
    async fn watch(&mut self, mut running: Running) -> End {
        let mut health = tokio::time::interval_at(Instant::now() + HEALTH_INTERVAL, HEALTH_INTERVAL);
        health.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut misses = 0;
        loop {
            let generation = running.generation.clone();
            tokio::select! {
                end = running.house.wait() => {
                    generation.died();
                    return End::Crashed(end);
                }
                () = self.shutdown.cancelled() => {
                    self.shared.change(|snapshot| snapshot.state = PluginState::Draining);
                    running.stop().await;
                    return End::Shutdown;
                }
                Some(asked) = self.restarts.recv() => {
                    running = self.replace(running, asked).await;
                    misses = 0;
                }
                serving = check(&mut health, &generation) => {
                    misses = if serving.is_some() { 0 } else { misses + 1 };
                    if misses >= HEALTH_MISSES {
                        running.house.signal(rustix::process::Signal::KILL);
                        running.house.wait().await;
                        generation.died();
                        return End::Crashed(format!("hung: {misses} health checks in a row were not answered"));
                    }
                    self.judge(&generation, serving);
                }
            }
        }
    }

    /// Starts a new process beside the old one. Only when it is ready does it take over, and the old one drains.
    async fn replace(&mut self, old: Running, mut asked: RestartRequest) -> Running {
        let before = self.adopt(&mut asked);
        match self.attempt().await {
            Ok(new) => {
                self.tasks.spawn(old.stop());
                answer(Some(asked), Ok(()));
                new
            }
            Err(StartError::Failed(reason) | StartError::Hopeless(reason)) => {
                self.shared.change(|snapshot| {
                    snapshot.state = PluginState::Ready;
                    snapshot.reason = Some(format!("the last restart failed: {reason}"));
                });
                tracing::warn!("Plugin {} was not replaced: {reason}", self.plan.id);
                if let Some(Version { plan, record }) = before {
                    (self.plan, self.record, self.is_unstored) = (plan, record, false);
                }
                answer(Some(asked), Err(format!("the old process goes on: {reason}")));
                old
            }
        }
    }

    /// Takes over the version that is asked for, if there is one, and gives the one it replaces.
    fn adopt(&mut self, asked: &mut RestartRequest) -> Option<Version> {
        let Version { plan, record } = *asked.version.take()?;
        self.is_unstored = true;
        let plan = std::mem::replace(&mut self.plan, plan);
        Some(Version { plan, record: std::mem::replace(&mut self.record, record) })
    }

    fn judge(&self, generation: &Generation, serving: Option<bool>) {
        let reason = if serving == Some(false) {
            Some("it says that it does not serve")
        } else if serving.is_none() {
            Some("it does not answer health checks")
        } else if generation.client.is_breaker_open() {
            Some("too many of its calls failed")
        } else {
            None
        };
        let state = if reason.is_some() { PluginState::Degraded } else { PluginState::Ready };
        if self.shared.state() != state {
            self.shared.change(|snapshot| {
                snapshot.state = state;
                snapshot.reason = reason.map(str::to_owned);
            });
        }
    }

    async fn crashed(&mut self, reason: &str) {
        let id = &self.plan.id;
        tracing::error!("Plugin {id} crashed: {reason}");
        self.shared.counters.crashes.fetch_add(1, Ordering::Relaxed);
        let crash = Crash {
            at: SystemTime::now(),
            reason: reason.to_owned(),
            log: self.shared.ring.tail(CRASH_LOG_LINES),
        };
        self.recent_crashes.push_back(crash.at);
        if let Err(error) = self.store.add_crash(id, &crash).await {
            tracing::error!("The crash of plugin {id} could not be recorded: {error}");
        }
    }

    /// Why the plugin must not be started again, if so.
    fn verdict(&mut self, failure: &StartError) -> Option<String> {
        let now = SystemTime::now();
        let old = |at: &SystemTime| now.duration_since(*at).is_ok_and(|age| age > CRASH_WINDOW);
        while self.recent_crashes.front().is_some_and(old) {
            self.recent_crashes.pop_front();
        }
        match failure {
            StartError::Hopeless(reason) => Some(reason.clone()),
            StartError::Failed(reason) if self.recent_crashes.len() >= CRASHES => Some(format!(
                "{CRASHES} crashes within {} minutes, the last: {reason}",
                CRASH_WINDOW.as_secs() / 60
            )),
            StartError::Failed(_) => None,
        }
    }

    /// Waits before the next start; whoever asks for a restart ends the wait.
    async fn backoff(&mut self, reason: String, pause: Duration) -> Option<RestartRequest> {
        self.shared.change(|snapshot| {
            snapshot.state = PluginState::Backoff;
            snapshot.reason = Some(reason);
            snapshot.pid = None;
        });
        // Up to a tenth more, so that plugins that died together do not start together.
        let pause = pause.mul_f64(1.0 + rand::random::<f64>() / 10.0);
        let mut asked = tokio::select! {
            () = tokio::time::sleep(pause) => None,
            () = self.shutdown.cancelled() => None,
            asked = self.restarts.recv() => asked,
        };
        if let Some(asked) = &mut asked {
            self.adopt(asked);
        }
        asked
    }

    /// Waits until an administrator asks for a restart.
    async fn quarantined(&mut self, reason: String) -> Option<RestartRequest> {
        let id = self.plan.id.clone();
        tracing::error!("Plugin {id} is quarantined: {reason}. `provd plugin restart {id}` tries again");
        self.set_quarantine(Some(reason.clone())).await;
        self.shared.change(|snapshot| {
            snapshot.state = PluginState::Quarantined;
            snapshot.reason = Some(reason);
            snapshot.pid = None;
        });
        let mut asked = tokio::select! {
            () = self.shutdown.cancelled() => None,
            asked = self.restarts.recv() => asked,
        };
        if let Some(asked) = &mut asked {
            self.adopt(asked);
            self.recent_crashes.clear();
            self.set_quarantine(None).await;
        }
        asked
    }

    async fn set_quarantine(&mut self, reason: Option<String>) {
        self.record.quarantine = reason;
        self.store_record().await;
    }

    async fn store_record(&mut self) {
        self.is_unstored = false;
        if let Err(error) = self.store.put_plugin(&self.record).await {
            tracing::error!("The state of plugin {} could not be stored: {error}", self.plan.id);
        }
    }
}

/// Whoever asked may have stopped waiting.
fn answer(asked: Option<RestartRequest>, outcome: Result<(), String>) {
    if let Some(asked) = asked {
        let _ = asked.outcome.send(outcome);
    }
}

/// At the next tick: whether the process says that it serves; nothing if it does not answer.
async fn check(health: &mut tokio::time::Interval, generation: &Generation) -> Option<bool> {
    health.tick().await;
    generation.client.is_serving().await.ok()
}
