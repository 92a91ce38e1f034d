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
mod description;
mod examination;
mod extract;
mod extractions;
pub mod filters; // for benchmarks: nobody else has a use for it
mod folders;
mod generation;
mod host;
mod house;
mod installation;
mod invocation;
mod logs;
mod memory;
mod overrides;
mod placing;
mod process;
mod python;
mod repertoire;
mod repositories;
mod rollback;
pub mod sandbox;
mod served;
mod shared_process;
mod snapshot;
mod supervisor;
mod trial;
mod unasked;
pub(crate) mod workbench;

pub use examination::Examiner;
pub use host::{HostSettings, PluginHost};
pub use installation::{Bundle, InstallError, install};
pub use placing::Trust;
pub use process::LAUNCHER;
pub use python::Python;
pub use repertoire::removed_plugins;
pub use workbench::TrialSettings;
