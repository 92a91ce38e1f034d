//! Pages of other origins may use the interface: they need a token all the same.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const HEADERS: [(HeaderName, &str); 5] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Origin, X-Requested-With, Accept, Content-Type, X-Auth-Token, Wazo-Tenant",
    ),
    (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "false"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Location"),
];

/// Answers `OPTIONS` on any path without a token, and says on every answer what browsers may do (Fetch Standard §3.2).
pub(super) async fn allow(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::OK.into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
