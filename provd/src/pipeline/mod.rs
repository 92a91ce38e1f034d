//! THE WAY of a request, step by step: [extract], [retrieve], [update], [route], [serve].
//!
//! Everything a phone or a DHCP server asks comes through [`Pipeline::handle`], from whichever listener. What the steps
//! know of plugins and the database they know from `provisioning`.

mod admission;
mod capacity;
mod doubts;
mod extract;
mod identify;
mod journal;
mod leases;
mod log;
mod recall;
mod recollection;
mod record;
mod remote_state;
mod retrieve;
mod route;
mod serve;
#[cfg(test)]
mod tests;
mod told;
mod update;
mod url_key;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::domain::answer::Answer;
use crate::domain::policy::{AutoCreation, Retriever, Updater};
use crate::domain::request::{Request, RequestKind};
use crate::metrics::RequestMetrics;
use crate::provisioning::Provisioning;
use crate::provisioning::store::StoreError;
use admission::Admission;
use capacity::{Capacity, Turn};
use doubts::Doubts;
use leases::Leases;
use recollection::Recollection;
use record::Draft;
use url_key::Key;

pub use journal::Journal;
pub use record::{Identification, Outcome, RequestRecord, Steps, Tried};

/// What a listener needs of everything behind it.
#[async_trait]
pub trait RequestHandler: Send + Sync + 'static {
    /// Answers one request. Never fails: what goes wrong is an [`Answer`] too.
    async fn handle(&self, request: Request) -> Answer;

    /// Answers one request if nothing has to be waited for. Any other is for [`handle`](Self::handle).
    fn handle_at_once(&self, _request: &Request) -> Option<Answer> {
        None
    }
}

/// Longest time one request may take. Each step has its own deadline; this one is for a queue before a phone's lock.
const DEADLINE: Duration = Duration::from_secs(20);
/// When asking again may help, where no plugin says so.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What an administrator decides about identification.
#[derive(Debug, Clone, Default)]
pub struct PipelineSettings {
    /// How the device behind a request is found.
    pub retriever: Retriever,
    /// What a request changes in its record.
    pub updater: Updater,
    /// How many devices requests may create.
    pub auto_creation: AutoCreation,
}

/// The way of every request. Clones share it.
#[derive(Clone)]
pub struct Pipeline {
    provisioning: Arc<Provisioning>,
    settings: Arc<PipelineSettings>,
    journal: Arc<Journal>,
    admission: Arc<Admission>,
    capacity: Arc<Capacity>,
    doubts: Arc<Doubts>,
    leases: Arc<Leases>,
    recollection: Arc<Recollection>,
    /// Changes under way: they end even if the phone hangs up.
    changes: TaskTracker,
    /// Where they run: the threads of listeners end before they do.
    runtime: Handle,
    metrics: Arc<RequestMetrics>,
}

impl Pipeline {
    /// A pipeline on the use cases. What it did can be read in the journal. To be called within a runtime that lasts as long
    /// as it.
    pub fn new(
        provisioning: Arc<Provisioning>,
        settings: PipelineSettings,
        journal: Arc<Journal>,
    ) -> Pipeline {
        Pipeline {
            admission: Arc::new(Admission::new(settings.auto_creation)),
            settings: Arc::new(settings),
            provisioning,
            journal,
            capacity: Arc::default(),
            doubts: Arc::default(),
            leases: Arc::default(),
            recollection: Arc::default(),
            changes: TaskTracker::new(),
            runtime: Handle::current(),
            metrics: Arc::default(),
        }
    }

    /// What is counted and timed of requests.
    pub fn metrics(&self) -> Arc<RequestMetrics> {
        self.metrics.clone()
    }

    /// Waits until what requests have changed is stored. To be called when no more requests come.
    pub async fn finish(&self) {
        self.changes.close();
        self.changes.wait().await;
    }

    async fn answer(&self, request: &Request, key: &Key, draft: &mut Draft) -> Result<Answer, StoreError> {
        let log = log::begin(draft.id, request);
        if let Key::Denied(why) = key {
            return Ok(deny(log, why, draft));
        }
        let _place = match self.capacity.turn(request, draft.id).await {
            Turn::Now(place) => place,
            Turn::Later(retry_after) => return Ok(Answer::Unavailable { retry_after }),
        };
        let began = Instant::now();
        (draft.info, draft.votes) = self.extract(request).await;
        log.extracted(&draft.info);
        let extracted = Instant::now();
        draft.steps.extract = extracted - began;
        // Who does not say it may be known by an address, of which DHCP may tell something else any moment.
        let says_who = draft.info.has_identity();

        let identified = self.identify(request, draft).await?;
        let device = identified.device;
        draft.device = device.as_ref().map(|device| device.id.clone());
        if self.provisioning.events().is_awake() {
            draft.tenant = device.as_ref().and_then(|device| device.tenant_uuid.clone());
        }
        log.retrieved(device.as_deref());
        draft.steps.identify = extracted.elapsed();
        if device.as_ref().is_some_and(|device| !self.opens(key, device)) {
            return Ok(deny(log, "URL key of another tenant.", draft));
        }
        if let Some(retry_after) = identified.retry_after {
            return Ok(Answer::Unavailable { retry_after });
        }
        if matches!(request.kind, RequestKind::Dhcp(_)) {
            return Ok(Answer::Nothing);
        }

        let route = self.route(device.as_deref());
        log.routed(route);
        draft.route = route.map(str::to_owned);
        // A phone whose plugin was not heard is to ask again: told 404, it goes on without its file.
        let complete = draft.votes.complete && identified.complete;
        let began = Instant::now();
        let (answer, given) = match (route, &device) {
            (Some(plugin), Some(device)) => self.serve(plugin, device, request).await?,
            _ if complete => (Answer::NotFound, None),
            _ => (Answer::Unavailable { retry_after: RETRY_AFTER }, None),
        };
        draft.steps.serve = began.elapsed();
        if let Some(device) = device {
            let is_known = self.note_remote_state(&device, request, &answer).await?;
            let lasts = identified.is_settled && is_known && says_who && draft.votes.may_be_remembered;
            draft.given = given.filter(|_| lasts).map(|given| (given, device));
        }
        Ok(answer)
    }
}

#[async_trait]
impl RequestHandler for Pipeline {
    fn handle_at_once(&self, request: &Request) -> Option<Answer> {
        self.answer_as_before(request)
    }

    async fn handle(&self, mut request: Request) -> Answer {
        let key = self.take_key(&mut request);
        let mut draft = Draft::new(self.journal.begin(), self.since());
        let answer = match tokio::time::timeout(DEADLINE, self.answer(&request, &key, &mut draft)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error @ (StoreError::Unavailable(_) | StoreError::Conflict(_)))) => {
                tracing::error!("Request {request} failed: {error}");
                Answer::Unavailable { retry_after: RETRY_AFTER }
            }
            Ok(Err(error)) => {
                tracing::error!("Request {request} failed: {error}");
                Answer::Failed
            }
            Err(_) => {
                tracing::error!("Request {request} was not answered within {} s", DEADLINE.as_secs());
                Answer::Unavailable { retry_after: RETRY_AFTER }
            }
        };
        self.remember(&request, &mut draft);
        let tenant = draft.tenant.take();
        let record = draft.ended(&request, Outcome::of(&answer));
        self.record(&record, tenant);
        self.journal.keep(record);
        answer
    }
}

/// A phone without the right key is told no more than that there is nothing.
fn deny(log: log::Lines, why: &str, draft: &mut Draft) -> Answer {
    log.denied(why);
    draft.identification.refusal = Some(why.to_owned());
    Answer::NotFound
}
