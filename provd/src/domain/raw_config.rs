//! The parameters of a phone: which there are, what they may hold, what they default to.
//!
//! A [`RawConfig`] is what a plugin receives: merged, with defaults. [`check()`] judges one document, as an administrator
//! wrote it or with all it inherits. How documents merge is `config`'s business.

use serde_json::{Map, Value};

mod check;
mod choices;
mod defaults;
mod kind;
mod near_miss;
mod parameters;
mod problem;
#[cfg(test)]
mod reference_page;
#[cfg(test)]
pub(crate) mod samples;
mod scalars;
mod schema;

pub use check::{check, warnings};
pub use choices::{DtmfMode, FunctionKeyType, Protocol, SipTransport, SrtpMode, SyslogLevel};
pub(super) use near_miss::near_miss;
pub use parameters::{CallManager, FunctionKey, LineNumber, Parameters, SipLine, VlanId, VlanPriority};
pub use problem::{MAX_SHOWN, Problem, Problems};
pub(super) use scalars::lenient_bool;
pub use scalars::{BaseUrl, Certificate, Host, Locale, Number, Port, PrivateKey, Timezone};
pub use schema::schema;

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

    /// What the document states, as typed values. What is not sound is left out; [`check()`] says why.
    pub fn parameters(&self) -> Parameters {
        Parameters::stated_in(&self.0)
    }

    /// What the document holds beside the parameters: names of one's own, and what this version does not know.
    pub fn others(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter().filter(|(name, _)| !kind::is_known::<Parameters>(name))
    }
}
