//! A config of its own for a device, made from the template that new phones get.

use axum::Extension;
use axum::extract::State;
use utoipa_axum::routes;

use super::configs::created;
use super::document::{Created, Identified, Sent};
use super::problem::Problem;
use super::{ApiState, Routes};
use crate::domain::audit::Actor;
use crate::domain::config::ROLE_AUTOCREATE;
use crate::domain::device_info::DeviceInfo;

pub(super) fn routes() -> Routes {
    vec![routes!(autocreate)]
}

/// Create a config from the template for new phones.
///
/// The body may be any JSON; it says nothing.
#[utoipa::path(
    post, path = "/0.2/cfg_mgr/autocreate", tag = "configs",
    request_body = serde_json::Value,
    responses((status = 201, body = Identified)),
)]
async fn autocreate(
    State(api): State<ApiState>,
    Extension(actor): Extension<Actor>,
    _: Sent,
) -> Result<Created, Problem> {
    let config = api.provisioning.autocreate(&DeviceInfo::default()).await?.ok_or_else(|| {
        Problem::Invalid(format!(
            "no config has the role `{ROLE_AUTOCREATE}` and a line `sip_lines.1`: give both to the template for new phones"
        ))
    })?;
    let (config, _) = api.provisioning.insert_config(config, &actor).await?;
    Ok(created(config))
}
