//! provd tells IP phones who they are: it provisions them over HTTP and TFTP through plugins, one process each.

pub mod access;
pub mod api;
pub mod cli;
pub mod command;
pub mod dhcp_hook;
pub mod domain;
pub mod listeners;
pub mod metrics;
pub mod packages;
pub mod pipeline;
pub mod plugin_host;
pub mod provisioning;
pub mod server;
pub mod settings;
pub mod storage;
pub mod synchronization;
pub mod tls;
