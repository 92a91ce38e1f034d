//! The way in for what a DHCP server tells of its leases.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use tokio::time::timeout;
use utoipa_axum::routes;

use super::document::Sent;
use super::problem::Problem;
use super::{ApiState, Routes};
use crate::listeners::dhcp;

/// Longest time a lease may take to have its effect.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) fn routes() -> Routes {
    vec![routes!(tell)]
}

/// Answers when the lease had its effect, so that whoever told it may rely on that.
#[utoipa::path(post, path = "/0.2/dev_mgr/dhcpinfo", tag = "devices")]
async fn tell(State(api): State<ApiState>, sent: Sent) -> Result<StatusCode, Problem> {
    if let Some(request) = dhcp::parse(&sent.object("dhcp_info")?)? {
        // The answer is for a phone that asks; a DHCP server has asked for nothing.
        let _answer = timeout(DEADLINE, api.handler.handle(request)).await.map_err(|_| {
            tracing::warn!("A lease told by a DHCP server had no effect within {} s", DEADLINE.as_secs());
            Problem::unavailable("the lease had no effect in time")
        })?;
    }
    Ok(StatusCode::NO_CONTENT)
}
