//! The story of one request, for an administrator who asks why a phone got what it got.
//!
//! Of what a phone sent only that is kept which is shown: no header but the User-Agent, no query, of long paths their
//! beginning. File contents and raw configs never are.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::recollection::{Given, Since};
use crate::domain::answer::{Answer, Content};
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::Support;
use crate::domain::request::{HttpRequest, Request, RequestKind, TftpRequest};
use crate::provisioning::plugins::{Vote, Votes};
use crate::provisioning::store::DeviceKey;

/// Characters of a path and of a User-Agent that are kept.
const SHOWN: usize = 1_000;

/// One request, and everything that was decided about it.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// Counts the requests since the server started, from 1; the log names it too.
    pub id: u64,
    /// When it arrived.
    pub at: SystemTime,
    /// What was asked, and what was made of it.
    pub concluded: Arc<Conclusion>,
    /// What was answered.
    pub outcome: Outcome,
    /// How long each step took.
    pub steps: Steps,
}

/// What was asked and who asked, as far as it could be told, and how. Requests about which that was known already share it.
#[derive(Debug, Clone)]
pub struct Conclusion {
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
        /// See [`crate::domain::metadata::Metadata::etag`].
        etag: Arc<str>,
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
                Outcome::File { length, etag: file.metadata.etag.clone() }
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
    pub(super) since: Since,
    pub(super) at: SystemTime,
    pub(super) votes: Votes,
    pub(super) info: DeviceInfo,
    pub(super) identification: Identification,
    pub(super) device: Option<String>,
    /// The tenant that claimed the device.
    pub(super) tenant: Option<String>,
    pub(super) route: Option<String>,
    pub(super) steps: Steps,
    /// What can be given to the next that asks the same, by its device.
    pub(super) given: Option<(Given, Arc<Device>)>,
    concluded: Option<Arc<Conclusion>>,
}

impl Draft {
    pub(super) fn new(id: u64, since: Since) -> Draft {
        Draft {
            id,
            since,
            at: SystemTime::now(),
            votes: Votes { votes: Arc::new([]), complete: true, may_be_remembered: false },
            info: DeviceInfo::default(),
            identification: Identification::default(),
            device: None,
            tenant: None,
            route: None,
            steps: Steps::default(),
            given: None,
            concluded: None,
        }
    }

    /// What is known of a request by now, which nothing is added to from here on.
    pub(super) fn conclude(&mut self, request: &Request) -> Arc<Conclusion> {
        let concluded = self.concluded.take().unwrap_or_else(|| {
            Arc::new(Conclusion {
                request: shown(request),
                votes: self.votes.votes.clone(),
                heard: self.votes.complete,
                info: std::mem::take(&mut self.info),
                identification: std::mem::take(&mut self.identification),
                device: self.device.take(),
                route: self.route.take(),
            })
        });
        self.concluded = Some(concluded.clone());
        concluded
    }

    pub(super) fn ended(mut self, request: &Request, outcome: Outcome) -> RequestRecord {
        let concluded = self.conclude(request);
        RequestRecord { id: self.id, at: self.at, concluded, outcome, steps: self.steps }
    }
}

/// What of a request is shown. The rest may be a secret, and would be most of the memory that the last requests take.
fn shown(request: &Request) -> Request {
    let kind = match &request.kind {
        RequestKind::Http(http) => RequestKind::Http(HttpRequest {
            method: http.method,
            path: beginning(&http.path).to_owned(),
            query: String::new(),
            headers: http.user_agent().map(|agent| ("user-agent", beginning(agent))).into_iter().collect(),
        }),
        RequestKind::Tftp(tftp) => {
            RequestKind::Tftp(TftpRequest { filename: beginning(&tftp.filename).to_owned() })
        }
        RequestKind::Dhcp(dhcp) => RequestKind::Dhcp(dhcp.clone()),
    };
    Request { ip: request.ip, kind }
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(SHOWN).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioning::basis::Moment;

    #[test]
    fn of_a_request_only_what_is_shown_is_kept() {
        let agent = "a".repeat(5_000);
        let http = HttpRequest {
            method: "GET",
            path: format!("/{}", "é".repeat(5_000)),
            query: "key=secret".to_owned(),
            headers: [("authorization", "secret"), ("user-agent", agent.as_str())].into(),
        };
        let request = Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) };
        let since = Since { plugins: 0, store: Moment { writes: 0, config_writes: 0 } };
        let record = Draft::new(1, since).ended(&request, Outcome::NotFound);
        let RequestKind::Http(kept) = &record.concluded.request.kind else { panic!("{record:?}") };
        assert_eq!(kept.path.chars().count(), SHOWN);
        assert_eq!(kept.user_agent().map(str::len), Some(SHOWN));
        assert!(kept.headers.iter().count() == 1 && kept.query.is_empty(), "{kept:?}");
    }
}
