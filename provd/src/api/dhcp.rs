//! The way in for what a DHCP server tells of its leases.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::routes;

use super::document::Sent;
use super::openapi::words;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes};
use crate::domain::access::Principal;
use crate::listeners::dhcp;

/// What a DHCP server tells of a lease.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read key by key")]
struct Lease {
    dhcp_info: DhcpInfo,
}

/// A lease, and what its client said.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read key by key")]
struct DhcpInfo {
    #[schema(schema_with = operations)]
    op: String,
    /// Address of the client.
    #[schema(example = "192.0.2.7")]
    ip: String,
    /// MAC address of the client, in any usual spelling; needed for `commit`.
    #[schema(nullable = false, example = "00:08:5d:23:74:29")]
    mac: Option<String>,
    /// Options the client sent: three decimal digits, then dot-separated hexadecimal bytes. Needed for `commit`.
    #[schema(nullable = false, example = json!(["06041.61.73.74.72.61"]))]
    options: Option<Vec<String>>,
    /// Whether clients that no plugin knows make no device.
    #[schema(nullable = false)]
    only_phones: Option<bool>,
}

fn operations() -> Object {
    words("What became of the lease. Only `commit` has an effect.", &["commit", "release", "expiry"])
}

/// Longest time a lease may take to have its effect.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) fn routes() -> Routes {
    vec![routes!(tell)]
}

/// Tell of a lease.
///
/// Answered when the lease had its effect, so that whoever told it may rely on that. A lease may be of anybody's phone, so
/// the token must be of the master tenant.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/dhcpinfo", tag = "devices",
    request_body = Lease,
    responses((status = 204)),
)]
async fn tell(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(principal): Extension<Principal>,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    if !tenant.is_of_master(&principal) {
        return Err(Problem::Unauthorized);
    }
    if let Some(request) = dhcp::parse(&sent.object("dhcp_info")?)? {
        // The answer is for a phone that asks; a DHCP server has asked for nothing.
        let _answer = timeout(DEADLINE, api.handler.handle(request)).await.map_err(|_| {
            tracing::warn!("A lease told by a DHCP server had no effect within {} s", DEADLINE.as_secs());
            Problem::unavailable("the lease had no effect in time")
        })?;
    }
    Ok(StatusCode::NO_CONTENT)
}
