//! Running a provd plugin.
//!
//! A plugin is a process that provd starts and asks. This crate is the SDK to write one in Rust: implement [`Plugin`],
//! call [`serve`]. [`declarative`] is a plugin written with it, the engine behind plugin folders that are only data.
//!
//! How plugins are started, watched and asked is the core's; nothing of that is here.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use provd_plugin_runner::{Plugin, PluginError, ServeError, raw_config, runtime, serve};
//! use provd_proto::v1::{
//!     AssociateRequest, AssociateResponse, ConfigureRequest, ConfigureResponse, DescribeRequest, DescribeResponse,
//!     GeneratedFile, ServeFileRequest, ServeFileResponse, Support,
//! };
//!
//! struct Acme;
//!
//! #[async_trait::async_trait]
//! impl Plugin for Acme {
//!     async fn describe(&self, _: DescribeRequest) -> Result<DescribeResponse, PluginError> {
//!         Ok(DescribeResponse { id: "acme-1.0".into(), version: "1.0.0".into(), ..Default::default() })
//!     }
//!
//!     async fn associate(&self, request: AssociateRequest) -> Result<AssociateResponse, PluginError> {
//!         let is_ours = request.info.is_some_and(|info| info.vendor.as_deref() == Some("Acme"));
//!         let support = if is_ours { Support::Complete } else { Support::Improbable };
//!         Ok(AssociateResponse { support: support.into(), may_be_remembered: true })
//!     }
//!
//!     async fn configure(&self, request: ConfigureRequest) -> Result<ConfigureResponse, PluginError> {
//!         let config = raw_config::document(request.raw_config.as_ref())?;
//!         let content = format!("locale={}\n", config["locale"]).into_bytes();
//!         let file = GeneratedFile { path: "acme.cfg".into(), content, ..Default::default() };
//!         Ok(ConfigureResponse { files: vec![file], ..Default::default() })
//!     }
//!
//!     async fn serve_file(&self, _: ServeFileRequest) -> Result<ServeFileResponse, PluginError> {
//!         Err(PluginError::NotFound("there is no such file".into()))
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     let served = runtime().map(|runtime| runtime.block_on(serve(Acme)));
//!     match served {
//!         Ok(Ok(())) => ExitCode::SUCCESS,
//!         Ok(Err(error @ ServeError::Environment(_))) => {
//!             eprintln!("{error}");
//!             ExitCode::from(2)
//!         }
//!         Ok(Err(error)) => {
//!             eprintln!("{error}");
//!             ExitCode::FAILURE
//!         }
//!         Err(error) => {
//!             eprintln!("{error}");
//!             ExitCode::FAILURE
//!         }
//!     }
//! }
//! ```

pub mod declarative;
mod environment;
mod error;
pub mod extraction;
mod logging;
mod plugin;
pub mod raw_config;
mod server;

pub use environment::{Environment, EnvironmentError};
pub use error::PluginError;
pub use plugin::Plugin;
pub use server::{ServeError, Server, runtime, serve};
