//! What clients of the interface rely on, through the whole router.

mod audit;
mod configs;
mod devices;
mod dhcp_hints;
mod explain;
mod hostile;
mod operations;
mod plugins;
mod preview;
mod remote_states;
mod requests;
mod rules;
mod serving;
mod synchronization;
mod waiting;
