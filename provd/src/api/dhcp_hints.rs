//! What an administrator's DHCP server needs to boot phones: the plugins' hints, and the addresses that stand for `{http}`
//! and `{tftp}` in them.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::Document;
use super::{ApiState, Routes};
use crate::domain::dhcp::DhcpHint;

pub(super) fn routes() -> Routes {
    vec![routes!(show)]
}

/// What a DHCP server needs to boot phones.
#[utoipa::path(get, path = "/0.2/pg_mgr/dhcp_hints", tag = "plugins", responses((status = 200, body = Hints)))]
async fn show(State(api): State<ApiState>) -> Document<Hints> {
    let base = api.provisioning.base_raw_config();
    let address = |key: &str| base.document().get(key).cloned();
    Document(Hints {
        http: address("http_base_url"),
        tftp: Tftp { address: address("ip"), port: address("tftp_port") },
        plugins: api.administration.dhcp_hints().into_iter().collect(),
    })
}

/// The plugins' hints, and what stands for `{http}` and `{tftp}` in them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DhcpHints)]
struct Hints {
    /// HTTP base URL.
    #[schema(value_type = Option<String>)]
    http: Option<Value>,
    tftp: Tftp,
    /// Hints by plugin; null for one that never was ready, so that nobody takes it for one without hints.
    #[schema(value_type = BTreeMap<String, Option<Vec<Value>>>)]
    plugins: BTreeMap<String, Option<Vec<DhcpHint>>>,
}

/// Where phones ask over TFTP.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TftpAddress)]
struct Tftp {
    /// Host.
    #[schema(value_type = Option<String>)]
    address: Option<Value>,
    /// UDP port.
    #[schema(value_type = Option<u16>)]
    port: Option<Value>,
}
