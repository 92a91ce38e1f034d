//! Parameters of the server: listing them, reading one, setting one. What each takes is the business of
//! [`crate::domain::parameter`].

use axum::Extension;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::{Document, Sent};
use super::links::{Links, links};
use super::operations::{Changed, soon};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location};
use crate::domain::audit::Actor;
use crate::domain::parameter::{InvalidParameter, PARAMETERS, Parameter};
use crate::provisioning::parameters::ParameterError;

const CONFIGURE: &str = "/0.2/configure";

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show, set)]
}

/// All parameters of the server.
///
/// Their descriptions are in the language of the parameter `locale`.
#[utoipa::path(get, path = "/0.2/configure", tag = "server", responses((status = 200, body = Listed)))]
async fn list(State(api): State<ApiState>, Extension(tenant): Extension<Tenant>) -> Document<Listed> {
    let locale = api.provisioning.locale();
    let describe = |parameter: &'static Parameter| Described {
        id: parameter.name,
        description: parameter.description(locale.as_deref()),
        value: value_of(&api, &tenant, parameter),
        links: links([("srv.configure.param", location(CONFIGURE, parameter.name))]),
    };
    Document(Listed { params: PARAMETERS.iter().map(describe).collect() })
}

/// All parameters of the server, in an order that never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parameters)]
struct Listed {
    params: Vec<Described>,
}

/// A parameter of the server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parameter)]
struct Described {
    /// Its name.
    #[schema(example = "locale")]
    id: &'static str,
    /// What it is for.
    description: &'static str,
    /// Text, a number for `NAT`, null where nothing is set.
    value: Value,
    #[serde(flatten)]
    links: Links,
}

/// The value of a parameter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParameterValue)]
struct Shown {
    param: ShownValue,
}

/// What it is set to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParameterValueAlone)]
struct ShownValue {
    /// Text, a number for `NAT`, null where nothing is set.
    value: Value,
}

/// The value of a parameter.
///
/// `provisioning_key` is the tenant's own. `NAT` is 0 or 1, whether it was set here or in the server's settings.
#[utoipa::path(get, path = "/0.2/configure/{parameter}", tag = "server", responses((status = 200, body = Shown)))]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(name): Path<String>,
) -> Result<Document<Shown>, Problem> {
    let value = value_of(&api, &tenant, named(&name)?);
    Ok(Document(Shown { param: ShownValue { value } }))
}

/// Set a parameter.
///
/// It holds at once, and after a restart. The value null takes it away. If files of devices hold it and are still being
/// generated anew, `Location` is the operation.
#[utoipa::path(
    put, path = "/0.2/configure/{parameter}", tag = "server",
    request_body = Shown,
    responses((status = 204)),
)]
async fn set(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Changed, Problem> {
    let parameter = named(&name)?;
    let mut sent = sent.object("param")?;
    let value =
        sent.shift_remove("value").ok_or_else(|| Problem::Invalid("Missing \"value\" key".to_owned()))?;
    let value = parameter.read(&value)?;
    let owner = tenant.as_owner();
    let running = api.provisioning.set_parameter(parameter, owner.as_deref(), value, &actor).await?;
    Ok(Changed(soon(&api, &tenant, running).await))
}

fn named(name: &str) -> Result<&'static Parameter, Problem> {
    Parameter::named(name)
        .ok_or_else(|| Problem::NotFound(format!("there is no parameter {}", name.escape_debug())))
}

fn value_of(api: &ApiState, tenant: &Tenant, parameter: &Parameter) -> Value {
    let value = api.provisioning.parameter(parameter, tenant.as_owner().as_deref());
    parameter.shown(value.as_deref())
}

impl From<InvalidParameter> for Problem {
    fn from(error: InvalidParameter) -> Problem {
        Problem::Invalid(error.to_string())
    }
}

impl From<ParameterError> for Problem {
    fn from(error: ParameterError) -> Problem {
        match error {
            ParameterError::KeyInUse => Problem::Invalid(error.to_string()),
            ParameterError::Store(error) => error.into(),
        }
    }
}
