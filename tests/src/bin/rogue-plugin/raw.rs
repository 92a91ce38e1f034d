//! The same plugin served without the SDK, which would not send what no plugin may send.

use anyhow::Result;
use async_trait::async_trait;
use provd_plugin_runner::{Environment, Plugin as _};
use provd_proto::v1::plugin_server::{Plugin as Service, PluginServer};
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureCommonRequest, ConfigureCommonResponse, ConfigureRequest,
    ConfigureResponse, DeconfigureRequest, DeconfigureResponse, DescribeRequest, DescribeResponse,
    DrainRequest, DrainResponse, ExtractRequest, ExtractResponse, ServeFileRequest, ServeFileResponse,
    SynchronizeRequest, SynchronizeResponse,
};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use crate::plugin::Rogue;

/// Serves whoever calls, messages of any size, until something kills the process.
pub(crate) async fn serve(environment: &Environment, rogue: Rogue) -> Result<()> {
    let listener = UnixListenerStream::new(UnixListener::bind(&environment.socket)?);
    let (_health, health_service) = tonic_health::server::health_reporter();
    let calls = PluginServer::new(Raw(rogue)).max_encoding_message_size(usize::MAX);
    Ok(Server::builder().add_service(health_service).add_service(calls).serve_with_incoming(listener).await?)
}

struct Raw(Rogue);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl Service for Raw {
    async fn describe(&self, request: Request<DescribeRequest>) -> Answer<DescribeResponse> {
        Ok(Response::new(self.0.describe(request.into_inner()).await?))
    }

    async fn extract(&self, request: Request<ExtractRequest>) -> Answer<ExtractResponse> {
        Ok(Response::new(self.0.extract(request.into_inner()).await?))
    }

    async fn associate(&self, request: Request<AssociateRequest>) -> Answer<AssociateResponse> {
        Ok(Response::new(self.0.associate(request.into_inner()).await?))
    }

    async fn configure_common(
        &self,
        request: Request<ConfigureCommonRequest>,
    ) -> Answer<ConfigureCommonResponse> {
        Ok(Response::new(self.0.configure_common(request.into_inner()).await?))
    }

    async fn configure(&self, request: Request<ConfigureRequest>) -> Answer<ConfigureResponse> {
        Ok(Response::new(self.0.configure(request.into_inner()).await?))
    }

    async fn deconfigure(&self, request: Request<DeconfigureRequest>) -> Answer<DeconfigureResponse> {
        Ok(Response::new(self.0.deconfigure(request.into_inner()).await?))
    }

    async fn synchronize(&self, request: Request<SynchronizeRequest>) -> Answer<SynchronizeResponse> {
        Ok(Response::new(self.0.synchronize(request.into_inner()).await?))
    }

    async fn serve_file(&self, request: Request<ServeFileRequest>) -> Answer<ServeFileResponse> {
        Ok(Response::new(self.0.serve_file(request.into_inner()).await?))
    }

    async fn drain(&self, _request: Request<DrainRequest>) -> Answer<DrainResponse> {
        Ok(Response::new(DrainResponse {}))
    }
}
