//! Events as they happen, as server-sent events (HTML Standard §9.2).
//!
//! A tenant hears of devices it sees, of operations begun in its name, of requests of its devices, and of configs it may read. A stream ends after an
//! hour: whoever goes on shows a token again, and misses nothing by naming the last event.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use futures_util::{FutureExt as _, Stream};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use utoipa_axum::routes;

use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, permission, rfc_3339};
use crate::access::Revocation;
use crate::domain::access::Principal;
use crate::domain::event::{DeviceSubject, Event, RequestSubject, Subject, Topic};
use crate::domain::operation::Operation;
use crate::provisioning::events::{Heard, Listener};

/// Where a client that comes back says which event was its last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Keeps reverse proxies from collecting what should be told at once.
const BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
/// Time between two comments when nothing happens, so that nobody on the way thinks the connection dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Longest life of a stream.
const LIFETIME: Duration = Duration::from_hours(1);

pub(super) fn routes() -> Routes {
    vec![routes!(stream)]
}

/// Events as they happen.
///
/// Each has a topic, a number and a document: `{"action": "created", "at": …, "id": …}` and what is worth knowing of its
/// subject. A `gap` says that events after `Last-Event-ID` are not known any more, `lagged` how many a slow client missed;
/// both mean: read again what matters. A comment comes every 15 seconds in which nothing happens. The stream ends after an
/// hour.
#[utoipa::path(
    get, path = "/0.2/events", tag = "events",
    params(
        ("topics" = Option<String>, Query, description = "Only these, with commas between them: `device`, `config`, `plugin`, `operation`, `request`"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that was heard: those after it are told first"),
    ),
    responses((status = 200, body = String, content_type = "text/event-stream", description = "The events")),
)]
async fn stream(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(principal): Extension<Principal>,
    Extension(revocation): Extension<Revocation>,
    headers: HeaderMap,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(sent, &["topics"])?;
    let topics = topics(parameters.text("topics"))?;
    let after = last_heard(&headers)?;
    let listener =
        api.provisioning.events().listen(after).map_err(|deaf| Problem::unavailable(deaf.to_string()))?;
    let revoked = revocation.revoked().boxed();
    let frames = frames(Hearing { api, tenant, principal, revoked, topics, listener });
    let stream = Sse::new(frames).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(([BUFFERING], stream).into_response())
}

fn topics(wanted: Option<&str>) -> Result<BTreeSet<&'static str>, Problem> {
    let all = Topic::ALL.map(Topic::as_str);
    let Some(wanted) = wanted else { return Ok(all.into()) };
    let known = |word: &str| {
        let unknown = || {
            let all = all.join(", ");
            Problem::Invalid(format!("topics: `{}` is none of {all}", word.escape_debug()))
        };
        all.into_iter().find(|topic| *topic == word).ok_or_else(unknown)
    };
    wanted.split(',').map(|word| known(word.trim())).collect()
}

fn last_heard(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(last) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let last = last.to_str().ok().and_then(|last| last.parse().ok());
    last.map(Some).ok_or_else(|| Problem::Invalid("Last-Event-ID must be the id of an event".to_owned()))
}

/// One that listens, and what it may hear.
struct Hearing {
    api: ApiState,
    tenant: Tenant,
    principal: Principal,
    revoked: BoxFuture<'static, ()>,
    topics: BTreeSet<&'static str>,
    listener: Listener,
}

fn frames(hearing: Hearing) -> impl Stream<Item = Result<Frame, Infallible>> {
    let end = Instant::now() + LIFETIME;
    unfold(hearing, move |mut hearing| async move {
        loop {
            let heard = tokio::select! {
                biased;
                () = &mut hearing.revoked => return None,
                heard = timeout_at(end, hearing.listener.next()) => heard.ok()??,
            };
            if let Some(frame) = hearing.frame(&heard) {
                return Some((Ok(frame), hearing));
            }
        }
    })
}

impl Hearing {
    /// What is told of it; nothing if it is not for this client.
    fn frame(&self, heard: &Heard) -> Option<Frame> {
        match heard {
            Heard::Event(event) => {
                let topic = event.subject.topic().as_str();
                let frame = || {
                    let data = describe(event).to_string();
                    Frame::default().event(topic).id(event.sequence.to_string()).data(data)
                };
                (self.topics.contains(topic) && self.may_hear(&event.subject)).then(frame)
            }
            Heard::Gap => {
                let reason = "what happened since Last-Event-ID is not known any more";
                Some(Frame::default().event("gap").data(json!({"reason": reason}).to_string()))
            }
            Heard::Lagged(missed) => {
                Some(Frame::default().event("lagged").data(json!({"missed": missed}).to_string()))
            }
        }
    }

    /// Plugins are everybody's. Configs are whoever's that may read them: a tenant could have what is in one made into a file
    /// for a phone of its own, if it knew the identifier.
    fn may_hear(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Plugin { .. } => true,
            Subject::Config(id) => {
                self.tenant.is_master() || self.principal.permissions.grant(&permission::to_read_config(id))
            }
            Subject::Device(device) => self.tenant.answers_for(device.tenant.as_deref()),
            Subject::Operation(operation) => {
                let tenant = self.api.provisioning.operations().tenant_of(operation.number);
                self.tenant.answers_for(tenant.as_deref())
            }
            Subject::Request(request) => match &request.device {
                Some((_, tenant)) => self.tenant.answers_for(tenant.as_deref()),
                None => self.tenant.is_master(),
            },
        }
    }
}

fn describe(event: &Event) -> Value {
    let mut document = json!({"action": event.action.as_str(), "at": rfc_3339(event.at)});
    let subject = match &event.subject {
        Subject::Config(id) => json!({"id": id}),
        Subject::Plugin { id, state, reason } => json!({"id": id, "state": state, "reason": reason}),
        Subject::Device(device) => describe_device(device),
        Subject::Operation(operation) => describe_operation(operation),
        Subject::Request(request) => describe_request(request),
    };
    if let (Value::Object(document), Value::Object(subject)) = (&mut document, subject) {
        document.extend(subject);
    }
    document
}

fn describe_device(device: &DeviceSubject) -> Value {
    json!({
        "id": device.id,
        "tenant_uuid": device.tenant,
        "mac": device.mac.map(|mac| mac.to_string()),
        "plugin": device.plugin,
        "config": device.config,
        "configured": device.configured,
        "reason": device.reason,
    })
}

fn describe_operation(operation: &Operation) -> Value {
    json!({
        "id": operation.number,
        "path": format!("{}/{}", operation.collection, operation.number),
        "what": operation.what,
        "status": operation.progress.to_string(),
        "state": operation.progress.stage.as_str(),
        "current": operation.progress.current,
        "end": operation.progress.end,
        "failed": operation.failed,
        "reason": operation.reason,
    })
}

fn describe_request(request: &RequestSubject) -> Value {
    let microseconds = u32::try_from(request.took.as_micros()).unwrap_or(u32::MAX);
    json!({
        "id": request.id,
        "protocol": request.protocol,
        "ip": request.ip,
        "path": request.path,
        "device": request.device.as_ref().map(|(device, _)| device),
        "plugin": request.plugin,
        "outcome": request.outcome,
        "created": request.created,
        "refusal": request.refusal,
        "milliseconds": f64::from(microseconds) / 1e3,
    })
}
