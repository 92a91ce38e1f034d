//! The service of the contract, each call handed to the plugin and its error made a gRPC status.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use provd_proto::v1::plugin_server::{Plugin as Service, PluginServer};
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureCommonRequest, ConfigureCommonResponse, ConfigureRequest,
    ConfigureResponse, DeconfigureRequest, DeconfigureResponse, DescribeRequest, DescribeResponse,
    DrainRequest, DrainResponse, ExtractRequest, ExtractResponse, ServeFileRequest, ServeFileResponse,
    SynchronizeRequest, SynchronizeResponse,
};
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::drain::Gate;
use crate::{Plugin, PluginError};

/// The deadline of Drain in the contract.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// A plugin behind a gate that counts what runs.
pub(super) struct Calls<P> {
    plugin: P,
    gate: Gate,
    health: HealthReporter,
}

impl<P: Plugin> Calls<P> {
    pub(super) fn new(plugin: P, health: HealthReporter) -> Calls<P> {
        Calls { plugin, gate: Gate::default(), health }
    }

    /// Lets a call run while the plugin takes calls at all.
    async fn answer<R>(
        &self,
        call: &'static str,
        answer: impl Future<Output = Result<R, PluginError>>,
    ) -> Result<Response<R>, Status> {
        let _running = self.gate.enter()?;
        answer.await.map(Response::new).map_err(|error| {
            tracing::debug!(call, code = ?error.code(), %error, "answered with an error");
            Status::from(error)
        })
    }
}

#[async_trait]
impl<P: Plugin> Service for Calls<P> {
    async fn describe(
        &self,
        request: Request<DescribeRequest>,
    ) -> Result<Response<DescribeResponse>, Status> {
        self.answer("Describe", self.plugin.describe(request.into_inner())).await
    }

    async fn extract(&self, request: Request<ExtractRequest>) -> Result<Response<ExtractResponse>, Status> {
        self.answer("Extract", self.plugin.extract(request.into_inner())).await
    }

    async fn associate(
        &self,
        request: Request<AssociateRequest>,
    ) -> Result<Response<AssociateResponse>, Status> {
        self.answer("Associate", self.plugin.associate(request.into_inner())).await
    }

    async fn configure_common(
        &self,
        request: Request<ConfigureCommonRequest>,
    ) -> Result<Response<ConfigureCommonResponse>, Status> {
        self.answer("ConfigureCommon", self.plugin.configure_common(request.into_inner())).await
    }

    async fn configure(
        &self,
        request: Request<ConfigureRequest>,
    ) -> Result<Response<ConfigureResponse>, Status> {
        self.answer("Configure", self.plugin.configure(request.into_inner())).await
    }

    async fn deconfigure(
        &self,
        request: Request<DeconfigureRequest>,
    ) -> Result<Response<DeconfigureResponse>, Status> {
        self.answer("Deconfigure", self.plugin.deconfigure(request.into_inner())).await
    }

    async fn synchronize(
        &self,
        request: Request<SynchronizeRequest>,
    ) -> Result<Response<SynchronizeResponse>, Status> {
        self.answer("Synchronize", self.plugin.synchronize(request.into_inner())).await
    }

    async fn serve_file(
        &self,
        request: Request<ServeFileRequest>,
    ) -> Result<Response<ServeFileResponse>, Status> {
        self.answer("ServeFile", self.plugin.serve_file(request.into_inner())).await
    }

    /// Ends when nothing runs any more. The plugin stays unwell for good: SIGTERM follows.
    async fn drain(&self, _request: Request<DrainRequest>) -> Result<Response<DrainResponse>, Status> {
        self.gate.close();
        self.health.set_not_serving::<PluginServer<Calls<P>>>().await;
        self.health.set_service_status("", ServingStatus::NotServing).await;
        match tokio::time::timeout(DRAIN_LIMIT, self.gate.idle()).await {
            Ok(()) => Ok(Response::new(DrainResponse {})),
            Err(_) => Err(Status::deadline_exceeded("calls still run")),
        }
    }
}
