//! Where the description is: for programs, for people, and for clients of 0.2.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use super::Descriptions;
use crate::api::Routes;
use crate::api::problem::Problem;

/// Where the pages are.
const PAGES: &str = "/0.2/api/";

/// The pages need nothing from anywhere else, and are to get nothing.
const ONLY_OURS: (HeaderName, HeaderValue) = (
    CONTENT_SECURITY_POLICY,
    HeaderValue::from_static(
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    ),
);

/// The next version of the server has another description.
const ASK_AGAIN: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-cache"));

/// What needs no token.
pub(in crate::api) fn routes() -> Routes {
    vec![routes!(openapi), routes!(swagger), routes!(without_slash), routes!(index), routes!(page)]
}

/// This description, for programs.
#[utoipa::path(
    get, path = "/0.2/api/openapi.json", tag = "description",
    responses((status = 200, description = "OpenAPI 3.1", content((serde_json::Value = "application/json")))),
)]
async fn openapi(Extension(descriptions): Extension<Arc<Descriptions>>) -> impl IntoResponse {
    ([ASK_AGAIN], [(CONTENT_TYPE, "application/json")], descriptions.openapi())
}

/// The routes of REST 0.2, for programs of its time.
#[utoipa::path(
    get, path = "/0.2/api/api.yml", tag = "description",
    responses((status = 200, description = "OpenAPI 2", content((serde_json::Value = "application/yaml")))),
)]
async fn swagger(Extension(descriptions): Extension<Arc<Descriptions>>) -> impl IntoResponse {
    ([ASK_AGAIN], [(CONTENT_TYPE, "application/yaml")], descriptions.swagger())
}

/// This description, for people.
#[utoipa::path(
    get, path = "/0.2/api/", tag = "description",
    responses((status = 200, description = "A page", content((String = "text/html")))),
)]
async fn index() -> Result<Response, Problem> {
    file("index.html")
}

/// Where the description for people is.
#[utoipa::path(get, path = "/0.2/api", tag = "description", responses((status = 308)))]
async fn without_slash() -> Redirect {
    Redirect::permanent(PAGES)
}

/// What the page of the description is made of.
#[utoipa::path(
    get, path = "/0.2/api/{file}", tag = "description",
    params(("file" = String, Path, description = "Name of the file")),
    responses((status = 200, description = "The file", content(([u8] = "*/*"))), (status = 404), (status = 400)),
)]
async fn page(Path(name): Path<String>) -> Result<Response, Problem> {
    file(&name)
}

fn file(name: &str) -> Result<Response, Problem> {
    // The address is relative, for proxies that put the interface elsewhere.
    let config = Config::from("openapi.json")
        .validator_url("none")
        .display_request_duration(true)
        .show_extensions(true);
    let file = serve(name, Arc::new(config)).map_err(|error| {
        tracing::error!("The page {name} of the description could not be made: {error}");
        Problem::Failed
    })?;
    let SwaggerFile { bytes, content_type, .. } = file
        .ok_or_else(|| Problem::NotFound(format!("the description has no file {}", name.escape_debug())))?;
    Ok(([ASK_AGAIN, ONLY_OURS], [(CONTENT_TYPE, content_type)], bytes.into_owned()).into_response())
}
