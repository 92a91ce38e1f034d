//! Why a template produced nothing: because it said so itself, or because it is wrong at some line.

use std::error::Error as _;
use std::fmt;

use minijinja::{Error, ErrorKind};

use crate::PluginError;

/// A template that produced nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenderError {
    /// `fail(message)` was called.
    #[error("{0}")]
    Failed(String),
    /// The template is wrong.
    #[error("{place}: {reason}")]
    Broken {
        /// Template and line.
        place: String,
        /// What the template engine says.
        reason: String,
    },
}

/// Carries the message of `fail()` through the template engine.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// What `fail()` gives to the template engine.
pub(crate) fn failure(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, "fail").with_source(Failure(message))
}

/// What the template engine says, without the place.
pub(crate) fn reason(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

impl From<&Error> for RenderError {
    /// An error inside an included template is wrapped by each includer: the innermost names the place.
    fn from(error: &Error) -> RenderError {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            if let Some(Failure(message)) = source.downcast_ref() {
                return RenderError::Failed(message.clone());
            }
            match source.downcast_ref::<Error>() {
                Some(inner) if inner.line().is_some() => innermost = inner,
                _ => break,
            }
        }
        let place = match (innermost.name(), innermost.line()) {
            (Some(name), Some(line)) => format!("template {name}, line {line}"),
            (Some(name), None) => format!("template {name}"),
            _ => "template".to_owned(),
        };
        RenderError::Broken { place, reason: reason(innermost) }
    }
}

impl From<RenderError> for PluginError {
    fn from(error: RenderError) -> PluginError {
        PluginError::FailedPrecondition(error.to_string())
    }
}
