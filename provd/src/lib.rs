//! provd tells IP phones who they are: it provisions them over HTTP and TFTP through plugins, one process each.

pub mod access;
pub mod api;
pub mod authoring;
pub mod cli;
pub mod command;
pub mod dhcp_hook;
pub mod domain;
pub mod downloads;
pub mod firmware;
pub mod listeners;
pub mod metrics;
pub mod packages;
pub mod pipeline;
pub mod plugin_host;
pub mod provisioning;
pub mod server;
pub mod settings;
pub mod simulation;
pub mod storage;
pub mod synchronization;
pub mod tls;
