//! How the phones of a family boot: `tests/boot.toml`, read and checked as a whole before anything is asked.
//!
//! Nothing here knows a server. Texts stay as they are written, with their placeholders, until a phone fills them in.

use std::collections::BTreeMap;
use std::time::Duration;

use provd_proto::mac::Mac;
use serde_json::{Map, Value};

mod file;
mod text;

pub(super) use text::{Text, Values};

/// Where it is in the folder of a family.
pub(super) const PATH: &str = "tests/boot.toml";

/// A family whose phones can be played.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) vendor: String,
    /// Raw config of one phone; its texts have placeholders.
    pub(super) account: Map<String, Value>,
    pub(super) kinds: Vec<Kind>,
}

/// Phones that differ in nothing but who they are.
#[derive(Debug)]
pub(super) struct Kind {
    /// The plugin that serves them.
    pub(super) target: String,
    pub(super) model: String,
    /// The model as these phones spell it.
    pub(super) spelling: String,
    pub(super) version: String,
    pub(super) prefix: [u8; 3],
    pub(super) steps: Vec<Step>,
}

/// One thing a phone asks.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) ask: Ask,
    /// Time between the step before and this one.
    pub(super) pause: Duration,
    pub(super) expected: Expected,
    /// Texts that a file must hold.
    pub(super) contains: Vec<Text>,
    /// Whether no other phone may get the same file.
    pub(super) is_own: bool,
}

/// What is asked, and how.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Http {
        path: Text,
        headers: Vec<(String, Text)>,
    },
    Tftp {
        file: Text,
        options: Vec<(String, String)>,
    },
    /// A lease is told of, with these options of the client.
    Dhcp {
        options: BTreeMap<u8, Text>,
    },
}

/// What must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) end: End,
    /// Whether a file is as good as the end that is stated.
    pub(super) or_file: bool,
}

/// How a question ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A file came, or the lease was taken.
    File,
    /// Another status of HTTP.
    Status(u16),
    /// An error of TFTP (RFC 1350 §5).
    TftpError(u16),
}

impl Family {
    /// Reads what is in a boot.toml. The error says where it is wrong.
    pub(super) fn read(name: &str, text: &str) -> Result<Family, String> {
        file::read(name, text)
    }

    /// Kinds in an order in which each target has its turn early.
    pub(super) fn by_target(&self) -> Vec<Vec<usize>> {
        let mut targets: Vec<(&str, Vec<usize>)> = Vec::new();
        for (index, kind) in self.kinds.iter().enumerate() {
            match targets.iter_mut().find(|(target, _)| *target == kind.target) {
                Some((_, kinds)) => kinds.push(index),
                None => targets.push((&kind.target, vec![index])),
            }
        }
        targets.into_iter().map(|(_, kinds)| kinds).collect()
    }
}

impl Step {
    /// How it is called in reports: `HTTP /Aastra/{MAC}.cfg`.
    pub(super) fn label(&self) -> String {
        match &self.ask {
            Ask::Http { path, .. } => format!("HTTP {path}"),
            Ask::Tftp { file, .. } => format!("TFTP {file}"),
            Ask::Dhcp { .. } => "DHCP lease".to_owned(),
        }
    }
}

/// The first three octets of a MAC address.
fn prefix(text: &str) -> Option<[u8; 3]> {
    let [one, two, three, ..] = format!("{text}:00:00:01").parse::<Mac>().ok()?.octets();
    Some([one, two, three])
}

#[cfg(test)]
mod tests;
