//! DHCP servers tell provd of leases: real servers, real clients and the hook they execute, each test in a network of its own;
//! and the hook alone, with a server that answers what a test wants.

mod client;
mod dhcpd;
mod hook;
mod interface;
mod leases;
mod trouble;
