//! A plugin served over a real Unix socket, in this process.

use std::io::Write as _;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use provd_proto::TOKEN_METADATA_KEY;
use provd_proto::v1::plugin_client::PluginClient;
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureRequest, ConfigureResponse, DescribeRequest,
    DescribeResponse, DrainRequest, GeneratedFile, ServeFileRequest, ServeFileResponse, SynchronizeRequest,
};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use super::*;
use crate::PluginError;

const TOKEN: &str = "the right token";

/// Configures only while it is allowed to, and tells when it was asked.
struct Slow {
    asked: Arc<Semaphore>,
    allowed: Arc<Semaphore>,
    file_bytes: usize,
}

#[async_trait::async_trait]
impl Plugin for Slow {
    async fn describe(&self, _: DescribeRequest) -> Result<DescribeResponse, PluginError> {
        Ok(DescribeResponse { id: "slow".to_owned(), ..DescribeResponse::default() })
    }

    async fn associate(&self, _: AssociateRequest) -> Result<AssociateResponse, PluginError> {
        Err(PluginError::InvalidArgument("no facts".to_owned()))
    }

    async fn configure(&self, _: ConfigureRequest) -> Result<ConfigureResponse, PluginError> {
        self.asked.add_permits(1);
        self.allowed.acquire().await.unwrap().forget();
        let content = vec![0; self.file_bytes];
        let file = GeneratedFile { path: "file".to_owned(), content, ..GeneratedFile::default() };
        Ok(ConfigureResponse { files: vec![file], ..ConfigureResponse::default() })
    }

    async fn serve_file(&self, _: ServeFileRequest) -> Result<ServeFileResponse, PluginError> {
        Err(PluginError::NotFound("nothing is here".to_owned()))
    }
}

#[derive(Clone)]
struct Carrying(Option<&'static str>);

impl Interceptor for Carrying {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = self.0 {
            request.metadata_mut().insert(TOKEN_METADATA_KEY, token.parse().unwrap());
        }
        Ok(request)
    }
}

type Client = PluginClient<InterceptedService<Channel, Carrying>>;

/// A plugin served in this process, with everything a test needs to hold it by.
struct Running {
    channel: Channel,
    asked: Arc<Semaphore>,
    allowed: Arc<Semaphore>,
    lifeline: io::PipeWriter,
    served: JoinHandle<Result<(), ServeError>>,
    _folder: tempfile::TempDir,
}

async fn start(file_bytes: usize) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("plugin.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (asked, allowed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let plugin = Slow { asked: Arc::clone(&asked), allowed: Arc::clone(&allowed), file_bytes };
    let (held, lifeline) = io::pipe().unwrap();
    let ended = lifeline::end_of(held).unwrap();
    let run = Server::new(plugin, TOKEN.to_owned()).run(listener, async { ended.await.unwrap() });
    let served = tokio::spawn(run);
    let connector = tower::service_fn(move |_: Uri| {
        let socket = socket.clone();
        async move { Ok::<_, io::Error>(TokioIo::new(UnixStream::connect(socket).await?)) }
    });
    let channel = Endpoint::from_static("http://plugin").connect_with_connector(connector).await.unwrap();
    Running { channel, asked, allowed, lifeline, served, _folder: folder }
}

impl Running {
    fn client(&self) -> Client {
        self.client_carrying(Some(TOKEN))
    }

    fn client_carrying(&self, token: Option<&'static str>) -> Client {
        PluginClient::with_interceptor(self.channel.clone(), Carrying(token))
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn health(&self, token: Option<&'static str>) -> Result<ServingStatus, Status> {
        let mut client = HealthClient::with_interceptor(self.channel.clone(), Carrying(token));
        let service = provd_proto::v1::plugin_server::SERVICE_NAME.to_owned();
        Ok(client.check(HealthCheckRequest { service }).await?.into_inner().status())
    }

    /// A Configure that the plugin has begun to answer.
    async fn begin_configure(&self) -> JoinHandle<Result<(), Status>> {
        let mut client = self.client();
        let call = tokio::spawn(async move { client.configure(ConfigureRequest::default()).await.map(drop) });
        self.asked.acquire().await.unwrap().forget();
        call
    }
}

#[tokio::test]
async fn only_the_caller_with_the_token_is_answered() {
    let running = start(0).await;
    for token in [None, Some(""), Some("the wrong token"), Some("the right toke"), Some("the right token!")] {
        let refused = running.client_carrying(token).describe(DescribeRequest::default()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{token:?}");
        let refused = running.health(token).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{token:?}");
    }
    let answer = running.client().describe(DescribeRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.id, "slow");
    assert_eq!(running.health(Some(TOKEN)).await.unwrap(), ServingStatus::Serving);
}

#[tokio::test]
async fn errors_travel_as_their_code_and_message() {
    let running = start(0).await;
    let mut client = running.client();
    let status = client.associate(AssociateRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "no facts"));
    let status = client.serve_file(ServeFileRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "nothing is here"));
    let status = client.synchronize(SynchronizeRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn draining_finishes_what_runs_and_takes_no_more() {
    let running = start(0).await;
    let configuring = running.begin_configure().await;
    let mut client = running.client();
    let draining = tokio::spawn(async move { client.drain(DrainRequest {}).await });
    // Health says so as soon as the gate is closed.
    while running.health(Some(TOKEN)).await.unwrap() == ServingStatus::Serving {
        tokio::task::yield_now().await;
    }
    let refused = running.client().describe(DescribeRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(!draining.is_finished());
    running.allowed.add_permits(1);
    configuring.await.unwrap().unwrap();
    draining.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_end_of_the_lifeline_ends_the_server_once_calls_are_answered() {
    let mut running = start(0).await;
    running.lifeline.write_all(b"noise means nothing").unwrap();
    let configuring = running.begin_configure().await;
    drop(running.lifeline);
    running.allowed.add_permits(1);
    configuring.await.unwrap().unwrap();
    running.served.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn calls_that_never_end_do_not_keep_the_process() {
    let running = start(0).await;
    let _never_answered = running.begin_configure().await;
    drop(running.lifeline);
    running.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn messages_up_to_the_limit_pass() {
    let running = start(MAX_MESSAGE_BYTES - 1024).await;
    running.allowed.add_permits(1);
    let answer = running.client().configure(ConfigureRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.files[0].content.len(), MAX_MESSAGE_BYTES - 1024);
    let larger = start(MAX_MESSAGE_BYTES + 1).await;
    larger.allowed.add_permits(1);
    assert!(larger.client().configure(ConfigureRequest::default()).await.is_err());
}
