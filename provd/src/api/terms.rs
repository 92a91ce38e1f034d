//! On what terms a version of a plugin takes the place of another: what a query says of it. And the way back.

use axum::Extension;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::document::{Identified, Sent};
use super::installation::{Begun, begun};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, operations};
use crate::domain::audit::Actor;
use crate::provisioning::installation::Terms;

pub(super) fn routes() -> Routes {
    vec![routes!(rollback), operations::of("/0.2/pg_mgr/install/rollback/{number}")]
}

/// Terms in a query.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SentTerms {
    /// Only say what would change: the operation's `findings` are what it found, and nothing is installed.
    dry_run: Option<bool>,
    /// Of a hundred configured devices so many may be ones that the version cannot configure; 5 if absent.
    #[param(maximum = 100)]
    tolerate: Option<u8>,
}

impl<S: Send + Sync> FromRequestParts<S> for SentTerms {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<SentTerms, Problem> {
        let sent = Query::<SentTerms>::from_request_parts(parts, state).await;
        let Query(terms) = sent.map_err(|error| Problem::Invalid(error.body_text()))?;
        match terms.tolerate {
            Some(percent @ 101..) => {
                Err(Problem::Invalid(format!("tolerate: expected at most 100 percent, not {percent}")))
            }
            _ => Ok(terms),
        }
    }
}

impl From<SentTerms> for Terms {
    fn from(sent: SentTerms) -> Terms {
        let default = Terms::default();
        Terms {
            is_dry_run: sent.dry_run.unwrap_or(default.is_dry_run),
            tolerated_percent: sent.tolerate.unwrap_or(default.tolerated_percent),
        }
    }
}

/// Return to the version of a plugin that ran before.
///
/// It is tried out on all devices first, as an upgrade is. It stays in that version until it is upgraded again.
/// `Location` is the operation.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/install/rollback", tag = "plugins",
    params(SentTerms), request_body = Identified, responses((status = 201)),
)]
async fn rollback(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    terms: SentTerms,
    sent: Sent,
) -> Result<Begun, Problem> {
    let plugin = sent.id()?;
    let administration = api.administration.clone();
    let running = api.provisioning.roll_back_plugin(administration, &plugin, terms.into()).await?;
    tracing::info!("Plugin {plugin} is returned to its version before by {actor}");
    Ok(begun(&api, &tenant, &running))
}
