//! What a plugin may answer in place of a response, and the gRPC code each answer travels as.
//!
//! The contract's table of each RPC says what the core does about a code. What an operator should read about something
//! that worked all the same is a warning in the response, never an error.

use tonic::{Code, Status};

/// An answer that is no response. The text is shown to administrators: it says what to do, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The request cannot be understood.
    #[error("{0}")]
    InvalidArgument(String),
    /// The request is understood, but the device, raw config or folder does not suffice.
    #[error("{0}")]
    FailedPrecondition(String),
    /// No such file.
    #[error("{0}")]
    NotFound(String),
    /// The file exists, but not for this phone.
    #[error("{0}")]
    PermissionDenied(String),
    /// Phones of this family cannot do that.
    #[error("{0}")]
    Unimplemented(String),
    /// Not now: the plugin is unwell or draining.
    #[error("{0}")]
    Unavailable(String),
    /// A defect of the plugin.
    #[error("{0}")]
    Internal(String),
}

impl PluginError {
    /// The canonical code this travels as.
    pub fn code(&self) -> Code {
        match self {
            PluginError::InvalidArgument(_) => Code::InvalidArgument,
            PluginError::FailedPrecondition(_) => Code::FailedPrecondition,
            PluginError::NotFound(_) => Code::NotFound,
            PluginError::PermissionDenied(_) => Code::PermissionDenied,
            PluginError::Unimplemented(_) => Code::Unimplemented,
            PluginError::Unavailable(_) => Code::Unavailable,
            PluginError::Internal(_) => Code::Internal,
        }
    }
}

impl From<PluginError> for Status {
    fn from(error: PluginError) -> Status {
        Status::new(error.code(), error.to_string())
    }
}
