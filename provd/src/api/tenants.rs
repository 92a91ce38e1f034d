//! The tenants that are registered here: a tree below the master tenant, of which a request sees its own branch.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::{Created, Document, Sent};
use super::problem::Problem;
use super::tenant::Tenant;
use super::tokens::uuid;
use super::{ApiState, Routes, location};
use crate::access::{NewTenant, RegistrationError, Scope};
use crate::domain::access::RegisteredTenant;
use crate::domain::audit::Actor;

const TENANTS: &str = "/0.2/tenants";

pub(super) fn routes() -> Routes {
    vec![routes!(list, create), routes!(show, delete)]
}

/// A registered tenant.
#[derive(Debug, Serialize, ToSchema)]
struct TenantDocument {
    /// What `Wazo-Tenant` names.
    uuid: String,
    /// For people.
    name: String,
    /// The tenant it is below.
    parent_uuid: String,
}

/// `{"tenants": […]}`
#[derive(Debug, Serialize, ToSchema)]
struct TenantList {
    tenants: Vec<TenantDocument>,
}

/// `{"tenant": {…}}`
#[derive(Debug, Serialize, ToSchema)]
struct OneTenant {
    tenant: TenantDocument,
}

/// A tenant somebody wants.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedTenant {
    /// For people.
    name: String,
    /// Its UUID, which only the master tenant chooses. Absent: a random one.
    uuid: Option<String>,
    /// The tenant it is to be below: that of the request, or one below it. Absent: that of the request.
    parent_uuid: Option<String>,
}

/// `{"tenant": {…}}`
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only the documentation knows it; requests are read key by key")]
struct OneWantedTenant {
    tenant: WantedTenant,
}

/// List tenants
///
/// The request's own, if it is registered, and those below it.
#[utoipa::path(get, path = "/0.2/tenants", tag = "access", responses((status = OK, body = TenantList)))]
async fn list(State(api): State<ApiState>, Extension(tenant): Extension<Tenant>) -> Document<TenantList> {
    let tenants = api.access.registered(tenant.scope());
    Document(TenantList {
        tenants: tenants.into_iter().map(|found| describe(found, tenant.scope())).collect(),
    })
}

/// Register a tenant
#[utoipa::path(post, path = "/0.2/tenants", tag = "access", request_body = OneWantedTenant,
    responses((status = CREATED), (status = BAD_REQUEST)))]
async fn create(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<Created, Problem> {
    let wanted = serde_json::from_value(Value::Object(sent.object("tenant")?));
    let wanted: WantedTenant = wanted.map_err(|error| Problem::Invalid(format!("tenant: {error}")))?;
    let new = NewTenant {
        name: wanted.name,
        uuid: wanted.uuid.map(|text| uuid("uuid", &text)).transpose()?,
        parent: wanted.parent_uuid.map(|text| uuid("parent_uuid", &text)).transpose()?,
    };
    let registered = api.access.register(tenant.scope(), &actor, new).await?;
    let id = registered.uuid.to_string();
    Ok(Created { location: location(TENANTS, &id), id })
}

/// Show a tenant
#[utoipa::path(get, path = "/0.2/tenants/{uuid}", tag = "access",
    responses((status = OK, body = OneTenant), (status = NOT_FOUND)))]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(named): Path<String>,
) -> Result<Document<OneTenant>, Problem> {
    let found = registered(&api, &tenant, &named)?;
    Ok(Document(OneTenant { tenant: describe(found, tenant.scope()) }))
}

/// Forget a tenant
///
/// It must have neither tenants below it, nor tokens, nor devices.
#[utoipa::path(delete, path = "/0.2/tenants/{uuid}", tag = "access",
    responses((status = NO_CONTENT), (status = BAD_REQUEST), (status = NOT_FOUND)))]
async fn delete(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(named): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = registered(&api, &tenant, &named)?.uuid;
    let its_own = Tenant::new(Scope::new(found, tenant.scope().master(), [found].into()));
    if api.provisioning.store().devices().await?.iter().any(|device| its_own.owns(device)) {
        return Err(RegistrationError::InUse("devices").into());
    }
    api.access.unregister(tenant.scope(), &actor, found).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Of those that the request covers.
fn registered(api: &ApiState, tenant: &Tenant, named: &str) -> Result<RegisteredTenant, Problem> {
    let unknown = || Problem::NotFound(format!("there is no tenant `{}`", named.escape_debug()));
    let uuid = named.parse().map_err(|_| unknown())?;
    let found = api.access.tenants().get(uuid).filter(|found| tenant.scope().covers(found.uuid));
    found.ok_or_else(unknown)
}

fn describe(tenant: RegisteredTenant, scope: &Scope) -> TenantDocument {
    TenantDocument {
        uuid: tenant.uuid.to_string(),
        name: tenant.name,
        parent_uuid: scope.named(tenant.parent.unwrap_or_default()).to_string(),
    }
}

impl From<RegistrationError> for Problem {
    fn from(error: RegistrationError) -> Problem {
        match error {
            RegistrationError::Store(error) => error.into(),
            RegistrationError::Unknown(_) => Problem::NotFound(error.to_string()),
            error => Problem::Invalid(error.to_string()),
        }
    }
}
