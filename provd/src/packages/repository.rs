//! A repository of packages: a folder on any web server, with an index of what is in it. What is fetched from it, and when, is
//! decided elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use url::Url;

use super::TrustedKey;

/// How well tried a version is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// For everybody.
    #[default]
    Stable,
    /// For those who try it out.
    Testing,
}

impl Channel {
    /// `stable` or `testing`; the packages of `testing` are in a folder of that name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Stable => "stable",
            Channel::Testing => "testing",
        }
    }

    /// Whether whoever follows this channel is offered what is in another. Whoever tests has what is stable too.
    #[must_use]
    pub fn offers(self, other: Channel) -> bool {
        other <= self
    }
}

/// A URL that no repository can have.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("expected a URL that begins with http:// or https:// and has neither `?` nor `#`")]
pub struct InvalidRepository;

/// Where a repository is. Its URL may hold a user and a password, which are not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Where a file of it is.
    ///
    /// # Errors
    ///
    /// The name leads elsewhere.
    pub fn of(&self, file: &str) -> Result<Url, InvalidRepository> {
        let url = self.0.join(file).map_err(|_| InvalidRepository)?;
        url.as_str().starts_with(self.0.as_str()).then_some(url).ok_or(InvalidRepository)
    }

    /// A name for a folder of what is kept of it.
    #[must_use]
    pub fn folder(&self) -> String {
        hex::encode(&Sha256::digest(self.0.as_str())[..8])
    }
}

impl FromStr for Address {
    type Err = InvalidRepository;

    fn from_str(text: &str) -> Result<Address, InvalidRepository> {
        let mut url: Url = text.trim().parse().map_err(|_| InvalidRepository)?;
        let is_folder = url.query().is_none() && url.fragment().is_none() && url.has_host();
        if !is_folder || !["http", "https"].contains(&url.scheme()) {
            return Err(InvalidRepository);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Address(url))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.0.clone();
        // A URL with a host can do without both.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A repository that an administrator wants to be offered packages of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Where it is.
    pub address: Address,
    /// What of it is offered.
    pub channel: Channel,
    /// Whose signatures count for it, and nobody else's; empty: those that count everywhere.
    pub keys: Vec<TrustedKey>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_repository_are_below_it() {
        let address: Address = "https://u:secret@plugins.example.org/provd".parse().unwrap();
        assert_eq!(format!("{address} {address:?}"), ["https://plugins.example.org/provd/"; 2].join(" "));
        assert!(address.of("testing/a").unwrap().as_str().ends_with("@plugins.example.org/provd/testing/a"));
        for elsewhere in ["../a", "/a", "https://example.org/a", "//example.org/a", "a/../../b"] {
            assert_eq!(address.of(elsewhere), Err(InvalidRepository), "{elsewhere}");
        }
        assert_eq!(
            address.folder(),
            "https://u:secret@plugins.example.org/provd/".parse::<Address>().unwrap().folder()
        );
    }

    #[test]
    fn what_is_no_folder_on_a_web_server_is_refused() {
        for none in ["", "plugins", "ftp://h/", "http://h/?a", "http://h/#a", "file:///srv"] {
            assert_eq!(none.parse::<Address>(), Err(InvalidRepository), "{none}");
        }
    }

    #[test]
    fn whoever_tests_is_offered_all() {
        use Channel::{Stable, Testing};
        assert!(Testing.offers(Stable) && Testing.offers(Testing) && Stable.offers(Stable));
        assert!(!Stable.offers(Testing));
    }
}
