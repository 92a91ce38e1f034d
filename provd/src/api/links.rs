//! The documents that lead to others, from the base down, and the status of the server. None leads to nothing.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::routes;

use super::Routes;
use super::document::Document;
use super::openapi::words;

pub(super) fn routes() -> Routes {
    vec![
        routes!(base),
        routes!(status),
        routes!(devices),
        routes!(configs),
        routes!(plugins),
        routes!(installation),
    ]
}

/// Where to go from here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Links {
    links: Vec<Link>,
}

/// One way to go.
#[derive(Debug, Serialize, ToSchema)]
struct Link {
    /// What is there.
    #[schema(example = "dev.devices")]
    rel: &'static str,
    /// Absolute path.
    #[schema(example = "/0.2/dev_mgr/devices")]
    href: String,
}

/// `{"links": [{"rel", "href"}, …]}`
pub(super) fn links(links: impl IntoIterator<Item = (&'static str, String)>) -> Links {
    Links { links: links.into_iter().map(|(rel, href)| Link { rel, href }).collect() }
}

fn fixed(rels: &[(&'static str, &str)]) -> Document<Links> {
    Document(links(rels.iter().map(|(rel, href)| (*rel, format!("/0.2/{href}")))))
}

/// Where to go from the base.
#[utoipa::path(get, path = "/0.2", tag = "server", responses((status = 200, body = Links)))]
async fn base() -> Document<Links> {
    fixed(&[
        ("dev", "dev_mgr"),
        ("cfg", "cfg_mgr"),
        ("pg", "pg_mgr"),
        ("status", "status"),
        ("srv.configure", "configure"),
    ])
}

/// What can be done with devices.
#[utoipa::path(get, path = "/0.2/dev_mgr", tag = "server", responses((status = 200, body = Links)))]
async fn devices() -> Document<Links> {
    fixed(&[
        ("dev.synchronize", "dev_mgr/synchronize"),
        ("dev.reconfigure", "dev_mgr/reconfigure"),
        ("dev.dhcpinfo", "dev_mgr/dhcpinfo"),
        ("dev.devices", "dev_mgr/devices"),
    ])
}

/// What can be done with configs.
#[utoipa::path(get, path = "/0.2/cfg_mgr", tag = "server", responses((status = 200, body = Links)))]
async fn configs() -> Document<Links> {
    fixed(&[("cfg.configs", "cfg_mgr/configs"), ("cfg.autocreate", "cfg_mgr/autocreate")])
}

/// What can be done with plugins.
#[utoipa::path(get, path = "/0.2/pg_mgr", tag = "server", responses((status = 200, body = Links)))]
async fn plugins() -> Document<Links> {
    fixed(&[
        ("srv.install", "pg_mgr/install"),
        ("pg.plugins", "pg_mgr/plugins"),
        ("pg.reload", "pg_mgr/reload"),
    ])
}

/// What can be done to have other plugins.
#[utoipa::path(get, path = "/0.2/pg_mgr/install", tag = "server", responses((status = 200, body = Links)))]
async fn installation() -> Document<Links> {
    fixed(&[
        ("srv.install.install", "pg_mgr/install/install"),
        ("srv.install.uninstall", "pg_mgr/install/uninstall"),
        ("srv.install.installed", "pg_mgr/install/installed"),
        ("srv.install.installable", "pg_mgr/install/installable"),
        ("srv.install.upgrade", "pg_mgr/install/upgrade"),
        ("srv.install.update", "pg_mgr/install/update"),
    ])
}

/// Whether the server is well.
///
/// Who can read this finds it well. There is no message bus that could fail; clients wait for it all the same.
#[utoipa::path(get, path = "/0.2/status", tag = "server", responses((status = 200, body = Status)))]
async fn status() -> Document<Status> {
    Document(Status { rest_api: "ok", bus_consumer: Part { status: "ok" } })
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
struct Status {
    #[schema(schema_with = well)]
    rest_api: &'static str,
    bus_consumer: Part,
}

/// How a part of the server is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatusOfPart)]
struct Part {
    #[schema(schema_with = well)]
    status: &'static str,
}

fn well() -> Object {
    words("How it is.", &["ok", "fail"])
}
