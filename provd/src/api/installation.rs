//! Installing, upgrading, removing and restarting plugins, as 0.2 has it. What cannot be done is a 400, whatever the reason, as clients of 0.2 know it.

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
use super::repositories::Described;
use super::tenant::Tenant;
use super::terms::SentTerms;
use super::{ApiState, Routes, operations};
use crate::domain::audit::Actor;
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
        routes!(installed),
        routes!(installable),
        routes!(reload),
    ]
}

/// What answers to an operation that was begun.
pub(super) type Begun = (StatusCode, [(HeaderName, String); 1]);

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
/// The new version is tried out on all devices first: one that does not start, or cannot configure them, changes nothing. The
/// old one goes on answering until it is ready; then the devices are configured anew. `Location` is the operation.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/install/upgrade", tag = "plugins",
    params(SentTerms), request_body = Identified, responses((status = 201)),
)]
async fn upgrade(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    terms: SentTerms,
    sent: Sent,
) -> Result<Begun, Problem> {
    let plugin = sent.id()?;
    let administration = api.administration.clone();
    let running = api.provisioning.upgrade_plugin(administration, &plugin, terms.into()).await?;
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
    if let Err(error) = api.firmware.forget_plugin(&plugin).await {
        tracing::error!("Firmware of plugin {} remains: {error}", plugin.escape_debug());
    }
    tracing::info!("Plugin {} was removed by {actor}", plugin.escape_debug());
    Ok(StatusCode::NO_CONTENT)
}

/// Installed plugins.
#[utoipa::path(get, path = "/0.2/pg_mgr/install/installed", tag = "plugins", responses((status = 200, body = Packages)))]
async fn installed(State(api): State<ApiState>) -> Document<Packages> {
    let plugins = api.administration.statuses().await.into_iter();
    let package = |plugin: PluginStatus| {
        let PluginStatus { id, version, description, capabilities, .. } = plugin;
        (id, Package { version, description, capabilities, origin: None })
    };
    Document(Packages { pkgs: plugins.map(package).collect() })
}

/// Plugins that can be installed, or upgraded to.
#[utoipa::path(get, path = "/0.2/pg_mgr/install/installable", tag = "plugins", responses((status = 200, body = Packages)))]
async fn installable(State(api): State<ApiState>) -> Result<Document<Packages>, Problem> {
    let offers = api.administration.offers().await?.into_iter().filter(|offer| !offer.is_installed);
    let package = |offer: PluginOffer| {
        let PluginOffer { id, version, description, capabilities, origin, .. } = offer;
        (id, Package { version, description, capabilities, origin: origin.map(Described::of) })
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
    /// From which repository it would come; absent: it came with the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Described>,
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

pub(super) fn begun(api: &ApiState, tenant: &Tenant, running: &Running) -> Begun {
    (StatusCode::CREATED, [(header::LOCATION, operations::begun(api, tenant, running))])
}

impl From<InstallationError> for Problem {
    fn from(error: InstallationError) -> Problem {
        match error {
            InstallationError::Store(error) => error.into(),
            error @ InstallationError::NoRoom(_) => Problem::unavailable(error.to_string()),
            InstallationError::Failed(why) => {
                tracing::error!("Plugins could not be changed: {why}");
                Problem::Failed
            }
            error => Problem::Invalid(error.to_string()),
        }
    }
}
