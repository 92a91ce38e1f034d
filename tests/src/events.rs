//! A program that is told of events, as they are sent (HTML Standard §9.2).

use anyhow::{Context as _, Result, ensure};
use reqwest::Response;
use serde_json::Value;

use crate::{Api, within};

/// A stream of events.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    received: String,
}

/// An event that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What it is about.
    pub event: String,
    /// Its number, to go on from.
    pub id: String,
    /// What happened.
    pub data: Value,
}

impl EventStream {
    /// Begins to listen; after an event if one is named.
    pub async fn open(api: &Api, query: &str, after: Option<&str>) -> Result<EventStream> {
        let client = provd::tls::client()?.build()?;
        let request = client.get(format!("{}/0.2/events{query}", api.base()));
        let request = request.header("X-Auth-Token", api.token()).header("Accept", "text/event-stream");
        let request = after.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
        let response = within("a stream of events", request.send()).await??;
        ensure!(response.status().is_success(), "{response:?}");
        Ok(EventStream { response, received: String::new() })
    }

    /// The next event; nothing if the server ended the stream.
    pub async fn next(&mut self) -> Result<Option<Told>> {
        loop {
            if let Some(end) = self.received.find("\n\n") {
                let event: String = self.received.drain(..end + 2).collect();
                let told = parse(event.trim_end())?;
                if told.is_some() {
                    return Ok(told);
                }
                continue;
            }
            match within("an event", self.response.chunk()).await?? {
                Some(bytes) => self.received += std::str::from_utf8(&bytes)?,
                None => return Ok(None),
            }
        }
    }

    /// Waits for an event, whatever comes before it.
    pub async fn until(&mut self, what: &str, is_meant: impl Fn(&Told) -> bool) -> Result<Told> {
        let waiting = async {
            loop {
                let told = self.next().await?.with_context(|| format!("the stream ended before {what}"))?;
                if is_meant(&told) {
                    return Ok(told);
                }
            }
        };
        within(what, waiting).await?
    }
}

/// Comments are no events.
fn parse(event: &str) -> Result<Option<Told>> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let Some(data) = field("data: ") else { return Ok(None) };
    let event = field("event: ").context("an event without a name")?;
    Ok(Some(Told { event, id: field("id: ").unwrap_or_default(), data: serde_json::from_str(&data)? }))
}
