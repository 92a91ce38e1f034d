//! HTTP/1.0 and 1.1 (RFC 9110, 9112) as simple clients need it: GET and HEAD, with ranges and conditional requests.
//!
//! `threads` has a server for each processor, `server` accepts, `connection` sets limits, `service` asks the pipeline:
//! `request` and `target` make a domain request of what came, `response` with `conditions`, `range` and `media_type` puts the
//! answer into HTTP, and `body` delivers it. Nothing is ever redirected, chunked, or asked to authenticate.

mod body;
mod conditions;
mod connection;
mod deadlines;
mod media_type;
mod range;
mod request;
mod response;
mod server;
mod service;
mod settings;
mod target;
mod threads;

pub use settings::HttpSettings;
pub use threads::{Sockets, serve};

#[cfg(test)]
mod tests;
