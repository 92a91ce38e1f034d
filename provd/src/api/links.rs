//! The documents that lead to others, from the base down, and the status of the server. None leads to nothing.

use axum::routing::get;
use serde_json::{Value, json};

use super::Routes;
use super::document::Document;

pub(super) fn routes() -> Routes {
    vec![
        ("/0.2", get(base)),
        ("/0.2/status", get(status)),
        ("/0.2/dev_mgr", get(devices)),
        ("/0.2/cfg_mgr", get(configs)),
        ("/0.2/pg_mgr", get(plugins)),
    ]
}

/// `{"links": [{"rel", "href"}, …]}`
pub(super) fn links<'a>(links: impl IntoIterator<Item = (&'a str, String)>) -> Value {
    let links: Vec<Value> = links.into_iter().map(|(rel, href)| json!({"rel": rel, "href": href})).collect();
    json!({ "links": links })
}

fn fixed(rels: &[(&str, &str)]) -> Document {
    Document(links(rels.iter().map(|(rel, href)| (*rel, format!("/0.2/{href}")))))
}

async fn base() -> Document {
    fixed(&[("dev", "dev_mgr"), ("cfg", "cfg_mgr"), ("pg", "pg_mgr"), ("status", "status")])
}

async fn devices() -> Document {
    fixed(&[
        ("dev.synchronize", "dev_mgr/synchronize"),
        ("dev.reconfigure", "dev_mgr/reconfigure"),
        ("dev.dhcpinfo", "dev_mgr/dhcpinfo"),
        ("dev.devices", "dev_mgr/devices"),
    ])
}

async fn configs() -> Document {
    fixed(&[("cfg.configs", "cfg_mgr/configs"), ("cfg.autocreate", "cfg_mgr/autocreate")])
}

async fn plugins() -> Document {
    fixed(&[("pg.plugins", "pg_mgr/plugins")])
}

/// Who can read this finds the interface well. There is no message bus that could fail; clients wait for it all the same.
async fn status() -> Document {
    Document(json!({"rest_api": "ok", "bus_consumer": {"status": "ok"}}))
}
