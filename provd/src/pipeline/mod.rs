//! THE WAY of a request, step by step: [extract], [retrieve], [update], [route], [serve].
//!
//! Everything a phone or a DHCP server asks comes through [`Pipeline::handle`], from whichever listener. What the steps
//! know of plugins and the database they know from `provisioning`.

mod associate;
mod autocreate;
mod extract;
mod log;
mod remote_state;
mod retrieve;
mod route;
mod serve;
#[cfg(test)]
mod tests;
mod update;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;

use crate::domain::answer::Answer;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::Provisioning;
use crate::provisioning::store::StoreError;
use log::RequestLog;
use retrieve::Found;
use update::{Updated, is_current};

/// What a listener needs of everything behind it.
#[async_trait]
pub trait RequestHandler: Send + Sync + 'static {
    /// Answers one request. Never fails: what goes wrong is an [`Answer`] too.
    async fn handle(&self, request: Request) -> Answer;
}

/// Longest time one request may take. Each step has its own deadline; this one is for a queue before a phone's lock.
const DEADLINE: Duration = Duration::from_secs(20);
/// When asking again may help, where no plugin says so.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// How often a change of a record is tried again when somebody else changed it at the same time.
const ATTEMPTS: usize = 5;

/// What an administrator decides about identification.
#[derive(Debug, Clone, Copy, Default)]
pub struct PipelineSettings {
    /// Phones are behind NAT: several may have one address, so a phone that shows up at an address does not take it from
    /// the others.
    pub nat: bool,
}

/// The way of every request. Clones share it.
#[derive(Clone)]
pub struct Pipeline {
    provisioning: Arc<Provisioning>,
    settings: PipelineSettings,
    log: Arc<RequestLog>,
    /// Changes under way: they end even if the phone hangs up.
    changes: TaskTracker,
}

impl Pipeline {
    /// A pipeline on the use cases.
    pub fn new(provisioning: Arc<Provisioning>, settings: PipelineSettings) -> Pipeline {
        Pipeline { provisioning, settings, log: Arc::default(), changes: TaskTracker::new() }
    }

    /// Waits until what requests have changed is stored. To be called when no more requests come.
    pub async fn finish(&self) {
        self.changes.close();
        self.changes.wait().await;
    }

    async fn answer(&self, request: &Request) -> Result<Answer, StoreError> {
        let log = self.log.begin(request);
        let (info, heard) = self.extract(request).await;
        log.extracted(&info);
        let identified = self.identify(&info).await?;
        // A phone whose plugin was not heard is to ask again: told 404, it goes on without its file.
        let complete = heard && identified.as_ref().is_none_or(|identified| identified.complete);
        let device = identified.map(|identified| identified.device);
        log.retrieved(device.as_ref());
        if matches!(request.kind, RequestKind::Dhcp(_)) {
            return Ok(Answer::Nothing);
        }
        let device = match device {
            Some(device) => Some(self.note_remote_state(device, request).await?),
            None => None,
        };
        let route = self.route(device.as_ref());
        log.routed(route);
        match (route, &device) {
            (Some(plugin), Some(device)) => self.serve(plugin, device, request).await,
            _ if complete => Ok(Answer::NotFound),
            _ => Ok(Answer::Unavailable { retry_after: RETRY_AFTER }),
        }
    }

    /// The device these facts speak of, created if need be, with its record up to date.
    async fn identify(&self, info: &DeviceInfo) -> Result<Option<Updated>, StoreError> {
        match self.retrieve(info).await? {
            None => return Ok(None),
            Some(Found::Stored(device)) if is_current(&device, info) => {
                return Ok(Some(Updated { device, complete: true }));
            }
            Some(_) => {}
        }
        let (pipeline, info) = (self.clone(), info.clone());
        let change = self.changes.spawn(async move { pipeline.change(&info).await });
        change.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    /// Retrieves the device and changes its record, in order for each phone: two first requests of one phone make one
    /// device.
    async fn change(&self, info: &DeviceInfo) -> Result<Option<Updated>, StoreError> {
        let _guard = self.provisioning.locks().lock(retrieve::lock_key(info)).await;
        let mut attempts = 1;
        loop {
            let Some(found) = self.retrieve(info).await? else { return Ok(None) };
            match self.update(found, info).await {
                Err(StoreError::Conflict(_)) if attempts < ATTEMPTS => attempts += 1,
                updated => return updated.map(Some),
            }
        }
    }
}

#[async_trait]
impl RequestHandler for Pipeline {
    async fn handle(&self, request: Request) -> Answer {
        match tokio::time::timeout(DEADLINE, self.answer(&request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error @ StoreError::Unavailable(_))) => {
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
        }
    }
}
