//! What was decided about requests, so that the like of them need not be thought about again.
//!
//! A decision rests on what plugins say of such a request and of its device, on the record of the device, and on the files
//! and configs behind it. It holds as long as none of them changed, to the letter: what is answered from here is what would
//! be answered anew. What only waiting can tell, what changes a record, and what plugins do not allow to be remembered is
//! never decided here. Files on disk are opened anew each time.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::record::Conclusion;
use super::serve::of_type;
use crate::domain::answer::{Answer, Content, ServedFile};
use crate::domain::device::Device;
use crate::domain::metadata::Metadata;
use crate::domain::plugin::FileReference;
use crate::domain::provenance::Source;
use crate::domain::request::Request;
use crate::provisioning::Provisioning;
use crate::provisioning::basis::{Basis, Moment};
use crate::provisioning::plugins::Shape;

/// Bytes that decisions may take together.
const BYTES: u64 = 16 << 20;
/// In so many parts: what is larger than one of them is not remembered.
const SHARDS: usize = 4;
/// What a decision takes besides its key and the file it answers with, in bytes. Most of it is the device, which nobody else
/// may keep any more.
const OVERHEAD: usize = 3072;
/// Longest key of a decision, in bytes. No phone's is as long, and whoever makes them up is not to fill the memory.
const LONGEST: usize = 2048;

/// What was decided, by everything in a request that plugins look at, and its address.
#[derive(Debug)]
pub(super) struct Recollection {
    decisions: Cache<String, Arc<Decision>, Size>,
}

/// What a decision takes of the memory.
#[derive(Debug, Clone)]
struct Size;

/// When what a decision rests on began to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    /// How many changes of plugins there had been.
    pub(super) plugins: u64,
    pub(super) store: Moment,
}

/// What was decided about a request.
#[derive(Debug)]
pub(super) struct Decision {
    /// How many changes of plugins there had been.
    pub(super) plugins: u64,
    /// What was read from the store.
    pub(super) basis: Basis,
    pub(super) concluded: Arc<Conclusion>,
    pub(super) device: Arc<Device>,
    pub(super) plugin: String,
    pub(super) given: Given,
    /// Whether the file holds secrets.
    pub(super) is_sensitive: bool,
    /// Whether to have fetched it proves that the phone has its configuration.
    pub(super) is_trigger: bool,
}

/// What is given.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// A file in memory: generated, or made on the spot.
    Memory { content: Bytes, metadata: Arc<Metadata> },
    /// A static file of the plugin.
    Served { path: String, media_type: Option<String> },
    /// A file of its firmware by the path that is asked for, if there is one.
    Firmware,
}

impl Given {
    /// What can be given again without asking, of what a plugin said and what became of it.
    pub(super) fn again(reference: &FileReference, answer: &Answer) -> Option<Given> {
        match (reference, answer) {
            (
                FileReference::Generated(_) | FileReference::Inline(_),
                Answer::File(ServedFile { content: Content::Bytes(content), metadata }),
            ) => Some(Given::Memory { content: content.clone(), metadata: metadata.clone() }),
            (FileReference::Served { path, media_type }, _) => {
                Some(Given::Served { path: path.clone(), media_type: media_type.clone() })
            }
            (FileReference::NotFound, _) => Some(Given::Firmware),
            _ => None,
        }
    }

    /// The answer.
    fn answer(&self, plugin: &str, request: &Request, provisioning: &Provisioning) -> Answer {
        let plugins = provisioning.plugins();
        let file = match self {
            Given::Memory { content, metadata } => {
                Some(ServedFile { content: Content::Bytes(content.clone()), metadata: metadata.clone() })
            }
            Given::Served { path, media_type } => {
                plugins.open_served(plugin, path).map(|file| of_type(file, media_type.as_deref()))
            }
            Given::Firmware => plugins.open_firmware(plugin, request.kind.path().unwrap_or_default()),
        };
        file.map_or(Answer::NotFound, Answer::File)
    }

    /// Bytes of memory it keeps.
    fn size(&self) -> usize {
        match self {
            Given::Memory { content, .. } => content.len(),
            Given::Served { path, .. } => path.len(),
            Given::Firmware => 0,
        }
    }
}

impl Decision {
    /// What it comes to for such a request.
    pub(super) fn answer(&self, request: &Request, provisioning: &Provisioning) -> Answer {
        self.given.answer(&self.plugin, request, provisioning)
    }
}

impl Default for Recollection {
    fn default() -> Recollection {
        Recollection { decisions: Cache::with_weighter(SHARDS * 32, BYTES, Size) }
    }
}

impl Weighter<String, Arc<Decision>> for Size {
    fn weight(&self, key: &String, decision: &Arc<Decision>) -> u64 {
        (key.len() + decision.given.size() + OVERHEAD) as u64
    }
}

impl Recollection {
    /// What was decided about such a request, if it still holds.
    pub(super) fn recall(&self, request: &Request, provisioning: &Provisioning) -> Option<Arc<Decision>> {
        let shape = provisioning.plugins().shape(request)?;
        let changes = shape.changes;
        let decision = self.decisions.get(&key(shape, request))?;
        let holds = decision.plugins == changes && provisioning.store().still_holds(&decision.basis);
        holds.then_some(decision)
    }

    /// Remembers what was decided about a request, unless plugins have changed meanwhile.
    pub(super) fn remember(&self, request: &Request, provisioning: &Provisioning, decision: Decision) {
        let shape = provisioning.plugins().shape(request).filter(|shape| shape.changes == decision.plugins);
        let key = shape.map(|shape| key(shape, request)).filter(|key| key.len() <= LONGEST);
        if let Some(key) = key {
            self.decisions.insert(key, Arc::new(decision));
        }
    }
}

/// The address is a fact about the phone too, and on what the others rest counts: a phone that says who it is, or the name
/// of a file. What is shown of a request has its method.
fn key(shape: Shape, request: &Request) -> String {
    let mut key = shape.text;
    match request.ip {
        IpAddr::V4(ip) => key.extend(ip.octets().map(char::from)),
        IpAddr::V6(ip) => key.extend(ip.octets().map(char::from)),
    }
    key.push(if Source::of(request) == Source::FileName { 'f' } else { 'p' });
    key.push(if request.is_head() { 'h' } else { 'g' });
    key
}
