//! Why a request was not done, and the one place where errors become statuses.
//!
//! Bodies are one line of plain text that says what to do. What only concerns the server goes to the log instead.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::domain::config::InvalidConfig;
use crate::domain::device::InvalidDevice;
use crate::listeners::dhcp::InvalidDhcpInfo;
use crate::provisioning::ProvisioningError;
use crate::provisioning::plugins::PluginError;
use crate::provisioning::store::StoreError;

use super::negotiation::MEDIA_TYPE;

/// Seconds after which a client may try again when the server cannot tell.
const RETRY_AFTER: u64 = 5;

/// A request that was not done.
#[derive(Debug, Error)]
pub(super) enum Problem {
    /// The client must send something else.
    #[error("{0}")]
    Invalid(String),
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
    #[error("only {MEDIA_TYPE} is available: send it, or no Accept header")]
    NotAcceptable,
    /// The body did not arrive in time.
    #[error("the body did not arrive within {0} seconds")]
    TooSlow(u64),
    /// Somebody else changed the same thing.
    #[error("{0}: read it again, then repeat the change")]
    Conflict(String),
    /// The body is longer than the limit, in bytes.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The body is of a type that is not read.
    #[error("the Content-Type must be exactly {MEDIA_TYPE}")]
    UnsupportedMediaType,
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

    fn status(&self) -> StatusCode {
        match self {
            Problem::Invalid(_) => StatusCode::BAD_REQUEST,
            Problem::Unauthorized => StatusCode::UNAUTHORIZED,
            Problem::Forbidden(_) => StatusCode::FORBIDDEN,
            Problem::NotFound(_) => StatusCode::NOT_FOUND,
            Problem::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Problem::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Problem::Conflict(_) => StatusCode::CONFLICT,
            Problem::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Problem::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Problem::Defective(_) => StatusCode::BAD_GATEWAY,
            Problem::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), format!("{self}\n")).into_response();
        if let Problem::Unavailable { retry_after, .. } = self {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
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
            ProvisioningError::InvalidDevice(_)
            | ProvisioningError::InvalidConfig(_)
            | ProvisioningError::InvalidId(_)
            | ProvisioningError::InvalidRawConfig(_) => Problem::Invalid(error.to_string()),
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
        Problem::Invalid(error.to_string())
    }
}

impl From<InvalidConfig> for Problem {
    fn from(error: InvalidConfig) -> Problem {
        Problem::Invalid(error.to_string())
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

/// Answers a method that a path does not have. The `Allow` header says which it has.
pub(super) async fn no_such_method() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "this path does not have this method; see the Allow header\n")
}
