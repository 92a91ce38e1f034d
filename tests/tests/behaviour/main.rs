//! What the `provd` binary does, seen from outside: by phones, administrators, DHCP servers and plugins that misbehave.
//!
//! One module per theme. Each test has a server of its own, and waits for conditions, never for time.

mod command_line;
mod crash;
mod dhcp;
mod digium;
mod first_request;
mod interchange;
mod monitoring;
mod nonsense;
mod packages;
mod parameters;
mod quarantine;
mod repertoire;
mod restart;
mod rogues;
mod settings;
mod start_and_stop;
mod tftp_only;
mod two_versions;
mod upgrade;
