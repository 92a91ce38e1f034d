//! The parameters of a phone: which there are, what they may hold, what they default to.
//!
//! A [`RawConfig`] is what a plugin receives: merged, with defaults. [`check()`] judges one document as an administrator
//! wrote it. How documents merge is `config`'s business.

use serde_json::{Map, Value};

mod check;
mod defaults;

pub use check::{Problem, check};

/// Merged parameters with defaults applied.
#[derive(Debug, Clone, PartialEq)]
pub struct RawConfig(Map<String, Value>);

impl RawConfig {
    /// Applies the defaults to merged parameters. A service that is not enabled gets none.
    pub fn new(merged: Map<String, Value>) -> RawConfig {
        RawConfig(defaults::apply(merged))
    }

    /// The document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.0
    }
}
