//! The REST interface, version 0.2 as existing clients speak it, and what administrators need beyond it.
//!
//! Handlers translate between documents and use cases; they decide nothing a use case could decide, and know neither
//! SQL, plugin processes nor how phones ask. What every request must pass before a handler sees it is the gate's.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_util::task::TaskTracker;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::domain::policy::Retriever;
use crate::pipeline::{Journal, RequestHandler};
use crate::provisioning::Provisioning;
use crate::provisioning::plugins::PluginAdministration;

mod access;
mod audit;
mod autocreate;
mod configs;
mod cross_origin;
mod devices;
mod dhcp;
mod dhcp_hints;
mod document;
mod explain;
mod facts;
mod files;
mod find;
mod gate;
mod links;
mod negotiation;
mod operations;
mod parameters;
mod plugins;
mod preview;
mod problem;
mod remote_states;
mod requests;
mod serving;
mod synchronization;
mod tenant;
mod waiting;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use serving::serve;

use access::Access;

/// All but the unreserved characters of RFC 3986 §2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Everything handlers work on.
#[derive(Clone)]
pub struct ApiState {
    provisioning: Arc<Provisioning>,
    administration: Arc<dyn PluginAdministration>,
    handler: Arc<dyn RequestHandler>,
    journal: Arc<Journal>,
    retriever: Retriever,
    access: Arc<Access>,
    /// Changes under way: finished even if their client hangs up, and waited for when the server ends.
    changes: TaskTracker,
}

impl ApiState {
    /// Puts the interface on the use cases. `retriever` is the pipeline's policy, to explain by. `token` is the administrator's; only its hash is kept. An empty one lets
    /// nobody in.
    pub fn new(
        provisioning: Arc<Provisioning>,
        administration: Arc<dyn PluginAdministration>,
        handler: Arc<dyn RequestHandler>,
        journal: Arc<Journal>,
        retriever: Retriever,
        token: &str,
    ) -> ApiState {
        let access = Arc::new(Access::new(token));
        ApiState {
            provisioning,
            administration,
            handler,
            journal,
            retriever,
            access,
            changes: TaskTracker::new(),
        }
    }
}

/// What answers at each path, with its documentation, before the gate is put in front of it.
type Routes = Vec<UtoipaMethodRouter<ApiState>>;

/// All of the interface. Each answer to a path or method that exists has passed the gate; no route can be added without.
pub fn router(state: ApiState) -> Router {
    let routes = [
        links::routes(),
        devices::routes(),
        files::routes(),
        preview::routes(),
        explain::routes(),
        remote_states::routes(),
        synchronization::routes(),
        waiting::routes(),
        dhcp::routes(),
        configs::routes(),
        autocreate::routes(),
        plugins::routes(),
        dhcp_hints::routes(),
        operations::routes(),
        requests::routes(),
        audit::routes(),
    ]
    .concat();
    let (guarded, _documented) = routes
        .into_iter()
        .fold(OpenApiRouter::new(), |router, route| router.routes(gate::guarded(route, &state)))
        .split_for_parts();
    guarded
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn(cross_origin::allow))
        .with_state(state)
}

/// The path of something below a collection, its identifier percent-encoded.
fn location(collection: &str, id: &str) -> String {
    format!("{collection}/{}", utf8_percent_encode(id, SEGMENT))
}

/// A moment as text. Nothing for one so far away that no calendar has it.
fn rfc_3339(moment: SystemTime) -> Option<String> {
    Timestamp::try_from(moment).ok().map(|moment| format!("{moment:.3}"))
}
