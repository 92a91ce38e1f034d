//! The interface on a real database, with plugins and phones that only pretend.
//!
//! What clients send to the pipeline is recorded and goes no further; what phones ask goes through a real one.

mod description;
mod firmware;
mod plugins;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request as HttpRequest, StatusCode};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::{ApiState, negotiation, router};
use crate::access::Access;
use crate::domain::answer::Answer;
use crate::domain::policy::Retriever;
use crate::domain::request::{self, Request, RequestKind};
use crate::domain::synchronization::{SynchronizationMethod, SynchronizationTarget};
use crate::pipeline::{Journal, Pipeline, PipelineSettings, RequestHandler};
use crate::provisioning::Provisioning;
use crate::provisioning::synchronizer::{SynchronizationError, Synchronizer};
use crate::storage::Database;
pub(super) use description::{Description, Operation};
use firmware::NoFirmware;
use plugins::{FakeAdministration, FakePlugins};

/// The administrator's token.
pub(super) const TOKEN: &str = "a token";
/// The only plugin.
pub(super) const PLUGIN: &str = "aastra-3.2.2";
/// A plugin that is offered, but cannot be started.
pub(super) const NEW_PLUGIN: &str = "polycom-5.0";
/// An address of a DHCP client whose request never comes to its end.
pub(super) const STUCK: &str = "192.0.2.66";

/// A phone, and the file it asks for.
pub(super) const PHONE: &str = "00:08:5d:23:74:29";
/// See [`PHONE`].
pub(super) const FILE: &str = "Aastra/00085D237429.cfg";
/// Prefix of the identifiers of devices that cannot be told to fetch anything.
pub(super) const DEAF: &str = "deaf";
/// A tenant.
pub(super) const TENANT: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000001";
/// Another tenant.
pub(super) const OTHER: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000002";

/// The interface, and what reached the pipeline through it.
pub(super) struct Api {
    pub(super) state: ApiState,
    pub(super) requests: Arc<Mutex<Vec<Request>>>,
    pub(super) administration: Arc<FakeAdministration>,
    pipeline: Pipeline,
    router: Router,
    _data: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).to_str().unwrap()
    }
}

impl Api {
    pub(super) async fn new() -> Api {
        Api::with_retriever(Retriever::Default).await
    }

    /// With a policy for unknown devices.
    pub(super) async fn with_retriever(retriever: Retriever) -> Api {
        let data = tempfile::tempdir().unwrap();
        let store = Arc::new(Database::open(&data.path().join("provd.db")).await.unwrap());
        let access = Arc::new(Access::open(TOKEN, store.clone()).await.unwrap());
        let base = Map::from_iter([("http_base_url".to_owned(), "http://192.0.2.1:8667".into())]);
        let provisioning = Provisioning::new(store, Arc::new(FakePlugins), base);
        let provisioning = Arc::new(provisioning.synchronizing_by(Arc::new(FakeSynchronizer)));
        let journal = Arc::new(Journal::default());
        let settings = PipelineSettings { retriever, ..PipelineSettings::default() };
        let pipeline = Pipeline::new(provisioning.clone(), settings, journal.clone());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let handler = Arc::new(Recorder { requests: requests.clone() });
        let administration = Arc::new(FakeAdministration::default());
        let state = ApiState::new(
            provisioning,
            administration.clone(),
            Arc::new(NoFirmware),
            handler,
            journal,
            retriever,
            access,
        );
        Api { router: router(state.clone()), state, requests, administration, pipeline, _data: data }
    }

    /// A phone asks for a file.
    pub(super) async fn phone_asks(&self, ip: &str, path: &str) -> Answer {
        let http = request::HttpRequest {
            method: "GET",
            path: format!("/{path}"),
            query: "key=a secret of the phone".to_owned(),
            headers: [("user-agent", "Aastra6731i"), ("authorization", "a secret of the phone")].into(),
        };
        self.pipeline.handle(Request { ip: ip.parse().unwrap(), kind: RequestKind::Http(http) }).await
    }

    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, request: HttpRequest<Body>) -> Answered {
        let response = self.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answered {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Sends a request as it is, for its status: the answer may be no text.
    pub(super) async fn status_of(&self, request: HttpRequest<Body>) -> u16 {
        self.router().oneshot(request).await.unwrap().status().as_u16()
    }

    /// Sends an administrator's request. `path` begins after `/0.2`.
    pub(super) async fn call(&self, method: Method, path: &str, document: Option<Value>) -> Answered {
        self.call_as("", method, path, document).await
    }

    /// The same in the name of a tenant.
    pub(super) async fn call_as(
        &self,
        tenant: &str,
        method: Method,
        path: &str,
        document: Option<Value>,
    ) -> Answered {
        self.call_with(TOKEN, tenant, method, path, document).await
    }

    /// The same of whoever holds a token.
    pub(super) async fn call_with(
        &self,
        token: &str,
        tenant: &str,
        method: Method,
        path: &str,
        document: Option<Value>,
    ) -> Answered {
        let mut request = HttpRequest::builder()
            .method(method)
            .uri(format!("/0.2{path}"))
            .header("X-Auth-Token", token)
            .header("Content-Type", negotiation::MEDIA_TYPE);
        if !tenant.is_empty() {
            request = request.header("Wazo-Tenant", tenant);
        }
        let body = document.map_or_else(Body::empty, |document| Body::from(document.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, document: Value) -> Answered {
        self.call(Method::POST, path, Some(document)).await
    }

    pub(super) async fn put(&self, path: &str, document: Value) -> Answered {
        self.call(Method::PUT, path, Some(document)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answered {
        self.call(Method::DELETE, path, None).await
    }

    /// Stores a config and a device that uses it.
    pub(super) async fn with_phone(self) -> Api {
        let config = json!({"id": "config", "parent_ids": [], "raw_config": {"timezone": "Europe/Paris"}});
        assert_eq!(self.post("/cfg_mgr/configs", json!({"config": config})).await.status, 201);
        let device = json!({"id": "phone", "mac": PHONE, "plugin": PLUGIN, "config": "config"});
        assert_eq!(self.post("/dev_mgr/devices", json!({"device": device})).await.status, 201);
        self
    }
}

struct Recorder {
    requests: Arc<Mutex<Vec<Request>>>,
}

#[async_trait]
impl RequestHandler for Recorder {
    async fn handle(&self, request: Request) -> Answer {
        let stuck = request.ip.to_string() == STUCK;
        self.requests.lock().unwrap().push(request);
        if stuck {
            std::future::pending::<()>().await;
        }
        Answer::Nothing
    }
}

/// Acknowledges everything, except for devices that are deaf.
struct FakeSynchronizer;

#[async_trait]
impl Synchronizer for FakeSynchronizer {
    async fn synchronize(
        &self,
        target: &SynchronizationTarget,
        _: &SynchronizationMethod,
    ) -> Result<String, SynchronizationError> {
        if target.device.starts_with(DEAF) {
            return Err(SynchronizationError::NoAnswer { whom: "the phone".to_owned(), seconds: 32 });
        }
        Ok("the phone answered 200 OK".to_owned())
    }
}
