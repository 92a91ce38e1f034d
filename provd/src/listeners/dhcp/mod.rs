//! DHCP, without being a DHCP server: leases as one tells of them, and clients as they can be overheard.
//!
//! `event` reads what an integration sends to the REST API; `passive` listens to clients beside whatever server gives them
//! their leases, with `packet` taking apart what it hears. Nothing here ever sends.

mod event;
mod filter;
mod packet;
mod passive;

pub use event::{InvalidDhcpInfo, parse};
pub use passive::{PassiveDhcp, serve};
