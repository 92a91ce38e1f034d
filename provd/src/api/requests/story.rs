//! Everything that was decided about one request, as documents carry it.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::Object;

use super::{Summary, milliseconds, summary};
use crate::api::facts::{Facts, facts};
use crate::api::openapi::words;
use crate::domain::plugin::Support;
use crate::domain::request::RequestKind;
use crate::pipeline::{Outcome, RequestRecord, Tried};
use crate::provisioning::plugins::Vote;
use crate::provisioning::store::DeviceKey;

/// One request, and everything that was decided about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
pub(super) struct Story {
    #[serde(flatten)]
    summary: Summary,
    /// Method of an HTTP request.
    method: Option<&'static str>,
    /// User-Agent of an HTTP request.
    user_agent: Option<String>,
    /// Vendor class of a DHCP client.
    vendor_class: Option<String>,
    /// What plugins said of it.
    votes: Vec<Voted>,
    /// Whether all plugins that wanted to be asked were heard.
    heard: bool,
    /// What was concluded.
    facts: Facts,
    /// Each fact the device was looked for by, in order.
    retrieval: Vec<Attempt>,
    /// What this request changed of the device, for people.
    changes: Vec<String>,
    /// What each plugin said about supporting it, if they were asked.
    supports: Vec<Supporting>,
    /// The plugin it was routed to.
    route: Option<String>,
    /// The file that was answered, if it was one.
    file: Option<Answered>,
    steps: StepTimes,
}

/// What some plugins said of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestVote)]
struct Voted {
    /// Those that said so.
    plugins: Vec<String>,
    facts: Facts,
}

/// A fact the device was looked for by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestRetrieval)]
struct Attempt {
    #[schema(schema_with = keys)]
    by: &'static str,
    /// What it is.
    value: String,
    /// What came of it: `found`, `nobody`, or how many have it.
    result: String,
}

fn keys() -> Object {
    words("The fact.", &["mac", "sn", "uuid", "ip"])
}

/// What a plugin said about supporting the device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestSupport)]
struct Supporting {
    /// Its identifier.
    plugin: String,
    /// `none`, `improbable`, `unknown`, `probable`, `incomplete`, `complete` or `exact`; null if it could not be asked.
    support: Option<&'static str>,
}

/// A file that was answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestFile)]
struct Answered {
    /// In bytes.
    length: u64,
    /// Its validator.
    etag: String,
}

/// How long each step took.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestSteps)]
struct StepTimes {
    /// Asking plugins who it is.
    extract_ms: f64,
    /// Finding the device, and bringing its record up to date.
    identify_ms: f64,
    /// Asking its plugin what to answer, and fetching that.
    serve_ms: f64,
}

/// The story of a request.
pub(super) fn story(record: &RequestRecord) -> Story {
    let (method, user_agent, vendor_class) = match &record.concluded.request.kind {
        RequestKind::Http(http) => (Some(http.method), http.user_agent().map(str::to_owned), None),
        RequestKind::Tftp(_) => (None, None, None),
        RequestKind::Dhcp(dhcp) => (None, None, dhcp.vendor_class()),
    };
    Story {
        summary: summary(record),
        method,
        user_agent,
        vendor_class,
        votes: record.concluded.votes.iter().map(vote).collect(),
        heard: record.concluded.heard,
        facts: facts(&record.concluded.info),
        retrieval: record.concluded.identification.tried.iter().map(attempt).collect(),
        changes: record.concluded.identification.changes.clone(),
        supports: record.concluded.identification.supports.iter().map(support).collect(),
        route: record.concluded.route.clone(),
        file: file(&record.outcome),
        steps: StepTimes {
            extract_ms: milliseconds(record.steps.extract),
            identify_ms: milliseconds(record.steps.identify),
            serve_ms: milliseconds(record.steps.serve),
        },
    }
}

fn vote(vote: &Vote) -> Voted {
    Voted { plugins: vote.plugins.clone(), facts: facts(&vote.info) }
}

fn attempt((key, tried): &(DeviceKey, Tried)) -> Attempt {
    let (by, value) = match key {
        DeviceKey::Mac(mac) => ("mac", mac.to_string()),
        DeviceKey::Sn(sn) => ("sn", sn.clone()),
        DeviceKey::Uuid(uuid) => ("uuid", uuid.clone()),
        DeviceKey::Ip(ip) | DeviceKey::IpWithoutMac(ip) => ("ip", ip.to_string()),
    };
    let result = match tried {
        Tried::Nobody => "nobody".to_owned(),
        Tried::Found => "found".to_owned(),
        Tried::Ambiguous { having, fitting } => format!("{having} have it, {fitting} of them fit"),
    };
    Attempt { by, value, result }
}

fn support((plugin, support): &(String, Option<Support>)) -> Supporting {
    Supporting { plugin: plugin.clone(), support: support.map(Support::as_str) }
}

fn file(outcome: &Outcome) -> Option<Answered> {
    match outcome {
        Outcome::File { length, etag } => Some(Answered { length: *length, etag: etag.to_string() }),
        _ => None,
    }
}
