//! A config of its own for a device, made from the template that new phones get.

use axum::extract::State;
use axum::routing::post;

use super::configs::created;
use super::document::{Created, Sent};
use super::problem::Problem;
use super::{ApiState, Routes};
use crate::domain::config::ROLE_AUTOCREATE;
use crate::provisioning::new_id;

pub(super) fn routes() -> Routes {
    vec![("/0.2/cfg_mgr/autocreate", post(autocreate))]
}

/// The body may be any JSON; it says nothing.
async fn autocreate(State(api): State<ApiState>, _: Sent) -> Result<Created, Problem> {
    let template = api.provisioning.store().config_with_role(ROLE_AUTOCREATE).await?.ok_or_else(|| {
        Problem::Invalid(format!(
            "no config has the role `{ROLE_AUTOCREATE}`: give it to the template for new phones"
        ))
    })?;
    let config = template.autocreated(format!("{}{}", template.id, new_id()));
    Ok(created(api.provisioning.insert_config(config).await?))
}
