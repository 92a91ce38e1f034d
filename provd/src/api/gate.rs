//! What every request passes before its handler, in the order clients rely on, and how long it may take.
//!
//! Paths and methods that do not exist are refused before this.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use utoipa_axum::router::UtoipaMethodRouter;

use super::problem::Problem;
use super::tenant::{self, Tenant};
use super::{ApiState, firmware, import, negotiation, package, permission};
use crate::access::{Admitted, Asked, Refusal};
use crate::domain::audit::Actor;

/// Name of the path parameter that must be an installed plugin.
const PLUGIN: &str = "plugin";

/// Header that carries the token, unless `Authorization` does.
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

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
    let Admitted { principal, scope, revocation } = let_in(api, &parts).await?;
    parts.extensions.insert(Tenant::new(scope));
    parts.extensions.insert(revocation);
    parts.extensions.insert(Actor::Token(principal.name.clone()));
    parts.extensions.insert(principal);
    negotiation::check(&parts.method, parts.uri.path(), &parts.headers)?;
    Ok(Request::from_parts(parts, body))
}

/// Whoever shows a token that grants what is asked. What is missing is not told apart, as clients expect.
async fn let_in(api: &ApiState, parts: &Parts) -> Result<Admitted, Problem> {
    let path = parts.uri.path();
    let template = parts.extensions.get::<MatchedPath>().map_or(path, MatchedPath::as_str);
    let permission = permission::needed(&parts.method, template, path);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip());
    let asked = Asked {
        token: token(&parts.headers).unwrap_or_default(),
        permission: &permission,
        tenant: tenant::named(&parts.headers)?,
    };
    api.access.admit(asked, peer).await.map_err(|refusal| match refusal {
        Refusal::Unknown | Refusal::NotGranted(_) => {
            // What is lacking holds words of the path as they are decoded.
            let why = refusal.to_string();
            tracing::debug!("API: {} {path}: {}", parts.method, why.escape_debug());
            Problem::Unauthorized
        }
        Refusal::Unavailable(_) => Problem::unavailable(refusal.to_string()),
    })
}

/// `X-Auth-Token`, or a bearer token (RFC 6750 §2.1).
fn token(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || {
        let (scheme, token) = text(header::AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    text(TOKEN).filter(|token| !token.is_empty()).or_else(bearer)
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
    let deadline = match path.as_str() {
        import::IMPORT => import::DEADLINE,
        package::PACKAGE => package::DEADLINE,
        firmware::FILES => firmware::DEADLINE,
        _ => DEADLINE,
    };
    let response = timeout(deadline, answer).await.unwrap_or_else(|_| {
        let so_far = if changes { "; it goes on" } else { "" };
        let seconds = deadline.as_secs();
        Problem::unavailable(format!("the request took longer than {seconds} seconds{so_far}"))
            .into_response()
    });
    tracing::debug!("API: {method} {path}: {}", response.status());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_in_either_header() {
        let headers = |name: HeaderName, value: &str| HeaderMap::from_iter([(name, value.parse().unwrap())]);
        assert_eq!(token(&headers(TOKEN, "a")), Some("a"));
        for bearer in ["Bearer a", "bearer a", "BEARER  a "] {
            assert_eq!(token(&headers(header::AUTHORIZATION, bearer)), Some("a"), "{bearer}");
        }
        for none in ["Basic a", "Bearer", "a"] {
            assert_eq!(token(&headers(header::AUTHORIZATION, none)), None, "{none}");
        }
        let mut both = headers(header::AUTHORIZATION, "Bearer a");
        both.insert(TOKEN, "".parse().unwrap());
        assert_eq!(token(&both), Some("a"));
        both.insert(TOKEN, "b".parse().unwrap());
        assert_eq!(token(&both), Some("b"));
    }
}
