//! Plugins as child processes: installed, started, watched, asked, restarted, stopped.
//!
//! The only room that knows of processes and gRPC. Everybody else sees the traits of `provisioning::plugins`, which
//! [`PluginHost`] implements. The written contract is `proto/provd/plugin/v1/plugin.proto`.

mod administration;
mod audience;
mod breaker;
mod calls;
mod capabilities;
mod client;
mod connection;
mod convert;
mod extractions;
mod filters;
mod generation;
mod host;
mod installation;
mod logs;
mod memory;
mod overrides;
mod placing;
mod process;
mod repertoire;
pub mod sandbox;
mod served;
mod snapshot;
mod supervisor;

pub use host::{HostSettings, PluginHost};
pub use installation::{Bundle, InstallError, install};
pub use placing::Trust;
pub use process::LAUNCHER;
pub use repertoire::removed_plugins;
