//! What every request passes before its handler, in the order clients rely on, and how long it may take.
//!
//! Paths and methods that do not exist are refused before this.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts as _, RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use utoipa_axum::router::UtoipaMethodRouter;

use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, negotiation};
use crate::domain::audit::Actor;

/// Name of the path parameter that must be an installed plugin.
const PLUGIN: &str = "plugin";

/// Name of the administrator's token, for the audit.
const ADMINISTRATOR: &str = "admin";

/// Longest time until a request is answered. Whatever it changes goes on until done.
const DEADLINE: Duration = Duration::from_secs(30);

/// Puts the gate in front of each method of a path.
pub(super) fn guarded(
    (schemas, documented, methods): UtoipaMethodRouter<ApiState>,
    api: &ApiState,
) -> UtoipaMethodRouter<ApiState> {
    (schemas, documented, methods.route_layer(from_fn_with_state(api.clone(), pass)))
}

async fn pass(State(api): State<ApiState>, request: Request, next: Next) -> Response {
    match admit(&api, request).await {
        Ok(request) => answer(&api, request, next).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(api: &ApiState, request: Request) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    // Even before the token: clients tell a missing plugin from a wrong token by this.
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map_err(|error| Problem::Invalid(error.to_string()))?;
    for (_, plugin) in params.iter().filter(|(name, _)| *name == PLUGIN) {
        if api.administration.status(plugin).await.is_none() {
            return Err(Problem::NotFound(format!("the plugin {} is not installed", plugin.escape_debug())));
        }
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip());
    api.access.check(&parts.headers, peer).await?;
    parts.extensions.insert(Tenant::of(&parts.headers)?);
    parts.extensions.insert(Actor::Token(ADMINISTRATOR.to_owned()));
    negotiation::check(&parts.method, &parts.headers)?;
    Ok(Request::from_parts(parts, body))
}

/// A change runs apart from its connection: a client that hangs up must not leave half of it undone.
async fn answer(api: &ApiState, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let changes = !matches!(method, Method::GET | Method::HEAD);
    let answer = async {
        if !changes {
            return next.run(request).await;
        }
        let change = api.changes.spawn(next.run(request)).await;
        change.unwrap_or_else(|_| Problem::Failed.into_response())
    };
    let response = timeout(DEADLINE, answer).await.unwrap_or_else(|_| {
        let so_far = if changes { "; it goes on" } else { "" };
        let seconds = DEADLINE.as_secs();
        Problem::unavailable(format!("the request took longer than {seconds} seconds{so_far}"))
            .into_response()
    });
    tracing::debug!("API: {method} {path}: {}", response.status());
    response
}
