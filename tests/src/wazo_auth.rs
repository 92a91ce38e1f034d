//! A wazo-auth with its REST interface 0.1, as far as services that check tokens use it: tokens that grant and expire, a tree
//! of tenants, and a service that logs in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use provd::domain::access::Permissions;
use serde_json::{Value, json};

use crate::WebService;

/// Name and password of the service that may log in.
pub const SERVICE: (&str, &str) = ("provd", "opensesame");
/// The tenant above all others, which is that of the service.
pub const MASTER: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000000";

/// The service.
#[derive(Debug)]
pub struct WazoAuth {
    /// How it is reached.
    pub web: WebService,
    known: Arc<Mutex<Known>>,
}

/// What it knows.
#[derive(Debug, Default)]
struct Known {
    tokens: BTreeMap<String, Token>,
    /// Each tenant with the one above it.
    tenants: BTreeMap<String, String>,
    /// Path and query of all requests.
    asked: Vec<String>,
    logins: usize,
    forbids_listing: bool,
}

#[derive(Debug, Clone)]
struct Token {
    tenant: String,
    acl: Vec<String>,
    expires: String,
}

impl WazoAuth {
    /// Starts one that knows no token.
    pub async fn start() -> Result<WazoAuth> {
        let known = Arc::new(Mutex::new(Known::default()));
        let routes = Router::new()
            .route("/0.1/token", post(log_in))
            .route("/0.1/token/{token}", get(holder))
            .route("/0.1/tenants", get(tenants))
            .with_state(known.clone());
        Ok(WazoAuth { web: WebService::plain(WebService::listener().await?, routes)?, known })
    }

    /// Knows a tenant below another.
    pub fn add_tenant(&self, tenant: &str, above: &str) {
        self.known().tenants.insert(tenant.to_owned(), above.to_owned());
    }

    /// Knows a token of a tenant that grants this.
    pub fn add_token(&self, token: &str, tenant: &str, acl: &[&str]) {
        let acl = acl.iter().map(|&pattern| pattern.to_owned()).collect();
        let expires = "2999-01-01T00:00:00.000000".to_owned();
        self.known().tokens.insert(token.to_owned(), Token { tenant: tenant.to_owned(), acl, expires });
    }

    /// Forgets a token.
    pub fn revoke(&self, token: &str) {
        self.known().tokens.remove(token);
    }

    /// Forgets the tokens of all services.
    pub fn revoke_services(&self) {
        self.known().tokens.retain(|name, _| !name.starts_with("service-"));
    }

    /// Lets no service list tenants.
    pub fn forbid_listing(&self) {
        self.known().forbids_listing = true;
    }

    /// How often it was asked for what begins so.
    pub fn asked(&self, start: &str) -> usize {
        self.known().asked.iter().filter(|path| path.starts_with(start)).count()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

impl Known {
    /// Whether a tenant is another, or below it.
    fn is_below(&self, tenant: &str, above: &str) -> bool {
        tenant == above || self.tenants.get(tenant).is_some_and(|parent| self.is_below(parent, above))
    }
}

impl Token {
    fn document(&self, text: &str) -> Value {
        json!({
            "token": text,
            "auth_id": format!("user of {text}"),
            "xivo_user_uuid": null,
            "issued_at": "2026-01-01T00:00:00",
            "utc_expires_at": self.expires,
            "acl": self.acl,
            "metadata": {"tenant_uuid": self.tenant, "purpose": "user", "admin": false},
            "session_uuid": "6f2e5d0e-0000-4000-8000-000000000000",
        })
    }
}

type Shared = State<Arc<Mutex<Known>>>;

async fn log_in(State(known): Shared, headers: HeaderMap, Json(wanted): Json<Value>) -> Response {
    let mut known = lock(&known);
    known.asked.push("/0.1/token".to_owned());
    let (name, password) = SERVICE;
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
    if headers.get("authorization").is_none_or(|value| value != basic.as_str()) {
        return refusal(StatusCode::UNAUTHORIZED, "Authentication Failed");
    }
    if wanted["expiration"].as_u64().is_none_or(|seconds| seconds < 1) {
        return refusal(StatusCode::BAD_REQUEST, "Invalid expiration");
    }
    known.logins += 1;
    let (text, acl) = (format!("service-{}", known.logins), vec!["auth.tenants.read".to_owned()]);
    let token = Token { tenant: MASTER.to_owned(), acl, expires: "2999-01-01T00:00:00".to_owned() };
    let document = token.document(&text);
    known.tokens.insert(text, token);
    Json(json!({ "data": document })).into_response()
}

async fn holder(
    State(known): Shared,
    Path(text): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let mut known = lock(&known);
    known.asked.push(format!("/0.1/token/{text}?{query:?}"));
    let Some(token) = known.tokens.get(&text) else {
        return refusal(StatusCode::NOT_FOUND, "No such token");
    };
    let granted = Permissions::parse(&token.acl).unwrap_or_default();
    if let Some(scope) = query.get("scope").filter(|scope| !granted.grant(scope)) {
        return refusal(StatusCode::FORBIDDEN, &format!("Unauthorized for {scope}"));
    }
    if let Some(tenant) = query.get("tenant").filter(|tenant| !known.is_below(tenant, &token.tenant)) {
        return refusal(StatusCode::FORBIDDEN, &format!("Unauthorized for tenant {tenant}"));
    }
    Json(json!({ "data": token.document(&text) })).into_response()
}

async fn tenants(State(known): Shared, headers: HeaderMap) -> Response {
    let mut known = lock(&known);
    known.asked.push("/0.1/tenants".to_owned());
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let unauthorized = || refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
    let Some(token) = known.tokens.get(text("x-auth-token")).filter(|_| !known.forbids_listing) else {
        return unauthorized();
    };
    let scoping = text("wazo-tenant");
    if !token.acl.iter().any(|pattern| pattern == "auth.tenants.read")
        || !known.is_below(scoping, &token.tenant)
    {
        return unauthorized();
    }
    let all = known.tenants.keys().map(String::as_str).chain([MASTER]);
    let items: Vec<Value> = all
        .filter(|tenant| known.is_below(tenant, scoping))
        .map(|tenant| json!({ "uuid": tenant, "name": null }))
        .collect();
    Json(json!({ "total": items.len(), "filtered": items.len(), "items": items })).into_response()
}

fn refusal(status: StatusCode, reason: &str) -> Response {
    let document = json!({ "reason": [reason], "timestamp": [0], "status_code": status.as_u16() });
    (status, Json(document)).into_response()
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
