//! The REST interface, version 0.2 as existing clients speak it, and what administrators need beyond it.
//!
//! Handlers translate between documents and use cases; they decide nothing a use case could decide, and know neither
//! SQL, plugin processes nor how phones ask. What every request must pass before a handler sees it is the gate's.

use std::sync::Arc;
use std::time::SystemTime;

use axum::{Extension, Router};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::access::Access;
use crate::domain::policy::Retriever;
use crate::pipeline::{Journal, RequestHandler};
use crate::provisioning::Provisioning;
use crate::provisioning::firmware::FirmwareAdministration;
use crate::provisioning::plugins::PluginAdministration;

mod audit;
mod autocreate;
mod conditional;
mod configs;
mod configure;
mod cross_origin;
mod devices;
mod dhcp;
mod dhcp_hints;
mod document;
mod events;
mod explain;
mod export;
mod facts;
mod files;
mod find;
mod firmware;
mod found;
mod gate;
mod health;
mod import;
mod installation;
mod links;
mod metrics;
mod monitoring;
mod negotiation;
mod openapi;
mod operations;
mod package;
mod parameters;
mod permission;
mod plugin_packages;
mod plugins;
mod preview;
mod problem;
mod remote_states;
mod repositories;
mod requests;
mod serving;
mod synchronization;
mod tenant;
mod tenants;
mod tokens;
mod waiting;

mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use monitoring::{Listeners, Monitoring};
pub use serving::serve;

use openapi::Descriptions;

/// All but the unreserved characters of RFC 3986 §2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Everything handlers work on.
#[derive(Clone)]
pub struct ApiState {
    provisioning: Arc<Provisioning>,
    administration: Arc<dyn PluginAdministration>,
    firmware: Arc<dyn FirmwareAdministration>,
    handler: Arc<dyn RequestHandler>,
    journal: Arc<Journal>,
    retriever: Retriever,
    access: Arc<Access>,
    /// Changes under way: finished even if their client hangs up, and waited for when the server ends.
    changes: TaskTracker,
    monitoring: Arc<Monitoring>,
}

impl ApiState {
    /// Puts the interface on the use cases. `retriever` is the pipeline's policy, to explain by; `access` decides who comes
    /// in.
    pub fn new(
        provisioning: Arc<Provisioning>,
        administration: Arc<dyn PluginAdministration>,
        firmware: Arc<dyn FirmwareAdministration>,
        handler: Arc<dyn RequestHandler>,
        journal: Arc<Journal>,
        retriever: Retriever,
        access: Arc<Access>,
    ) -> ApiState {
        ApiState {
            provisioning,
            administration,
            firmware,
            handler,
            journal,
            retriever,
            access,
            changes: TaskTracker::new(),
            monitoring: Arc::default(),
        }
    }

    /// With what is watched of the server.
    #[must_use]
    pub fn watching(self, monitoring: Monitoring) -> ApiState {
        ApiState { monitoring: Arc::new(monitoring), ..self }
    }
}

/// What answers at each path, with its documentation, before the gate is put in front of it.
type Routes = Vec<UtoipaMethodRouter<ApiState>>;

/// Everything that wants a token.
const GUARDED: [fn() -> Routes; 29] = [
    links::routes,
    devices::routes,
    files::routes,
    preview::routes,
    explain::routes,
    remote_states::routes,
    synchronization::routes,
    waiting::routes,
    dhcp::routes,
    configs::routes,
    autocreate::routes,
    configure::routes,
    plugins::routes,
    plugin_packages::routes,
    firmware::routes,
    installation::routes,
    repositories::routes,
    dhcp_hints::routes,
    operations::routes,
    requests::routes,
    audit::routes,
    import::routes,
    package::routes,
    terms::routes,
    export::routes,
    events::routes,
    metrics::routes,
    tokens::routes,
    tenants::routes,
];

/// What anybody may ask, without a token. None of it may depend on whose devices there are.
const OPEN: [fn() -> Routes; 2] = [openapi::routes, health::routes];

/// All of the interface. Each answer to a path or method that exists has passed the gate, but for those listed as open.
pub fn router(state: ApiState) -> Router {
    let guarded = guarded().map(|route| gate::guarded(route, &state));
    // What they say of themselves takes megabytes, and is made again for whoever asks.
    let add = |all: Router<_>, route| all.merge(OpenApiRouter::default().routes(route));
    let interface = guarded.chain(open()).fold(Router::new(), add);
    interface
        .layer(Extension(Arc::<Descriptions>::default()))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn(problem::details::shape))
        .layer(axum::middleware::from_fn(cross_origin::allow))
        .layer(axum::middleware::from_fn_with_state(state.clone(), metrics::count))
        .with_state(state)
}

/// What all routes say of themselves.
fn documented() -> OpenApi {
    guarded().chain(open()).fold(OpenApiRouter::default(), OpenApiRouter::routes).into_openapi()
}

fn guarded() -> impl Iterator<Item = UtoipaMethodRouter<ApiState>> {
    GUARDED.into_iter().flat_map(|routes| routes())
}

fn open() -> impl Iterator<Item = UtoipaMethodRouter<ApiState>> {
    OPEN.into_iter().flat_map(|routes| routes()).map(openapi::open)
}

/// The path of something below a collection, its identifier percent-encoded.
fn location(collection: &str, id: &str) -> String {
    format!("{collection}/{}", utf8_percent_encode(id, SEGMENT))
}

/// A moment as text. Nothing for one so far away that no calendar has it.
fn rfc_3339(moment: SystemTime) -> Option<String> {
    Timestamp::try_from(moment).ok().map(|moment| format!("{moment:.3}"))
}
