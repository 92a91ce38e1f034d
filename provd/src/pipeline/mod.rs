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

use crate::domain::answer::Answer;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::Provisioning;
use crate::provisioning::store::StoreError;
use log::RequestLog;

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

/// The way of every request.
pub struct Pipeline {
    provisioning: Arc<Provisioning>,
    settings: PipelineSettings,
    log: RequestLog,
}

impl Pipeline {
    /// A pipeline on the use cases.
    pub fn new(provisioning: Arc<Provisioning>, settings: PipelineSettings) -> Pipeline {
        Pipeline { provisioning, settings, log: RequestLog::default() }
    }

    async fn answer(&self, request: &Request) -> Result<Answer, StoreError> {
        let log = self.log.begin(request);
        let info = self.extract(request).await;
        log.extracted(&info);
        let device = self.identify(&info).await?;
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
            _ => Ok(Answer::NotFound),
        }
    }

    /// Retrieves the device these facts speak of, or creates it, and brings its record up to date. In order for each
    /// phone: two first requests of one phone make one device.
    async fn identify(&self, info: &DeviceInfo) -> Result<Option<Device>, StoreError> {
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
