//! From bytes to [`Request`](crate::domain::request::Request), and from
//! [`Answer`](crate::domain::answer::Answer) to bytes.
//!
//! A listener knows its protocol and one trait, [`RequestHandler`](crate::pipeline::RequestHandler). It never looks at
//! what a file name means, never finds a file itself, and never lets one slow or hostile peer hold up another.

pub mod dhcp;
pub mod http;
pub mod tftp;

mod client_address;
mod disk;
mod refusals;

#[cfg(test)]
mod fake_handler;
