//! Between the domain's words and the contract's messages. What a plugin answers is judged here: nothing of it is
//! believed before it has been found to be what the contract says.

mod answers;
mod dhcp_hints;
mod raw_config;
mod requests;
mod synchronization;

pub(super) use answers::{capabilities, configuration, device_info, file_reference, support, vary};
pub(super) use dhcp_hints::dhcp_hints;
pub(super) use raw_config::raw_config;
pub(super) use requests::{device, info, request};
pub(super) use synchronization::synchronization_method;
