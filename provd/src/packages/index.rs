//! The list of packages that a repository offers: a file beside them, on any web server.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Channel;
use super::contents::{InvalidContents, check_version};
use crate::domain::device::check_id;

/// Name of its file, in the folder of the repository.
pub const INDEX: &str = "index.json";
/// The only format there is.
const FORMAT: u32 = 1;
/// Most packages a repository has.
const MOST_OFFERS: usize = 10_000;

/// What a repository offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Format of the list: 1.
    pub format: u32,
    /// Seconds since 1970 at which it was made: an older list than the last one is not believed.
    pub made: u64,
    /// Its packages, by identifier and version.
    pub packages: Vec<Offer>,
}

/// A package of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The plugin.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One line about it.
    #[serde(default)]
    pub description: String,
    /// How well tried it is.
    #[serde(default)]
    pub channel: Channel,
    /// The package's file, relative to the list: its name, or `testing/` and its name.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A list that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidIndex {
    /// It is no list.
    #[error("this is no index of plugins: {0}")]
    Unreadable(String),
    /// It was made for another provd.
    #[error("the index has format {0}, and this provd reads format {FORMAT}: upgrade provd")]
    Format(u32),
    /// It is too long.
    #[error("the index has {0} packages, more than {MOST_OFFERS}")]
    Long(usize),
    /// One of its packages cannot be.
    #[error("the index offers {id} as {file}: {why}")]
    Offer {
        /// Which plugin.
        id: String,
        /// In which file.
        file: String,
        /// What is wrong.
        why: String,
    },
}

impl Index {
    /// Lists packages.
    #[must_use]
    pub fn new(made: u64, mut packages: Vec<Offer>) -> Index {
        packages.sort_by(|one, other| (&one.id, &one.version).cmp(&(&other.id, &other.version)));
        Index { format: FORMAT, made, packages }
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// What cannot be an index.
    pub fn parse(text: &[u8]) -> Result<Index, InvalidIndex> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let unreadable = |error: serde_json::Error| InvalidIndex::Unreadable(error.to_string());
        let Head { format } = serde_json::from_slice(text).map_err(unreadable)?;
        if format != FORMAT {
            return Err(InvalidIndex::Format(format));
        }
        let index: Index = serde_json::from_slice(text).map_err(unreadable)?;
        if index.packages.len() > MOST_OFFERS {
            return Err(InvalidIndex::Long(index.packages.len()));
        }
        index.packages.iter().try_for_each(Offer::check)?;
        Ok(index)
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// Never, in fact: text and numbers can be written.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

impl Offer {
    fn check(&self) -> Result<(), InvalidIndex> {
        let refused = |why: String| InvalidIndex::Offer { id: self.id.clone(), file: self.file.clone(), why };
        check_id(&self.id).map_err(|why| refused(why.to_string()))?;
        check_version(&self.version).map_err(|why: InvalidContents| refused(why.to_string()))?;
        if !is_name(self.file.strip_prefix("testing/").unwrap_or(&self.file)) {
            return Err(refused("expected the plain name of a file".to_owned()));
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refused("expected 64 hexadecimal digits of SHA-256".to_owned()));
        }
        Ok(())
    }
}

fn is_name(file: &str) -> bool {
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b".-+~_".contains(&byte);
    !file.is_empty() && !file.starts_with('.') && file.bytes().all(may_be)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Offer {
        Offer {
            id: "a-1".to_owned(),
            version: "1.0.0".to_owned(),
            description: "Phones".to_owned(),
            channel: Channel::Stable,
            file: "a-1_1.0.0.provd.tar.gz".to_owned(),
            size: 7,
            sha256: "0".repeat(64),
        }
    }

    #[test]
    fn an_index_is_written_and_read() {
        let testing = Offer { file: "testing/b".to_owned(), channel: Channel::Testing, ..offer() };
        let index = Index::new(1, vec![Offer { id: "b".to_owned(), ..testing }, offer()]);
        assert_eq!(index.packages[0].id, "a-1");
        assert_eq!(Index::parse(&index.to_json().unwrap()), Ok(index));
    }

    #[test]
    fn what_leads_elsewhere_or_means_nothing_is_refused() {
        let parsed = |index: &Index| Index::parse(&index.to_json().unwrap());
        for file in ["", "../a", "http://x/a", ".hidden", "a/b", "testing/", "testing/../a"] {
            let refused =
                parsed(&Index::new(1, vec![Offer { file: file.to_owned(), ..offer() }])).unwrap_err();
            assert!(refused.to_string().contains("plain name"), "{refused}");
        }
        for wrong in [
            Offer { id: "../a".to_owned(), ..offer() },
            Offer { version: "1/2".to_owned(), ..offer() },
            Offer { sha256: "x".repeat(64), ..offer() },
        ] {
            assert!(parsed(&Index::new(1, vec![wrong])).is_err());
        }
        assert_eq!(Index::parse(br#"{"format": 2}"#), Err(InvalidIndex::Format(2)));
        assert!(matches!(Index::parse(b"<html>"), Err(InvalidIndex::Unreadable(_))));
    }
}
