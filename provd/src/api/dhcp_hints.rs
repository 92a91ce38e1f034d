//! What an administrator's DHCP server needs to boot phones: the plugins' hints, and the addresses that stand for `{http}`
//! and `{tftp}` in them.

use axum::extract::State;
use serde_json::{Map, Value, json};
use utoipa_axum::routes;

use super::document::Document;
use super::{ApiState, Routes};

pub(super) fn routes() -> Routes {
    vec![routes!(show)]
}

/// Hints by plugin; null for one that never was ready, so that nobody takes it for one without hints.
#[utoipa::path(get, path = "/0.2/pg_mgr/dhcp_hints", tag = "plugins")]
async fn show(State(api): State<ApiState>) -> Document {
    let base = api.provisioning.base_raw_config();
    let address = |key: &str| base.document().get(key).cloned();
    let plugins: Map<String, Value> =
        api.administration.dhcp_hints().into_iter().map(|(id, hints)| (id, json!(hints))).collect();
    Document(json!({
        "http": address("http_base_url"),
        "tftp": {"address": address("ip"), "port": address("tftp_port")},
        "plugins": plugins,
    }))
}
