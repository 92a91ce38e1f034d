//! The story of one request, for an administrator who asks why a phone got what it got.
//!
//! What a phone sent is kept as it came, within the limits of its listener; file contents and raw configs never are.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::domain::answer::{Answer, Content};
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::Support;
use crate::domain::request::Request;
use crate::provisioning::plugins::{Vote, Votes};
use crate::provisioning::store::DeviceKey;

/// One request, and everything that was decided about it.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// Counts the requests since the server started, from 1; the log names it too.
    pub id: u64,
    /// When it arrived.
    pub at: SystemTime,
    /// What was asked.
    pub request: Request,
    /// What plugins said of it.
    pub votes: Arc<[Vote]>,
    /// Whether all plugins that wanted to be asked were heard.
    pub heard: bool,
    /// What was concluded.
    pub info: DeviceInfo,
    /// How the device was looked for, found, created and changed.
    pub identification: Identification,
    /// The device, if there is one.
    pub device: Option<String>,
    /// The plugin it was routed to.
    pub route: Option<String>,
    /// What was answered.
    pub outcome: Outcome,
    /// How long each step took.
    pub steps: Steps,
}

/// How the device was looked for, and what followed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identification {
    /// Each fact it was looked for by, in order, and what came of it.
    pub tried: Vec<(DeviceKey, Tried)>,
    /// Why it has no record although more than its address is known.
    pub refusal: Option<String>,
    /// Whether this request created it.
    pub created: bool,
    /// What this request changed of its record, for people.
    pub changes: Vec<String>,
    /// What each plugin said about supporting it, if they were asked; nothing from those that could not be.
    pub supports: Vec<(String, Option<Support>)>,
}

/// What came of looking for a device by one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// No device has it.
    Nobody,
    /// This is the device.
    Found,
    /// Devices have it, so many of which may be this phone, the others contradict its facts: not exactly one.
    Ambiguous {
        /// How many have it.
        having: usize,
        /// How many of them may be this phone.
        fitting: usize,
    },
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A file of so many bytes, with this validator.
    File {
        /// Size in bytes.
        length: u64,
        /// See [`crate::domain::answer::ServedFile::etag`].
        etag: String,
    },
    /// No such file for this phone.
    NotFound,
    /// Not for this phone.
    Forbidden,
    /// To be asked again later.
    Unavailable,
    /// Something failed.
    Failed,
    /// Nothing was to be answered.
    Nothing,
}

impl Outcome {
    /// What an answer amounts to.
    pub(super) fn of(answer: &Answer) -> Outcome {
        match answer {
            Answer::File(file) => {
                let length = match &file.content {
                    Content::Bytes(bytes) => bytes.len() as u64,
                    Content::OnDisk { length, .. } => *length,
                };
                Outcome::File { length, etag: file.etag.clone() }
            }
            Answer::NotFound => Outcome::NotFound,
            Answer::Forbidden => Outcome::Forbidden,
            Answer::Unavailable { .. } => Outcome::Unavailable,
            Answer::Failed => Outcome::Failed,
            Answer::Nothing => Outcome::Nothing,
        }
    }

    /// `file`, `not found`, `forbidden`, `unavailable`, `failed` or `nothing`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::File { .. } => "file",
            Outcome::NotFound => "not found",
            Outcome::Forbidden => "forbidden",
            Outcome::Unavailable => "unavailable",
            Outcome::Failed => "failed",
            Outcome::Nothing => "nothing",
        }
    }

    /// Whether the phone did not get what it asked for.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Outcome::File { .. } | Outcome::Nothing)
    }
}

/// How long each step took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Asking plugins who it is.
    pub extract: Duration,
    /// Finding the device, and bringing its record up to date.
    pub identify: Duration,
    /// Asking its plugin what to answer, and fetching that.
    pub serve: Duration,
}

/// The story while it is written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: u64,
    pub(super) at: SystemTime,
    pub(super) votes: Votes,
    pub(super) info: DeviceInfo,
    pub(super) identification: Identification,
    pub(super) device: Option<String>,
    pub(super) route: Option<String>,
    pub(super) steps: Steps,
}

impl Draft {
    pub(super) fn new(id: u64) -> Draft {
        Draft {
            id,
            at: SystemTime::now(),
            votes: Votes { votes: Arc::new([]), complete: true },
            info: DeviceInfo::default(),
            identification: Identification::default(),
            device: None,
            route: None,
            steps: Steps::default(),
        }
    }

    pub(super) fn ended(self, request: Request, outcome: Outcome) -> RequestRecord {
        let Draft { id, at, votes, info, identification, device, route, steps } = self;
        RequestRecord {
            id,
            at,
            request,
            votes: votes.votes,
            heard: votes.complete,
            info,
            identification,
            device,
            route,
            outcome,
            steps,
        }
    }
}
