//! What an administrator's DHCP server needs to boot phones: the plugins' hints, and the addresses that stand for `{http}`
//! and `{tftp}` in them.

use axum::extract::State;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::document::Document;
use super::{ApiState, Routes};

pub(super) fn routes() -> Routes {
    vec![("/0.2/pg_mgr/dhcp_hints", get(show))]
}

/// Hints by plugin; null for one that never was ready, so that nobody takes it for one without hints.
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
