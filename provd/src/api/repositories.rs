//! Learning what repositories offer. What they offer is listed with what came with the server.

use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::Sent;
use super::installation::{Begun, begun};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, operations};
use crate::domain::audit::Actor;
use crate::provisioning::repositories::Origin;

pub(super) fn routes() -> Routes {
    vec![routes!(update), operations::of("/0.2/pg_mgr/install/update/{number}")]
}

/// Ask all repositories which plugins they offer.
///
/// Those are the repositories of the settings and that of the parameter `plugin_server`. What one says is believed if somebody
/// trusted signed it, and it is not older than what it said before. `Location` is the operation; it fails if one of them is away
/// or not believed, and names it, but takes what the others say.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/install/update", tag = "plugins",
    request_body = serde_json::Value,
    responses((status = 201), (status = 400, description = "There are no repositories", body = String)),
)]
async fn update(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    _any: Sent,
) -> Result<Begun, Problem> {
    let running = api.provisioning.update_offers(api.administration.clone()).await?;
    tracing::info!("Repositories are asked for plugins by {actor}");
    Ok(begun(&api, &tenant, &running))
}

/// A repository that offers a plugin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginOrigin)]
pub(super) struct Described {
    /// Its URL, without a password.
    repository: String,
    /// `stable` or `testing`.
    channel: &'static str,
    /// Whether somebody trusted signed the offer.
    signed: bool,
    /// Whether it is a plugin of wazo-provd, which is listed, but cannot be installed here.
    foreign: bool,
}

impl Described {
    pub(super) fn of(origin: Origin) -> Described {
        let Origin { repository, channel, is_signed, is_foreign } = origin;
        Described { repository, channel, signed: is_signed, foreign: is_foreign }
    }
}
