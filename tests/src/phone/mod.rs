//! Phones as they are on the wire. Each speaks from an address of its own, for an address is how some are recognised.

mod http;
mod tftp;

pub use http::{HttpPhone, Response};
pub use tftp::{Refusal, TftpPhone, Transfer};
