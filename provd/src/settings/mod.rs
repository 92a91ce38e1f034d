//! The server's own settings: from flags, environment variables and the configuration file, in this order.
//!
//! What is decided here holds until the server is started again. What administrators change while it runs is stored.

pub mod access;
mod file;
mod identification;
mod packages;
mod sandbox;
mod serve;
pub mod synchronization;

pub use file::SettingsError;
pub use identification::{IdentificationArguments, IdentificationSettings};
pub use packages::{PackageArguments, PackageSettings};
pub use sandbox::SandboxArguments;
pub use serve::{DhcpListen, Isolation, ServeArguments, Settings};
