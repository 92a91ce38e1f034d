//! Operations that run, and those that ended and nobody has deleted yet. They live as long as the server.

mod parts;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::events::Events;
use crate::domain::event::{Action, Subject};
use crate::domain::operation::{Operation, Progress, Stage};
pub use parts::Part;

/// Operations that ended and are kept; the oldest give way.
const KEPT: usize = 1_000;
/// Failures of single devices an operation remembers; all of them are counted.
const FAILURES: usize = 100;
/// Time between two events that tell how far one operation is.
const TELL: Duration = Duration::from_millis(500);

/// All operations. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    kept: Arc<Mutex<Kept>>,
    events: Events,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    operations: BTreeMap<u64, watch::Receiver<Operation>>,
    /// In whose name they were begun; of others nobody's.
    tenants: BTreeMap<u64, String>,
}

/// The worker's end of an operation. Dropped before it is ended, the operation has failed.
#[derive(Debug)]
pub struct Worker {
    state: watch::Sender<Operation>,
    events: Events,
    told: Mutex<Instant>,
}

impl Operations {
    /// Operations that are told of.
    pub(super) fn telling(events: Events) -> Operations {
        Operations { events, ..Operations::default() }
    }

    /// Runs work as an operation, to its end even if nobody waits for it. `end` is how much there is to do, if that is
    /// known. What the work returns ends the operation.
    pub fn run<F>(
        &self,
        collection: impl Into<Cow<'static, str>>,
        what: String,
        end: Option<u64>,
        work: impl FnOnce(Arc<Worker>) -> F,
    ) -> watch::Receiver<Operation>
    where
        F: Future<Output = Result<Option<String>, String>> + Send + 'static,
    {
        let (worker, operation) = self.begin(collection.into(), what, end);
        let worker = Arc::new(worker);
        let work = work(worker.clone());
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            let outcome = stopping.run_until_cancelled(work).await;
            worker.end(outcome.unwrap_or_else(|| Err("the server stopped".to_owned())));
        });
        operation
    }

    fn begin(
        &self,
        collection: Cow<'static, str>,
        what: String,
        end: Option<u64>,
    ) -> (Worker, watch::Receiver<Operation>) {
        let mut kept = self.lock();
        kept.last += 1;
        let number = kept.last;
        let progress =
            Progress { stage: Stage::Progress, current: end.map(|_| 0), end, ..Progress::default() };
        let (state, operation) = watch::channel(Operation {
            number,
            collection,
            what,
            progress,
            reason: None,
            failures: Vec::new(),
            failed: 0,
            findings: None,
            began: SystemTime::now(),
            ended: None,
        });
        kept.operations.insert(number, operation.clone());
        kept.forget_oldest();
        drop(kept);
        let worker = Worker { state, events: self.events.clone(), told: Mutex::new(Instant::now()) };
        worker.tell(Action::Created);
        (worker, operation)
    }

    /// All that are kept, oldest first.
    pub fn all(&self) -> Vec<Operation> {
        self.lock().operations.values().map(|operation| operation.borrow().clone()).collect()
    }

    /// How many are under way.
    pub fn running(&self) -> u64 {
        let kept = self.lock();
        let running = |operation: &&watch::Receiver<Operation>| !operation.borrow().progress.stage.is_over();
        kept.operations.values().filter(running).count() as u64
    }

    /// One, to look at or to wait for.
    pub fn get(&self, number: u64) -> Option<watch::Receiver<Operation>> {
        self.lock().operations.get(&number).cloned()
    }

    /// Says in the name of which tenant one was begun.
    pub fn entrust(&self, number: u64, tenant: String) {
        let mut kept = self.lock();
        if kept.operations.contains_key(&number) {
            kept.tenants.insert(number, tenant);
        }
    }

    /// In the name of which tenant one was begun; nothing if in nobody's.
    pub fn tenant_of(&self, number: u64) -> Option<String> {
        self.lock().tenants.get(&number).cloned()
    }

    /// Forgets one; its work goes on. False if there is none.
    pub fn forget(&self, number: u64) -> bool {
        self.lock().forget(number)
    }

    /// Ends all work where it is. What must not stay half done is carried on at the next start by those who know it.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// What still runs is never forgotten.
    fn forget_oldest(&mut self) {
        let over = |operation: &watch::Receiver<Operation>| operation.borrow().progress.stage.is_over();
        let ended: Vec<u64> = self
            .operations
            .iter()
            .filter(|(_, operation)| over(operation))
            .map(|(number, _)| *number)
            .collect();
        for number in ended.iter().take(ended.len().saturating_sub(KEPT)) {
            self.forget(*number);
        }
    }

    fn forget(&mut self, number: u64) -> bool {
        self.tenants.remove(&number);
        self.operations.remove(&number).is_some()
    }
}

impl Worker {
    /// Names the work in one word, as programs for 0.2 know it.
    pub fn label(&self, label: &str) {
        self.state.send_modify(|operation| operation.progress.label = Some(label.to_owned()));
    }

    /// How much there is to do, if that shows only now. Of nothing no progress is shown.
    pub fn expect(&self, end: u64) {
        self.state.send_modify(|operation| {
            operation.progress.current = (end > 0).then_some(0);
            operation.progress.end = (end > 0).then_some(end);
        });
    }

    /// What was found out, for whoever asks how it ended.
    pub fn found(&self, findings: &impl Serialize) {
        // What cannot be a document is not worth failing for.
        let findings = serde_json::to_value(findings).ok();
        self.state.send_modify(|operation| operation.findings = findings);
    }

    /// One more is done.
    pub fn advance(&self) {
        self.state.send_modify(|operation| {
            operation.progress.current = Some(operation.progress.current.unwrap_or(0) + 1);
        });
        self.tell_progress();
    }

    /// It went wrong for one device. That is to be counted by [`Worker::advance`] too.
    pub fn failed(&self, device: &str, reason: &str) {
        self.state.send_modify(|operation| {
            operation.failed += 1;
            if operation.failures.len() < FAILURES {
                operation.failures.push((device.to_owned(), reason.to_owned()));
            }
        });
    }

    /// How many went wrong so far.
    pub fn failures(&self) -> u64 {
        self.state.borrow().failed
    }

    fn end(&self, outcome: Result<Option<String>, String>) {
        self.state.send_modify(|operation| {
            let (stage, reason) = match outcome {
                Ok(reason) => (Stage::Success, reason),
                Err(reason) => (Stage::Fail, Some(reason)),
            };
            parts::end(&mut operation.progress.parts, stage);
            operation.progress.stage = stage;
            operation.reason = reason;
            operation.ended = Some(SystemTime::now());
        });
        let succeeded = self.state.borrow().progress.stage == Stage::Success;
        self.tell(if succeeded { Action::Succeeded } else { Action::Failed });
    }

    /// Tells how far it is, if it was not told just now.
    fn tell_progress(&self) {
        if !self.events.is_awake() {
            return;
        }
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.elapsed() < TELL {
                return;
            }
            *told = Instant::now();
        }
        self.tell(Action::Updated);
    }

    fn tell(&self, action: Action) {
        self.events.tell(action, || {
            let operation = self.state.borrow();
            Subject::Operation(Box::new(Operation {
                failures: Vec::new(),
                findings: None,
                ..operation.clone()
            }))
        });
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.state.borrow().progress.stage.is_over() {
            self.end(Err("the work ended without saying how".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_operation_says_how_far_it_is_and_how_it_ended() {
        let operations = Operations::default();
        let mut operation = operations.run("/0.2/x", "two steps".to_owned(), Some(2), |worker| async move {
            worker.advance();
            worker.failed("a", "no line");
            worker.advance();
            Ok(None)
        });
        let ended = operation.wait_for(|operation| operation.ended.is_some()).await.unwrap().clone();
        assert_eq!((ended.progress.to_string().as_str(), ended.failed), ("success;2/2", 1));
        assert_eq!(operations.all(), [ended]);
        assert!(operations.forget(1) && !operations.forget(1));
    }

    #[tokio::test]
    async fn work_that_panics_has_failed() {
        let operations = Operations::default();
        let mut operation =
            operations.run("/0.2/x", "nothing".to_owned(), None, |_| async { panic!("on purpose") });
        let ended = operation.wait_for(|operation| operation.ended.is_some()).await.unwrap();
        assert_eq!(ended.progress.stage, Stage::Fail);
    }
}
