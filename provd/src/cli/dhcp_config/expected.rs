//! What each kind of phone is to be given, for whoever wants to see whether it is.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::super::client::Client;
use super::super::failure::Failure;
use super::advertised::Advertised;
use super::classes::{Class, Distinction};
use super::plan::{Hints, Plan};

/// One client of a class, and what it is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Expected {
    /// Who it is, for people: `AastraIPPhone (aastra-3.2.2.1136)`.
    pub(in super::super) name: String,
    /// By what it is known.
    pub(in super::super) shown: Shown,
    /// Options by code, as they are sent, and in words.
    pub(in super::super) options: BTreeMap<u8, (Vec<u8>, String)>,
}

/// By what a DHCP server knows a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Shown {
    /// Its vendor class identifier (option 60).
    VendorClass(Vec<u8>),
    /// The beginning of its MAC address.
    MacPrefix(Vec<u8>),
}

/// One client of each class, from a server's document of DHCP hints.
pub(in super::super) fn expected(document: &Json, client: &Client) -> Result<Vec<Expected>, Failure> {
    let hints: Hints = super::hints(document, client)?;
    let own = Advertised::new(None, None, document, client)?;
    let order = Plan::new(&hints, &own).order(Distinction::Exact);
    let vendor = order.vendor.iter().filter_map(|class| of(class, Shown::VendorClass));
    let mac = order.mac.iter().filter_map(|class| of(class, Shown::MacPrefix));
    let mut seen = HashSet::new();
    Ok(vendor.chain(mac).filter(|one| seen.insert(one.name.clone())).collect())
}

fn of(class: &Class, shown: impl Fn(Vec<u8>) -> Shown) -> Option<Expected> {
    let bytes = &class.matchers.first()?.bytes;
    let shown = shown(bytes.clone());
    let who = match &shown {
        Shown::VendorClass(class) => class.escape_ascii().to_string(),
        Shown::MacPrefix(prefix) => super::plan::octets(prefix),
    };
    let plugins: Vec<&str> = class.plugins.iter().map(String::as_str).collect();
    let options = class.options.iter();
    let options = options.map(|(code, value)| (*code, (value.bytes(), value.meaning(*code)))).collect();
    Some(Expected { name: format!("{who} ({})", plugins.join(", ")), shown, options })
}
