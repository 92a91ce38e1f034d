//! provd tells IP phones who they are: it provisions them over HTTP and TFTP through plugins, one process each.

pub mod domain;
pub mod listeners;
pub mod pipeline;
pub mod provisioning;
