//! The one that writes. Changes queue for it, and those that wait when it becomes free are committed together.
//!
//! Each change of a device touches some thirty pages of the file, most of them those that other changes touch too, and each
//! commit writes all of its pages to the log. So a transaction of many changes costs far less than many of one. None of
//! them notices the others: where one fails, nothing of their transaction is kept and each is done again alone, so that
//! each has the outcome that it would have had.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::future::BoxFuture;
use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use super::ACQUIRE_TIMEOUT;
use super::flushing::flush;
use super::reading::Readers;
use super::stamps::{Stamps, Touched};
use crate::metrics::StorageMetrics;
use crate::provisioning::store::StoreError;

/// Changes that are committed together at most: the writer is busy with them for some 50 ms.
const TOGETHER: usize = 128;
/// Bytes of files that are committed together at most, but for the last change.
const BYTES_TOGETHER: usize = 4 << 20;
/// Changes that may queue; others wait for a place.
const QUEUE: usize = 1024;

/// The statements of a change. They may be done twice: what the first time left is rolled back.
pub(super) type Statements<I, T> =
    for<'a> fn(&'a mut SqliteConnection, &'a I) -> BoxFuture<'a, Result<T, StoreError>>;

/// Where changes queue.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// Nothing once it is closed. A plain mutex: held for a clone.
    queue: Arc<Mutex<Option<mpsc::Sender<Job>>>>,
    task: TaskTracker,
    metrics: Arc<StorageMetrics>,
}

impl Writer {
    /// Starts the task that writes, and the one that brings to disk what it committed. They end when the writer is closed or
    /// gone, after what queues then.
    pub(super) fn start(
        connection: SqlitePool,
        readers: Readers,
        stamps: Arc<Stamps>,
        metrics: Arc<StorageMetrics>,
    ) -> Writer {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (task, committed) = (TaskTracker::new(), watch::Sender::new(0));
        task.spawn(flush(readers, committed.subscribe()));
        let work = Task { connection, committed, stamps, batches: task.clone(), metrics: metrics.clone() };
        task.spawn(work.run(jobs));
        Writer { queue: Arc::new(Mutex::new(Some(queue))), task, metrics }
    }

    /// Takes no more changes, and waits for those that were taken.
    pub(super) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.task.close();
        self.task.wait().await;
    }

    /// Writes what no answer that is kept rests on. See [`write`](Writer::write).
    pub(super) async fn note<I, T>(&self, input: I, statements: Statements<I, T>) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.write(0, input, statements, |_, _| Touched::nothing()).await
    }

    /// Does a change, which concerns so many bytes of files, in a transaction, and gives its outcome once that is
    /// committed. What it touched shows in what was asked and what came of it. One that cannot begin in time is not done at
    /// all. One that has begun is done to its end, even if nobody waits for it any more.
    pub(super) async fn write<I, T>(
        &self,
        bytes: usize,
        input: I,
        statements: Statements<I, T>,
        touched: fn(&I, &T) -> Touched,
    ) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let turn = self.metrics.waits();
        let (begins, mut begun) = oneshot::channel();
        let (caller, outcome) = oneshot::channel();
        let change = Box::new(Asked { input, statements, touched, outcome: None, caller });
        let queue = self.queue()?;
        let waiting = async {
            // That it is not taken shows in that it never begins.
            drop(queue.send(Job { bytes, begins, change }).await);
            drop(queue);
            (&mut begun).await.is_ok()
        };
        match tokio::time::timeout(ACQUIRE_TIMEOUT, waiting).await {
            Ok(true) => {}
            Ok(false) => return Err(closed()),
            Err(_) => {
                begun.close();
                begun.try_recv().map_err(|_| sqlx::Error::PoolTimedOut)?;
            }
        }
        drop(turn);
        outcome.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the change was broken off".to_owned())))
    }

    fn queue(&self) -> Result<mpsc::Sender<Job>, StoreError> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(closed)
    }
}

fn closed() -> StoreError {
    sqlx::Error::PoolClosed.into()
}

/// A change in the queue.
struct Job {
    bytes: usize,
    /// Tells the caller that it has begun. If that cannot be told the caller has given up.
    begins: oneshot::Sender<()>,
    change: Box<dyn Change>,
}

/// A change, whatever it takes and gives.
trait Change: Send {
    /// Does its statements and keeps what they gave.
    fn apply<'a>(&'a mut self, connection: &'a mut SqliteConnection)
    -> BoxFuture<'a, Result<(), StoreError>>;

    /// What it touched, if it is committed.
    fn touched(&self) -> Touched;

    /// Answers the caller with what its statements gave, if that is committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Asked<I, T> {
    input: I,
    statements: Statements<I, T>,
    touched: fn(&I, &T) -> Touched,
    outcome: Option<T>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<I: Send + Sync, T: Send> Change for Asked<I, T> {
    fn apply<'a>(
        &'a mut self,
        connection: &'a mut SqliteConnection,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            self.outcome = Some((self.statements)(connection, &self.input).await?);
            Ok(())
        })
    }

    fn touched(&self) -> Touched {
        self.outcome.as_ref().map_or_else(Touched::everything, |outcome| (self.touched)(&self.input, outcome))
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Asked { outcome, caller, .. } = *self;
        if let Some(answer) = committed.map(|()| outcome).transpose() {
            // Whoever gave up does not want to know.
            drop(caller.send(answer));
        }
    }
}

/// Why nothing of a transaction is stored.
enum Failure {
    /// One of its changes failed.
    Change(StoreError),
    /// It could not begin or be committed.
    Transaction(StoreError),
}

impl Failure {
    fn into_error(self) -> StoreError {
        match self {
            Failure::Change(error) | Failure::Transaction(error) => error,
        }
    }
}

/// The task that writes.
#[derive(Clone)]
struct Task {
    connection: SqlitePool,
    /// Counts changes that are to be brought to disk.
    committed: watch::Sender<u64>,
    stamps: Arc<Stamps>,
    batches: TaskTracker,
    metrics: Arc<StorageMetrics>,
}

impl Task {
    async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.recv().await {
            let batch = batch(first, &mut jobs);
            // In a task of its own: should it panic, the next is done all the same.
            drop(self.batches.spawn(self.clone().write(batch)).await);
        }
    }

    async fn write(self, batch: Vec<Job>) {
        let writing = self.stamps.write();
        let mut changes = batch.into_iter().filter_map(Job::begin).collect::<Vec<_>>();
        let outcomes = self.outcomes(&mut changes).await;
        writing.touched(touched_by(&changes, &outcomes));
        for (change, outcome) in changes.into_iter().zip(outcomes) {
            change.answer(outcome);
        }
    }

    /// What became of each change.
    async fn outcomes(&self, changes: &mut [Box<dyn Change>]) -> Vec<Result<(), StoreError>> {
        match self.transact(changes).await {
            Ok(()) => changes.iter().map(|_| Ok(())).collect(),
            Err(Failure::Transaction(error)) => changes.iter().map(|_| Err(error.clone())).collect(),
            Err(Failure::Change(error)) if changes.len() == 1 => vec![Err(error)],
            Err(Failure::Change(_)) => {
                let mut outcomes = Vec::with_capacity(changes.len());
                for change in changes {
                    outcomes
                        .push(self.transact(std::slice::from_mut(change)).await.map_err(Failure::into_error));
                }
                outcomes
            }
        }
    }

    /// Stores all of these changes or none. The transaction has the right to write from its beginning: one that begins
    /// reading and asks for it later may be refused it.
    async fn transact(&self, changes: &mut [Box<dyn Change>]) -> Result<(), Failure> {
        let (began, together) = (Instant::now(), changes.len());
        let outcome = self.try_transact(changes).await;
        self.metrics.has_written(began, together, matches!(outcome, Err(Failure::Transaction(_))));
        outcome
    }

    async fn try_transact(&self, changes: &mut [Box<dyn Change>]) -> Result<(), Failure> {
        let failed = |error: sqlx::Error| Failure::Transaction(error.into());
        let together = changes.len() as u64;
        let mut transaction = self.connection.begin_with("begin immediate").await.map_err(failed)?;
        for change in changes {
            if let Err(error) = change.apply(&mut transaction).await {
                if let Err(error) = transaction.rollback().await {
                    tracing::debug!("SQLite had rolled back by itself: {error}");
                }
                return Err(Failure::Change(error));
            }
        }
        transaction.commit().await.map_err(failed)?;
        self.committed.send_modify(|count| *count += together);
        Ok(())
    }
}

/// What changes touched that ended so.
fn touched_by(changes: &[Box<dyn Change>], outcomes: &[Result<(), StoreError>]) -> Touched {
    let mut touched = Touched::nothing();
    for (change, outcome) in changes.iter().zip(outcomes) {
        match outcome {
            Ok(()) => touched.add(change.touched()),
            // Refused by a statement of its own, and rolled back.
            Err(StoreError::Conflict(_) | StoreError::Duplicate(_)) => {}
            // Whether a commit that failed was one is not certain.
            Err(StoreError::Unavailable(_) | StoreError::Corrupt { .. }) => return Touched::everything(),
        }
    }
    touched
}

impl Job {
    /// The change, unless its caller has given up.
    fn begin(self) -> Option<Box<dyn Change>> {
        self.begins.send(()).is_ok().then_some(self.change)
    }
}

/// A change and those that queue behind it, as many as are committed together.
fn batch(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut bytes = first.bytes;
    let mut batch = vec![first];
    while batch.len() < TOGETHER
        && bytes < BYTES_TOGETHER
        && let Ok(next) = jobs.try_recv()
    {
        bytes += next.bytes;
        batch.push(next);
    }
    batch
}
