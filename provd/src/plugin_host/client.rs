//! Calls of one plugin process: every call passes here, so none is without deadline, bulkhead and breaker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use provd_proto::v1;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::{Code, Response, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use super::breaker::{Breaker, OPEN_FOR};
use super::connection::Connection;
use crate::metrics::{Call, PluginCalls};
use crate::provisioning::plugins::PluginError;

/// Calls one plugin may have under way.
const BULKHEAD: usize = 32;
/// How long a call may queue for a place: a site that comes up at once is served, not refused. Where a plugin hangs, the
/// breaker ends the queue.
const QUEUE: Duration = Duration::from_secs(1);
/// When asking a plugin again that failed otherwise than by its breaker may help.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// One process, as it is called.
#[derive(Debug)]
pub(super) struct Client {
    plugin: String,
    connection: Connection,
    places: Semaphore,
    breaker: Breaker,
    /// Of all processes of the plugin.
    counters: Arc<PluginCalls>,
}

/// How a call failed.
#[derive(Debug)]
pub(super) enum CallError {
    /// The plugin answered with a status of its own.
    Answered(Status),
    /// Nothing came back, or nothing was sent.
    Unwell(PluginError),
}

/// The calls and their deadlines, as the contract states them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rpc {
    Describe,
    Extract,
    Associate,
    ConfigureCommon,
    Configure,
    Deconfigure,
    Synchronize,
    ServeFile,
    Drain,
    Health,
}

impl Rpc {
    pub(super) fn deadline(self) -> Duration {
        Duration::from_secs(match self {
            Rpc::Describe | Rpc::ConfigureCommon | Rpc::Configure | Rpc::Deconfigure | Rpc::Synchronize => 5,
            Rpc::Extract | Rpc::Associate | Rpc::ServeFile | Rpc::Health => 2,
            Rpc::Drain => 10,
        })
    }

    /// As it is counted; not at all where it is only the supervisor's.
    fn counted(self) -> Option<Call> {
        match self {
            Rpc::Extract => Some(Call::Extract),
            Rpc::Associate => Some(Call::Associate),
            Rpc::ConfigureCommon => Some(Call::ConfigureCommon),
            Rpc::Configure => Some(Call::Configure),
            Rpc::Deconfigure => Some(Call::Deconfigure),
            Rpc::Synchronize => Some(Call::Synchronize),
            Rpc::ServeFile => Some(Call::ServeFile),
            Rpc::Describe | Rpc::Drain | Rpc::Health => None,
        }
    }
}

impl Client {
    pub(super) fn new(plugin: String, connection: Connection, counters: Arc<PluginCalls>) -> Client {
        let places = Semaphore::new(BULKHEAD);
        Client { plugin, connection, places, breaker: Breaker::default(), counters }
    }

    /// Whether calls are refused because too many failed.
    pub(super) fn is_breaker_open(&self) -> bool {
        self.breaker.is_open()
    }

    pub(super) async fn extract(
        &self,
        request: v1::ExtractRequest,
    ) -> Result<v1::ExtractResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        self.call(Rpc::Extract, stub.extract(request)).await
    }

    pub(super) async fn associate(
        &self,
        request: v1::AssociateRequest,
    ) -> Result<v1::AssociateResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        self.call(Rpc::Associate, stub.associate(request)).await
    }

    pub(super) async fn configure_common(
        &self,
        request: v1::ConfigureCommonRequest,
    ) -> Result<v1::ConfigureCommonResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        Box::pin(self.call(Rpc::ConfigureCommon, stub.configure_common(request))).await
    }

    pub(super) async fn configure(
        &self,
        request: v1::ConfigureRequest,
    ) -> Result<v1::ConfigureResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        Box::pin(self.call(Rpc::Configure, stub.configure(request))).await
    }

    pub(super) async fn deconfigure(&self, device: v1::Device) -> Result<(), CallError> {
        let mut stub = self.connection.plugin.clone();
        let request = v1::DeconfigureRequest { device: Some(device) };
        self.call(Rpc::Deconfigure, stub.deconfigure(request)).await.map(drop)
    }

    pub(super) async fn synchronize(
        &self,
        request: v1::SynchronizeRequest,
    ) -> Result<v1::SynchronizeResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        Box::pin(self.call(Rpc::Synchronize, stub.synchronize(request))).await
    }

    pub(super) async fn serve_file(
        &self,
        request: v1::ServeFileRequest,
    ) -> Result<v1::ServeFileResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        self.call(Rpc::ServeFile, stub.serve_file(request)).await
    }

    /// Asks the plugin what it is. Not counted: it is not ready before it has answered.
    pub(super) async fn describe(&self) -> Result<v1::DescribeResponse, CallError> {
        let mut stub = self.connection.plugin.clone();
        let request = v1::DescribeRequest {
            core_version: env!("CARGO_PKG_VERSION").to_owned(),
            api_minor: provd_proto::negotiation::API_MINOR,
        };
        self.within(Rpc::Describe, stub.describe(request)).await
    }

    /// Lets the plugin finish what it does. Passes the bulkhead: the plugin must hear it also when it is busy.
    pub(super) async fn drain(&self) -> Result<(), CallError> {
        let mut stub = self.connection.plugin.clone();
        self.within(Rpc::Drain, stub.drain(v1::DrainRequest {})).await.map(drop)
    }

    /// Whether the plugin says that it serves; an error means that it does not say anything in time.
    pub(super) async fn is_serving(&self) -> Result<bool, CallError> {
        let mut stub = self.connection.health.clone();
        let response =
            self.within(Rpc::Health, stub.check(HealthCheckRequest { service: String::new() })).await?;
        Ok(response.status() == ServingStatus::Serving)
    }

    async fn call<T>(
        &self,
        rpc: Rpc,
        answer: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, CallError> {
        let place = self.place().await;
        self.counters.refused.fetch_add(u64::from(place.is_err()), Ordering::Relaxed);
        let _place = place?;
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let outcome = self.within(rpc, answer).await;
        if let Some(call) = rpc.counted() {
            self.counters.answered(call, began.elapsed());
        }
        match &outcome {
            Ok(_) => self.breaker.succeeded(),
            Err(CallError::Answered(status)) => {
                // Whatever it says, a plugin that answers is alive.
                self.breaker.succeeded();
                let blamed = !matches!(
                    status.code(),
                    Code::InvalidArgument
                        | Code::FailedPrecondition
                        | Code::NotFound
                        | Code::PermissionDenied
                        | Code::Unimplemented
                );
                self.counters.failures.fetch_add(u64::from(blamed), Ordering::Relaxed);
            }
            Err(CallError::Unwell(_)) => {
                self.breaker.failed();
                self.counters.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        outcome
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, CallError> {
        if !self.breaker.allows() {
            return Err(self.unwell("it failed too often just now", OPEN_FOR));
        }
        match tokio::time::timeout(QUEUE, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(self.unwell("too many calls of it are under way", RETRY_AFTER)),
        }
    }

    async fn within<T>(
        &self,
        rpc: Rpc,
        answer: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, CallError> {
        match tokio::time::timeout(rpc.deadline(), answer).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status))
                if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled) =>
            {
                Err(self.unwell(&format!("{rpc:?}: {}", status.message()), RETRY_AFTER))
            }
            Ok(Err(status)) => Err(CallError::Answered(status)),
            Err(_) => {
                let why = format!("{rpc:?} was not answered within {} s", rpc.deadline().as_secs());
                Err(self.unwell(&why, RETRY_AFTER))
            }
        }
    }

    fn unwell(&self, why: &str, retry_after: Duration) -> CallError {
        CallError::Unwell(PluginError::Unavailable {
            plugin: self.plugin.clone(),
            why: why.to_owned(),
            retry_after,
        })
    }
}
