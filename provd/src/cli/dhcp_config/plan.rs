//! All that a snippet is written from, whatever the server: what plugins state of vendor classes and of MAC addresses, and
//! what the administrator should know about it.

use std::collections::{BTreeMap, BTreeSet};

use super::advertised::Advertised;
use super::classes::{Class, Distinction, Matcher, Statements};
use super::value::Value;
use crate::domain::dhcp::{DhcpHint, HintText};

/// Hints by plugin; nothing of a plugin that never was ready.
pub(super) type Hints = BTreeMap<String, Option<Vec<DhcpHint>>>;

/// What plugins state.
#[derive(Debug, Default)]
pub(super) struct Plan {
    vendor: Statements,
    mac: Statements,
    remarks: Vec<String>,
}

/// Classes as one server tells them apart, in the order in which they are to be tried.
#[derive(Debug)]
pub(super) struct Order {
    /// By vendor class, those that say more first.
    pub(super) vendor: Vec<Class>,
    /// By MAC prefix, for clients that are in none of the others.
    pub(super) mac: Vec<Class>,
}

impl Plan {
    /// Takes over what a server can hand out, and remarks on the rest.
    pub(super) fn new(hints: &Hints, own: &Advertised) -> Plan {
        let mut plan = Plan::default();
        let mut left_out = BTreeSet::new();
        for (plugin, hints) in hints {
            let Some(hints) = hints else {
                plan.remarks.push(format!(
                    "Plugin {plugin} has not been ready since provd started: its phones are missing here. See `provd \
                     plugin show {plugin}`, and make this file again."
                ));
                continue;
            };
            for hint in hints {
                let options = resolve(plugin, hint, own, &mut left_out);
                plan.state(plugin, hint, &options);
            }
        }
        plan.remarks.extend(left_out);
        plan.remarks.extend(plan.vendor.remarks(|class| String::from_utf8_lossy(class).into_owned()));
        plan.remarks.extend(plan.mac.remarks(octets));
        if let Some(port) = own.strange_tftp_port {
            plan.remarks.push(format!(
                "Phones ask port 69 for TFTP, but provd listens on port {port}: let it listen on port 69 with --tftp."
            ));
        }
        plan
    }

    fn state(&mut self, plugin: &str, hint: &DhcpHint, options: &BTreeMap<u8, Value>) {
        for (classes, is_exact) in [(&hint.vendor_classes, true), (&hint.vendor_class_prefixes, false)] {
            for class in classes {
                self.vendor.add(&Matcher { bytes: latin1(class), is_exact }, plugin, options);
            }
        }
        for prefix in &hint.mac_prefixes {
            let matcher = Matcher { bytes: prefix.octets().to_vec(), is_exact: false };
            self.mac.add(&matcher, plugin, options);
        }
    }

    /// What the administrator should know.
    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The classes for a server that makes this distinction.
    pub(super) fn order(&self, distinction: Distinction) -> Order {
        Order { vendor: self.vendor.classes(distinction, ""), mac: self.mac.classes(distinction, ".mac") }
    }
}

impl Order {
    /// The codes of all options that any class gets, in order.
    pub(super) fn codes(&self) -> BTreeSet<u8> {
        self.vendor.iter().chain(&self.mac).flat_map(|class| class.options.keys().copied()).collect()
    }
}

fn resolve(
    plugin: &str,
    hint: &DhcpHint,
    own: &Advertised,
    left_out: &mut BTreeSet<String>,
) -> BTreeMap<u8, Value> {
    let mut options = BTreeMap::new();
    for (code, stated) in &hint.options {
        match Value::resolve(*code, stated, own) {
            Ok(value) => {
                options.insert(code.number(), value);
            }
            Err(why) => {
                left_out.insert(format!("Option {} of plugin {plugin} is left out: {why}.", code.number()));
            }
        }
    }
    options
}

/// As phones send it: provd reads vendor classes as Latin-1.
fn latin1(text: &HintText) -> Vec<u8> {
    let bytes: Result<Vec<u8>, _> = text.as_str().chars().map(u8::try_from).collect();
    bytes.unwrap_or_else(|_| text.as_str().as_bytes().to_vec())
}

/// `00:08:5d`
pub(super) fn octets(bytes: &[u8]) -> String {
    let octets: Vec<String> = bytes.iter().map(|octet| format!("{octet:02x}")).collect();
    octets.join(":")
}
