//! What clients of the interface rely on, through the whole router.

mod access;
mod audit;
mod conditional;
mod configs;
mod configure;
mod devices;
mod dhcp_hints;
mod events;
mod every_route;
mod explain;
mod find;
mod hostile;
mod import;
mod installation;
mod openapi;
mod operations;
mod plugins;
mod preview;
mod remote_states;
mod requests;
mod rules;
mod serving;
mod synchronization;
mod waiting;
