//! Plugins that are only data: the engine behind a folder with a `plugin.toml` and templates.
//!
//! `docs/plugins/declarative.md` is the specification, with the page that [`mod@reference`] is made into; what they do not say,
//! the engine does not do. The engine is one plugin like any other, written with the SDK of this crate.

pub use engine::Engine;
pub use error::LoadError;
pub use process::run;

pub mod reference;

mod association;
mod dhcp;
mod engine;
mod error;
mod extraction;
mod files;
mod manifest;
mod paths;
mod process;
mod serving;
mod source;
mod spanned;
mod synchronization;
mod target;
mod templates;
mod timezone;
mod versions;
