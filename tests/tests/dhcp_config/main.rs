//! What `provd dhcp-config` writes, judged by those it is for: the servers' own checkers, and real clients that are served by
//! real servers, each test in a network of its own. And DHCP clients that are overheard beside such a server.

mod client;
mod examined;
mod handed_out;
mod hostile;
mod overheard;
mod server;
