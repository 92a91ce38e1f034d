//! Why a request was not done, and the one place where errors become statuses.
//!
//! Bodies are one line of plain text that says what to do; [`details`] makes documents of them where clients take such.
//! What only concerns the server goes to the log instead.

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::domain::config::InvalidConfig;
use crate::domain::device::InvalidDevice;
use crate::domain::raw_config;
use crate::listeners::dhcp::InvalidDhcpInfo;
use crate::provisioning::ProvisioningError;
use crate::provisioning::plugins::PluginError;
use crate::provisioning::store::StoreError;

use details::{Part, Parts};

pub(super) mod details;
pub(super) mod routes_of_0_2;

/// Seconds after which a client may try again when the server cannot tell.
const RETRY_AFTER: u64 = 5;

/// A request that was not done.
#[derive(Debug, Error)]
pub(super) enum Problem {
    /// The client must send something else.
    #[error("{0}")]
    Invalid(String),
    /// Parts of the document the client sent mean nothing.
    #[error("{why}")]
    InvalidParts {
        /// All of it on one line.
        why: String,
        /// Part by part.
        parts: Vec<Part>,
    },
    /// Token absent, unknown, or not enough; 0.2 does not tell which.
    #[error("Unauthorized")]
    Unauthorized,
    /// It is not allowed to anybody.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The client takes no media type there is.
    #[error("only {} is available: accept it, or send no Accept header", .0.join(" or "))]
    NotAcceptable(&'static [&'static str]),
    /// The body did not arrive in time.
    #[error("the body did not arrive within {0} seconds")]
    TooSlow(u64),
    /// Somebody else changed the same thing.
    #[error("{0}: read it again, then repeat the change")]
    Conflict(String),
    /// It is in another state than the client says.
    #[error("{0} was changed since it was read: read it again, then repeat the change")]
    PreconditionFailed(String),
    /// The body is longer than the limit, in bytes.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The body is of a type that is not read.
    #[error("the Content-Type must be exactly {}", .0.join(" or "))]
    UnsupportedMediaType(&'static [&'static str]),
    /// Something failed that should not have. The log says what.
    #[error("the request failed; the server's log says why")]
    Failed,
    /// A plugin does what no plugin may.
    #[error("{0}")]
    Defective(String),
    /// It cannot be done now.
    #[error("{why}")]
    Unavailable {
        /// What is missing.
        why: String,
        /// Seconds after which trying again may help.
        retry_after: u64,
    },
}

impl Problem {
    /// It cannot be done now, nobody knows for how long.
    pub(super) fn unavailable(why: impl Into<String>) -> Problem {
        Problem::Unavailable { why: why.into(), retry_after: RETRY_AFTER }
    }

    /// One part of the document means nothing: `path: reason`.
    fn of_part(why: String) -> Problem {
        let part = why.split_once(": ");
        let part = part.map(|(path, reason)| Part { path: path.to_owned(), reason: reason.to_owned() });
        Problem::InvalidParts { parts: part.into_iter().collect(), why }
    }

    fn status(&self) -> StatusCode {
        match self {
            Problem::Invalid(_) | Problem::InvalidParts { .. } => StatusCode::BAD_REQUEST,
            Problem::Unauthorized => StatusCode::UNAUTHORIZED,
            Problem::Forbidden(_) => StatusCode::FORBIDDEN,
            Problem::NotFound(_) => StatusCode::NOT_FOUND,
            Problem::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Problem::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Problem::Conflict(_) => StatusCode::CONFLICT,
            Problem::PreconditionFailed(_) => StatusCode::PRECONDITION_FAILED,
            Problem::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Problem::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Problem::Defective(_) => StatusCode::BAD_GATEWAY,
            Problem::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), format!("{self}\n")).into_response();
        match self {
            Problem::Unavailable { retry_after, .. } => {
                response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
            }
            Problem::InvalidParts { parts, .. } => {
                response.extensions_mut().insert(Parts(parts));
            }
            _ => {}
        }
        response
    }
}

impl From<ProvisioningError> for Problem {
    fn from(error: ProvisioningError) -> Problem {
        match error {
            ProvisioningError::NoSuchDevice(_) | ProvisioningError::NoSuchConfig(_) => {
                Problem::NotFound(error.to_string())
            }
            ProvisioningError::NotDeletable(_) => Problem::Forbidden(error.to_string()),
            ProvisioningError::Outdated(what) => Problem::PreconditionFailed(what),
            ProvisioningError::InvalidDevice(error) => error.into(),
            ProvisioningError::InvalidConfig(error) => error.into(),
            ProvisioningError::InvalidId(_) => Problem::of_part(error.to_string()),
            ProvisioningError::InvalidRawConfig(problems) => {
                let part = |problem: &raw_config::Problem| Part {
                    path: problem.path.clone(),
                    reason: problem.reason.clone(),
                };
                let parts = problems.shown().iter().map(part).collect();
                Problem::InvalidParts { why: problems.to_string(), parts }
            }
            ProvisioningError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Duplicate(_) => Problem::Invalid(error.to_string()),
            StoreError::Conflict(_) => Problem::Conflict(error.to_string()),
            StoreError::Unavailable(_) => {
                tracing::error!("{error}");
                Problem::unavailable("the database is not available now")
            }
            StoreError::Corrupt { .. } => {
                tracing::error!("{error}");
                Problem::Failed
            }
        }
    }
}

impl From<PluginError> for Problem {
    fn from(error: PluginError) -> Problem {
        match &error {
            PluginError::NotInstalled(_) => Problem::NotFound(error.to_string()),
            PluginError::Refused(_) => Problem::Invalid(error.to_string()),
            PluginError::Defective { .. } => Problem::Defective(error.to_string()),
            PluginError::Unavailable { retry_after, .. } => {
                Problem::Unavailable { why: error.to_string(), retry_after: retry_after.as_secs().max(1) }
            }
        }
    }
}

impl From<InvalidDevice> for Problem {
    fn from(error: InvalidDevice) -> Problem {
        Problem::of_part(error.to_string())
    }
}

impl From<InvalidConfig> for Problem {
    fn from(error: InvalidConfig) -> Problem {
        Problem::of_part(error.to_string())
    }
}

impl From<InvalidDhcpInfo> for Problem {
    fn from(error: InvalidDhcpInfo) -> Problem {
        Problem::Invalid(error.to_string())
    }
}

/// Answers where no route leads.
pub(super) async fn no_such_path() -> Problem {
    Problem::NotFound("there is nothing at this path".to_owned())
}

/// Answers a method that a path does not have; the `Allow` header says which it has. One that no path has is another
/// matter (RFC 9110 §15.6.2).
pub(super) async fn no_such_method(method: Method) -> (StatusCode, &'static str) {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE];
    if known.contains(&method) {
        (StatusCode::METHOD_NOT_ALLOWED, "this path does not have this method; see the Allow header\n")
    } else {
        (StatusCode::NOT_IMPLEMENTED, "no path has this method; see the Allow header\n")
    }
}
