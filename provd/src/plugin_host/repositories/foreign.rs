//! The list of a repository of wazo-provd, `plugins.db`: which plugins there are, and in which archives. It has no signatures, so
//! who uses it trusts the server it comes from, and the network between.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::device::check_id;

/// Name of the list.
pub(super) const DATABASE: &str = "plugins.db";
/// Most plugins a list has.
const MOST_OFFERS: usize = 10_000;

/// A plugin of such a repository.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct ForeignOffer {
    #[serde(skip)]
    pub(super) id: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) capabilities: Map<String, Value>,
    /// Its archive, beside the list.
    pub(super) filename: String,
    /// Size of the archive in bytes.
    pub(super) dsize: u64,
    /// SHA-1 of the archive, in hexadecimal.
    pub(super) sha1sum: String,
}

impl ForeignOffer {
    /// Reads the list.
    pub(super) fn read(text: &str) -> Result<Vec<ForeignOffer>, String> {
        let offers: BTreeMap<String, ForeignOffer> =
            serde_json::from_str(text).map_err(|error| format!("this is no list of plugins: {error}"))?;
        if offers.len() > MOST_OFFERS {
            return Err(format!("the list has {} plugins, more than {MOST_OFFERS}", offers.len()));
        }
        let known = offers.into_iter().filter(|(id, _)| check_id(id).is_ok());
        Ok(known.map(|(id, offer)| ForeignOffer { id, ..offer }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_offer_is_read() {
        let text = r#"{"xivo-aastra-3.3.1-SP4": {"version": "1.4.1", "description": "Aastra", "dsize": 9455,
            "capabilities": {"Aastra, 6731i, 3.3.1": {"sip.lines": 6}}, "filename": "x.tar.bz2", "sha1sum": "0"},
            "../x": {"version": "1", "dsize": 1, "filename": "y", "sha1sum": "0"}}"#;
        let offers = ForeignOffer::read(text).unwrap();
        assert_eq!(offers.len(), 1, "what can be no plugin is left out");
        assert_eq!((offers[0].id.as_str(), offers[0].version.as_str()), ("xivo-aastra-3.3.1-SP4", "1.4.1"));
        assert_eq!((offers[0].filename.as_str(), offers[0].dsize), ("x.tar.bz2", 9455));
        assert!(offers[0].capabilities.contains_key("Aastra, 6731i, 3.3.1"));
        assert!(ForeignOffer::read("<html>").unwrap_err().contains("no list of plugins"));
    }
}
