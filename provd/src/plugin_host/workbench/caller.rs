//! Calls of a plugin that is tried, each with the deadline of the contract; what the plugin answers is told as it is.

use std::fmt;
use std::time::Duration;

use provd_proto::v1;
use tonic::{Code, Response, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use super::super::client::Rpc;
use super::super::connection::Connection;
use super::raw;

/// A connection to one process.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    connection: Connection,
}

/// An answer that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Which kind; `DeadlineExceeded` also where nothing came back in time.
    pub(crate) code: Code,
    /// What it says of it.
    pub(crate) message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.message.chars().take(300).collect();
        write!(f, "{:?}, {}", self.code, shown.escape_debug())
    }
}

/// One method for each call: its name in the stub, its deadline, its messages.
macro_rules! calls {
    ($($name:ident: $rpc:ident($request:ident) -> $answer:ident;)*) => {
        impl Caller {
            $(
                pub(crate) async fn $name(&self, request: v1::$request) -> Result<v1::$answer, Refusal> {
                    let mut stub = self.connection.plugin.clone();
                    Box::pin(within(Rpc::$rpc.deadline(), stub.$name(request))).await
                }
            )*
        }
    };
}

calls! {
    extract: Extract(ExtractRequest) -> ExtractResponse;
    associate: Associate(AssociateRequest) -> AssociateResponse;
    configure_common: ConfigureCommon(ConfigureCommonRequest) -> ConfigureCommonResponse;
    configure: Configure(ConfigureRequest) -> ConfigureResponse;
    deconfigure: Deconfigure(DeconfigureRequest) -> DeconfigureResponse;
    synchronize: Synchronize(SynchronizeRequest) -> SynchronizeResponse;
    serve_file: ServeFile(ServeFileRequest) -> ServeFileResponse;
    drain: Drain(DrainRequest) -> DrainResponse;
}

impl Caller {
    pub(super) fn new(connection: Connection) -> Caller {
        Caller { connection }
    }

    /// Asks a plugin what it is.
    pub(crate) async fn describe(&self) -> Result<v1::DescribeResponse, Refusal> {
        let mut stub = self.connection.plugin.clone();
        let request = v1::DescribeRequest {
            core_version: env!("CARGO_PKG_VERSION").to_owned(),
            api_minor: provd_proto::negotiation::API_MINOR,
        };
        within(Rpc::Describe.deadline(), stub.describe(request)).await
    }

    /// Whether it says that it serves.
    pub(crate) async fn is_serving(&self) -> Result<bool, Refusal> {
        let mut stub = self.connection.health.clone();
        let request = HealthCheckRequest { service: String::new() };
        let answer = within(Rpc::Health.deadline(), stub.check(request)).await?;
        Ok(answer.status() == ServingStatus::Serving)
    }

    /// Calls any method of the service with any bytes, of any size, and gives the bytes of the answer.
    pub(crate) async fn raw(&self, method: &str, message: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let answer = raw::call(self.connection.channel.clone(), method, message);
        within(Rpc::Configure.deadline(), answer).await
    }
}

async fn within<T>(
    deadline: Duration,
    answer: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(deadline, answer).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(Refusal { code: status.code(), message: status.message().to_owned() }),
        Err(_) => Err(Refusal {
            code: Code::DeadlineExceeded,
            message: format!("not answered within {} s", deadline.as_secs()),
        }),
    }
}
