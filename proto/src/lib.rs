//! The plugin contract: messages and service of `provd.plugin.v1`, which revisions understand each other, and the one
//! spelling of what crosses it.
//!
//! Types only. How a plugin is hosted lives in `provd`, how one is written in `provd-plugin-runner`; neither imports
//! the other. The `.proto` files beside this crate are the contract; `v1` is generated from them and committed.

pub mod environment;
pub mod mac;
pub mod negotiation;

/// Bindings of `provd.plugin.v1`, generated from the `.proto` files and compared with them in the tests.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, rustdoc::bare_urls, reason = "generated code")]
pub mod v1 {
    include!("gen/provd.plugin.v1.rs");
}

/// Largest message either side sends or accepts, in bytes. Anything larger travels as a file reference.
pub const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// Metadata key that carries the plugin's token on every call.
pub const TOKEN_METADATA_KEY: &str = "provd-token";
