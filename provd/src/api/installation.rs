//! Installing, upgrading, removing and restarting plugins, as 0.2 has it. What is installed comes from the server's own
//! bundle; what cannot be done is a 400, whatever the reason, as clients of 0.2 know it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::{Document, Identified, Sent};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, operations};
use crate::domain::audit::Actor;
use crate::domain::parameter::{PLUGIN_SERVER, Parameter};
use crate::domain::plugin::PluginStatus;
use crate::provisioning::installation::{InstallationError, PluginOffer};
use crate::provisioning::many::Running;

pub(super) fn routes() -> Routes {
    vec![
        routes!(install),
        operations::of("/0.2/pg_mgr/install/install/{number}"),
        routes!(upgrade),
        operations::of("/0.2/pg_mgr/install/upgrade/{number}"),
        routes!(uninstall),
        routes!(update),
        routes!(installed),
        routes!(installable),
        routes!(reload),
    ]
}

/// What answers to an operation that was begun.
type Begun = (StatusCode, [(HeaderName, String); 1]);

/// Install a plugin.
///
/// Its devices are configured then. `Location` is the operation.
#[utoipa::path(post, path = "/0.2/pg_mgr/install/install", tag = "plugins", request_body = Identified, responses((status = 201)))]
async fn install(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<Begun, Problem> {
    let plugin = sent.id()?;
    let running = api.provisioning.install_plugin(api.administration.clone(), &plugin).await?;
    tracing::info!("Plugin {plugin} is installed by {actor}");
    Ok(begun(&api, &tenant, &running))
}

/// Upgrade a plugin to the version that is offered.
///
/// It goes on answering meanwhile; then its devices are configured anew. `Location` is the operation.
#[utoipa::path(post, path = "/0.2/pg_mgr/install/upgrade", tag = "plugins", request_body = Identified, responses((status = 201)))]
async fn upgrade(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<Begun, Problem> {
    let plugin = sent.id()?;
    let running = api.provisioning.upgrade_plugin(api.administration.clone(), &plugin).await?;
    tracing::info!("Plugin {plugin} is upgraded by {actor}");
    Ok(begun(&api, &tenant, &running))
}

/// Remove a plugin.
///
/// Its devices keep its name, and are not configured any more. It does not come back with the next start.
#[utoipa::path(post, path = "/0.2/pg_mgr/install/uninstall", tag = "plugins", request_body = Identified, responses((status = 204)))]
async fn uninstall(
    State(api): State<ApiState>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    let plugin = sent.id()?;
    api.provisioning.uninstall_plugin(&*api.administration, &plugin).await?;
    tracing::info!("Plugin {} was removed by {actor}", plugin.escape_debug());
    Ok(StatusCode::NO_CONTENT)
}

/// Read the list of plugins of the plugin server.
///
/// That is not possible yet: plugins are installed from the server's own bundle, whose list is always up to date.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/install/update", tag = "plugins",
    request_body = Value,
    responses((status = 400, description = "It cannot be done", body = String)),
)]
async fn update(State(api): State<ApiState>, _any: Sent) -> Result<StatusCode, Problem> {
    let server = Parameter::named(PLUGIN_SERVER).and_then(|server| api.provisioning.parameter(server, None));
    Err(Problem::Invalid(match server {
        None => format!(
            "no {PLUGIN_SERVER} is set: PUT one at /configure/{PLUGIN_SERVER}; what came with this server needs none"
        ),
        Some(_) => "plugins cannot be downloaded yet: what can be installed is what came with this server, or the folder it was \
             started with (--plugins); /pg_mgr/install/installable lists it"
            .to_owned(),
    }))
}

/// Installed plugins.
#[utoipa::path(get, path = "/0.2/pg_mgr/install/installed", tag = "plugins", responses((status = 200, body = Packages)))]
async fn installed(State(api): State<ApiState>) -> Document<Packages> {
    let plugins = api.administration.statuses().await.into_iter();
    let package = |plugin: PluginStatus| {
        let PluginStatus { id, version, description, capabilities, .. } = plugin;
        (id, Package { version, description, capabilities })
    };
    Document(Packages { pkgs: plugins.map(package).collect() })
}

/// Plugins that can be installed, or upgraded to.
#[utoipa::path(get, path = "/0.2/pg_mgr/install/installable", tag = "plugins", responses((status = 200, body = Packages)))]
async fn installable(State(api): State<ApiState>) -> Result<Document<Packages>, Problem> {
    let offers = api.administration.offers().await?.into_iter().filter(|offer| !offer.is_installed);
    let package = |offer: PluginOffer| {
        let PluginOffer { id, version, description, capabilities, .. } = offer;
        (id, Package { version, description, capabilities })
    };
    Ok(Document(Packages { pkgs: offers.map(package).collect() }))
}

/// Plugins by id.
#[derive(Debug, Serialize, ToSchema)]
struct Packages {
    pkgs: BTreeMap<String, Package>,
}

/// What is to know of a plugin before it runs.
#[derive(Debug, Serialize, ToSchema)]
struct Package {
    /// Version of the plugin itself.
    version: String,
    /// One line about it.
    description: String,
    /// What its models can do, by `Vendor, Model, Version`; empty if that shows only when it runs.
    capabilities: Map<String, Value>,
}

/// Start a plugin anew.
///
/// No request fails meanwhile.
#[utoipa::path(post, path = "/0.2/pg_mgr/reload", tag = "plugins", request_body = Identified, responses((status = 204)))]
async fn reload(
    State(api): State<ApiState>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    let plugin = sent.id()?;
    let restarted = api.administration.restart(&plugin).await;
    restarted.map_err(|error| Problem::Invalid(error.to_string()))?;
    tracing::info!("Plugin {plugin} was started anew by {actor}");
    Ok(StatusCode::NO_CONTENT)
}

fn begun(api: &ApiState, tenant: &Tenant, running: &Running) -> Begun {
    (StatusCode::CREATED, [(header::LOCATION, operations::begun(api, tenant, running))])
}

impl From<InstallationError> for Problem {
    fn from(error: InstallationError) -> Problem {
        match error {
            InstallationError::Store(error) => error.into(),
            InstallationError::Failed(why) => {
                tracing::error!("Plugins could not be changed: {why}");
                Problem::Failed
            }
            error => Problem::Invalid(error.to_string()),
        }
    }
}
