//! Files from web servers: fetched whole or not at all, carried on where they broke off, checked.
//!
//! What is fetched, from whom, and whether it is believed, is decided elsewhere: only that it is of the size and the digest
//! that were asked for is seen to here. Nothing but `http` and `https` is spoken.

mod client;
mod failure;
mod fetch;
mod partial;
mod small;
#[cfg(test)]
mod tests;

use std::fmt;

use url::Url;

pub use client::Proxies;
pub use failure::DownloadError;
pub use fetch::fetch;
pub use small::fetch_small;

/// What a file must hash to: hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 (FIPS 180-4).
    Sha256(String),
    /// SHA-1, where that is all there is: it tells damage, but not fraud.
    Sha1(String),
}

/// A user and a password, sent as HTTP Basic (RFC 7617) to the server that was asked, and to none it redirects to.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who.
    pub user: String,
    /// SECRET.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A file to be fetched.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// From where.
    pub url: Url,
    /// Its size in bytes, if it is known: any other is refused.
    pub size: Option<u64>,
    /// What it hashes to, if that is known: anything else is refused.
    pub digest: Option<Digest>,
    /// Who we are to the server.
    pub credentials: Option<Credentials>,
    /// Most bytes it may have.
    pub longest: u64,
}

/// A file that is in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal, lower case.
    pub sha256: String,
}

/// Who wants to know how far a download is.
pub trait Watching: Send + Sync {
    /// So many bytes are here, of as many as the server says there are.
    fn at(&self, bytes: u64, of: Option<u64>);
}

impl<F: Fn(u64, Option<u64>) + Send + Sync> Watching for F {
    fn at(&self, bytes: u64, of: Option<u64>) {
        self(bytes, of);
    }
}
