//! What the `provd` binary does, seen from outside: by phones, administrators, DHCP servers and plugins that misbehave.
//!
//! One module per theme. Each test has a server of its own, and waits for conditions, never for time.

mod authoring;
mod command_line;
mod crash;
mod dhcp;
mod digium;
mod ecosystem;
mod firmware;
mod first_request;
mod interchange;
mod migration;
mod monitoring;
mod nonsense;
mod packages;
mod parameters;
mod quarantine;
mod repertoire;
mod repository;
mod restart;
mod rogues;
mod rollback;
mod samples;
mod sandbox;
mod settings;
mod simulation;
mod start_and_stop;
mod storm;
mod tftp_only;
mod tutorial;
mod two_versions;
mod upgrade;
mod wazo;
