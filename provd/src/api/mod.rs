//! The REST interface, version 0.2 as existing clients speak it, and what administrators need beyond it.
//!
//! Handlers translate between documents and use cases; they decide nothing a use case could decide, and know neither
//! SQL, plugin processes nor how phones ask. What every request must pass before a handler sees it is the gate's.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::MethodRouter;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_util::task::TaskTracker;

use crate::pipeline::RequestHandler;
use crate::provisioning::Provisioning;
use crate::provisioning::plugins::PluginAdministration;

mod access;
mod autocreate;
mod configs;
mod cross_origin;
mod devices;
mod dhcp;
mod document;
mod files;
mod find;
mod gate;
mod links;
mod negotiation;
mod plugins;
mod problem;
mod serving;
mod tenant;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use serving::serve;

use access::Access;

/// Longest time until a request is answered. Whatever it changes goes on until done.
const DEADLINE: Duration = Duration::from_secs(30);
/// The same where all heirs of a config are configured anew before the answer: there may be thousands.
const DEADLINE_OF_CONFIGS: Duration = Duration::from_mins(10);

/// All but the unreserved characters of RFC 3986 §2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Everything handlers work on.
#[derive(Clone)]
pub struct ApiState {
    provisioning: Arc<Provisioning>,
    administration: Arc<dyn PluginAdministration>,
    handler: Arc<dyn RequestHandler>,
    access: Arc<Access>,
    /// Changes under way: finished even if their client hangs up, and waited for when the server ends.
    changes: TaskTracker,
}

impl ApiState {
    /// Puts the interface on the use cases. `token` is the administrator's; only its hash is kept. An empty one lets
    /// nobody in.
    pub fn new(
        provisioning: Arc<Provisioning>,
        administration: Arc<dyn PluginAdministration>,
        handler: Arc<dyn RequestHandler>,
        token: &str,
    ) -> ApiState {
        let access = Arc::new(Access::new(token));
        ApiState { provisioning, administration, handler, access, changes: TaskTracker::new() }
    }
}

/// Paths and what answers there, before the gate is put in front of them.
type Routes = Vec<(&'static str, MethodRouter<ApiState>)>;

/// All of the interface. Each answer to a path or method that exists has passed the gate; no route can be added without.
pub fn router(state: ApiState) -> Router {
    let quick =
        [links::routes(), devices::routes(), files::routes(), dhcp::routes(), plugins::routes()].concat();
    let slow = [configs::routes(), autocreate::routes()].concat();
    let quick = quick.into_iter().map(|(path, methods)| (path, methods, DEADLINE));
    let slow = slow.into_iter().map(|(path, methods)| (path, methods, DEADLINE_OF_CONFIGS));
    quick
        .chain(slow)
        .fold(Router::new(), |router, (path, methods, deadline)| {
            router.route(path, gate::guarded(methods, &state, deadline))
        })
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
