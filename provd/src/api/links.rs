//! The documents that lead to others, from the base down, and the status of the server. None leads to nothing.

use serde_json::{Value, json};
use utoipa_axum::routes;

use super::Routes;
use super::document::Document;

pub(super) fn routes() -> Routes {
    vec![routes!(base), routes!(status), routes!(devices), routes!(configs), routes!(plugins)]
}

/// `{"links": [{"rel", "href"}, …]}`
pub(super) fn links<'a>(links: impl IntoIterator<Item = (&'a str, String)>) -> Value {
    let links: Vec<Value> = links.into_iter().map(|(rel, href)| json!({"rel": rel, "href": href})).collect();
    json!({ "links": links })
}

fn fixed(rels: &[(&str, &str)]) -> Document {
    Document(links(rels.iter().map(|(rel, href)| (*rel, format!("/0.2/{href}")))))
}

#[utoipa::path(get, path = "/0.2", tag = "server")]
async fn base() -> Document {
    fixed(&[("dev", "dev_mgr"), ("cfg", "cfg_mgr"), ("pg", "pg_mgr"), ("status", "status")])
}

#[utoipa::path(get, path = "/0.2/dev_mgr", tag = "server")]
async fn devices() -> Document {
    fixed(&[
        ("dev.synchronize", "dev_mgr/synchronize"),
        ("dev.reconfigure", "dev_mgr/reconfigure"),
        ("dev.dhcpinfo", "dev_mgr/dhcpinfo"),
        ("dev.devices", "dev_mgr/devices"),
    ])
}

#[utoipa::path(get, path = "/0.2/cfg_mgr", tag = "server")]
async fn configs() -> Document {
    fixed(&[("cfg.configs", "cfg_mgr/configs"), ("cfg.autocreate", "cfg_mgr/autocreate")])
}

#[utoipa::path(get, path = "/0.2/pg_mgr", tag = "server")]
async fn plugins() -> Document {
    fixed(&[("pg.plugins", "pg_mgr/plugins")])
}

/// Who can read this finds the interface well. There is no message bus that could fail; clients wait for it all the same.
#[utoipa::path(get, path = "/0.2/status", tag = "server")]
async fn status() -> Document {
    Document(json!({"rest_api": "ok", "bus_consumer": {"status": "ok"}}))
}
