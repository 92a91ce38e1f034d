//! TFTP (RFC 1350) with options (RFC 2347 to 2349, 7440): read requests in octet mode, nothing else.
//!
//! From bytes outwards: `packet` takes datagrams apart, `options` agrees on how to send, `transfer` decides which
//! block is next; all three are pure. `session` carries a transfer out on one of the `sockets`, `exchange` asks the pipeline
//! first, and `server` gives every request an exchange. Writing is refused, as are the modes that change a file on its way.

mod exchange;
mod inbox;
mod options;
pub mod packet; // for benchmarks: nobody else has a use for it
mod server;
mod session;
mod settings;
mod slots;
mod sockets;
mod source;
mod transfer;
mod volley;

pub use server::serve;
pub use settings::TftpSettings;

#[cfg(test)]
mod tests;
