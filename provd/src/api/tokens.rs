//! The tokens of this server: made, listed and revoked within the tenants that a request covers. The text of a token is in
//! the answer that makes it, and nowhere else.

use std::time::SystemTime;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::document::{Document, Sent};
use super::files::NOT_KEPT;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location, rfc_3339};
use crate::access::store::AccessStoreError;
use crate::access::{Issued, IssuingError, NewToken, Scope};
use crate::domain::access::{Principal, Token};
use crate::domain::audit::Actor;

const TOKENS: &str = "/0.2/tokens";

pub(super) fn routes() -> Routes {
    vec![routes!(list, create), routes!(show, revoke)]
}

/// All that is told of a token.
#[derive(Debug, Serialize, ToSchema)]
struct TokenDocument {
    /// 32 hexadecimal digits.
    id: String,
    /// Who or what holds it; the audit speaks of `token NAME`.
    name: String,
    /// Patterns of what it grants.
    permissions: Vec<String>,
    /// The tenant it belongs to.
    tenant_uuid: String,
    /// When it was made.
    created: Option<String>,
    /// From when on it is good for nothing; null: never.
    expires: Option<String>,
    /// When it was last shown, to the minute; null: never.
    last_used: Option<String>,
}

/// `{"tokens": […]}`
#[derive(Debug, Serialize, ToSchema)]
struct TokenList {
    tokens: Vec<TokenDocument>,
}

/// `{"token": {…}}`
#[derive(Debug, Serialize, ToSchema)]
struct OneToken {
    token: TokenDocument,
}

/// A token somebody wants.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    /// Who or what is to hold it. No other token may have it.
    name: String,
    /// Patterns such as `provd.dev_mgr.#.read`, none of which may grant more than the token that asks.
    permissions: Vec<String>,
    /// The tenant it is to belong to: that of the request, or one below it. Absent: that of the request.
    tenant_uuid: Option<String>,
    /// From when on it is to be good for nothing (RFC 3339). Absent: never.
    expires: Option<String>,
}

/// `{"token": {…}}`
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only the documentation knows it; requests are read key by key")]
struct OneWantedToken {
    token: WantedToken,
}

/// The only answer with the token itself.
#[derive(Serialize, ToSchema)]
struct MadeToken {
    /// Its identifier.
    id: String,
    /// What its holder shows.
    token: String,
}

/// List tokens
///
/// Those of the request's tenant and of the tenants below it, oldest first; never the administrator's own.
#[utoipa::path(get, path = "/0.2/tokens", tag = "access", responses((status = OK, body = TokenList)))]
async fn list(State(api): State<ApiState>, Extension(tenant): Extension<Tenant>) -> Document<TokenList> {
    let tokens = api.access.issued(tenant.scope());
    Document(TokenList { tokens: tokens.iter().map(|token| describe(token, tenant.scope())).collect() })
}

/// Make a token
///
/// The answer holds the token, this once. It may not grant more than the token that asks, nor belong to a tenant that the
/// request does not cover.
#[utoipa::path(post, path = "/0.2/tokens", tag = "access", request_body = OneWantedToken,
    responses((status = CREATED, body = MadeToken), (status = BAD_REQUEST)))]
async fn create(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(principal): Extension<Principal>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<Response, Problem> {
    let wanted = serde_json::from_value(Value::Object(sent.object("token")?));
    let wanted = read(wanted.map_err(|error| Problem::Invalid(format!("token: {error}")))?)?;
    let issued = api.access.issue(&principal, tenant.scope(), &actor, wanted).await;
    let Issued { token, text } = issued.map_err(refused)?;
    let location = [(header::LOCATION, location(TOKENS, &token.id))];
    let made = Document(MadeToken { id: token.id, token: text });
    Ok((StatusCode::CREATED, [NOT_KEPT], location, made).into_response())
}

/// Show a token
#[utoipa::path(get, path = "/0.2/tokens/{id}", tag = "access",
    responses((status = OK, body = OneToken), (status = NOT_FOUND)))]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document<OneToken>, Problem> {
    let tokens = api.access.issued(tenant.scope());
    let token = tokens.iter().find(|token| token.id == id).ok_or_else(|| unknown(&id))?;
    Ok(Document(OneToken { token: describe(token, tenant.scope()) }))
}

/// Revoke a token
///
/// When this is answered the token is good for nothing. Tokens that were made with it stay.
#[utoipa::path(delete, path = "/0.2/tokens/{id}", tag = "access",
    responses((status = NO_CONTENT), (status = NOT_FOUND)))]
async fn revoke(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !api.access.revoke(tenant.scope(), &actor, &id).await? {
        return Err(unknown(&id));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn describe(token: &Token, scope: &Scope) -> TokenDocument {
    TokenDocument {
        id: token.id.clone(),
        name: token.name.clone(),
        permissions: token.permissions.patterns(),
        tenant_uuid: scope.named(token.tenant.unwrap_or_default()).to_string(),
        created: rfc_3339(token.created),
        expires: token.expires.and_then(rfc_3339),
        last_used: token.last_used.and_then(rfc_3339),
    }
}

fn read(wanted: WantedToken) -> Result<NewToken, Problem> {
    let expires = wanted.expires.map(|text| {
        let expires: Result<Timestamp, _> = text.parse();
        expires.map(SystemTime::from).map_err(|_| {
            Problem::Invalid("expires: expected a moment such as 2026-01-31T12:00:00Z, or null".to_owned())
        })
    });
    Ok(NewToken {
        name: wanted.name,
        permissions: wanted.permissions,
        tenant: wanted.tenant_uuid.map(|text| uuid("tenant_uuid", &text)).transpose()?,
        expires: expires.transpose()?,
    })
}

/// A UUID under a key.
pub(super) fn uuid(key: &str, text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text)
        .map_err(|_| Problem::Invalid(format!("{key}: `{}`: expected a UUID", text.escape_debug())))
}

fn unknown(id: &str) -> Problem {
    Problem::NotFound(format!("there is no token `{}`", id.escape_debug()))
}

fn refused(error: IssuingError) -> Problem {
    match error {
        IssuingError::Store(error) => error.into(),
        error => Problem::Invalid(error.to_string()),
    }
}

impl From<AccessStoreError> for Problem {
    fn from(error: AccessStoreError) -> Problem {
        match error {
            AccessStoreError::Duplicate(_) => Problem::Invalid(error.to_string()),
            AccessStoreError::Unavailable(why) => {
                tracing::error!("{why}");
                Problem::unavailable("the database is not available now")
            }
        }
    }
}
