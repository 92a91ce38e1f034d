//! `provd events`: what happens on the server, a line each, until the administrator has seen enough.
//!
//! When the connection ends it is made again, from the last event on: nothing is missed, or it is said that something was.

mod frame;

use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::EXIT_CODES;
use super::client::Client;
use super::connection::Connection;
use super::failure::Failure;
use super::moment::time_of_day;
use super::output::Output;
use super::print;
use super::table::{field, harmless};
use frame::{Frame, Frames};

/// Longest silence: the server sends something every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// Pause before the connection is made again; it doubles while that fails.
const SOONEST: Duration = Duration::from_millis(500);
const LATEST: Duration = Duration::from_secs(30);
/// Status of a server that is busy, or has enough listeners.
const UNAVAILABLE: u16 = 503;

const EXAMPLES: &str = "\
Examples:
  provd events
  provd events --topic device --topic plugin
  provd events --json | jq 'select(.data.action == \"failed\")'";

/// `provd events`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct EventsCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// Only events of this kind; may be repeated
    #[arg(long = "topic", value_name = "TOPIC",
        value_parser = ["device", "config", "plugin", "operation", "request"])]
    pub(super) topics: Vec<String>,
}

/// How a connection ended.
enum End {
    /// Nobody reads any more.
    Unread,
    /// The server, or the way to it.
    Broken,
}

/// Prints until nobody reads any more, or the server cannot be asked. Once it was, that it is away for a while is no reason
/// to give up.
pub(super) async fn execute(topics: &[String], client: &Client, json: bool) -> Result<Output, Failure> {
    let path =
        if topics.is_empty() { "/events".to_owned() } else { format!("/events?topics={}", topics.join(",")) };
    let mut last = None;
    let (mut was_there, mut is_told) = (false, false);
    let mut pause = SOONEST;
    loop {
        match follow(&path, client, json, &mut last).await {
            Ok(End::Unread) => return Ok(Output::said("")),
            Ok(End::Broken) => (was_there, is_told, pause) = (true, false, SOONEST),
            Err(failure) if was_there && is_passing(&failure) => {
                if !is_told {
                    // If stderr is closed there is nobody to tell.
                    let _ =
                        writeln!(io::stderr(), "provd: the connection is lost; it is tried again and again");
                    is_told = true;
                }
                pause = (pause * 2).min(LATEST);
            }
            Err(failure) => return Err(failure),
        }
        sleep(pause).await;
    }
}

fn is_passing(failure: &Failure) -> bool {
    matches!(failure, Failure::Unreachable { .. } | Failure::Refused { status: UNAVAILABLE, .. })
}

async fn follow(path: &str, client: &Client, json: bool, last: &mut Option<String>) -> Result<End, Failure> {
    let mut stream = client.events(path, last.as_deref()).await?;
    let mut frames = Frames::default();
    while let Ok(Ok(Some(bytes))) = timeout(SILENCE, stream.chunk()).await {
        let complete = frames.take(&bytes).ok_or_else(|| client.not_provd("what it sends are no events"))?;
        for frame in complete {
            if frame.id.is_some() {
                last.clone_from(&frame.id);
            }
            if !print(&Output::said(&shown(&frame, json)))? {
                return Ok(End::Unread);
            }
        }
    }
    Ok(End::Broken)
}

fn shown(frame: &Frame, json: bool) -> String {
    let data: Value = serde_json::from_str(&frame.data).unwrap_or_default();
    if !json {
        return line(&frame.event, &data);
    }
    let id = frame.id.as_ref().and_then(|id| id.parse::<u64>().ok());
    json!({"event": frame.event, "id": id, "data": data}).to_string()
}

/// `12:00:01.250 device configured 00085d237429 plugin=aastra-3.2.2.1136`
fn line(event: &str, data: &Value) -> String {
    let told = |keys: &[&str]| -> String {
        let known = keys.iter().map(|key| (key, field(data, key))).filter(|(_, value)| !value.is_empty());
        known.fold(String::new(), |told, (key, value)| told + " " + key + "=" + &value)
    };
    let details = match event {
        "device" => told(&["mac", "plugin", "config", "configured", "reason"]),
        "plugin" => told(&["state", "reason"]),
        "operation" => told(&["what", "status", "reason"]),
        "request" => {
            told(&["protocol", "ip", "path", "outcome", "device", "plugin", "refusal", "milliseconds"])
        }
        "gap" => " events were missed: they are not known any more".to_owned(),
        "lagged" => format!(" {} events were missed: they came too fast", field(data, "missed")),
        _ => String::new(),
    };
    let start = [time_of_day(&field(data, "at")), event.to_owned(), field(data, "action"), field(data, "id")];
    let start: Vec<&str> = start.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    harmless(&format!("{}{details}", start.join(" "))).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(event: &str, id: Option<&str>, data: &Value) -> Frame {
        Frame { event: event.to_owned(), id: id.map(str::to_owned), data: data.to_string() }
    }

    #[test]
    fn an_event_is_a_line_whatever_is_in_it() {
        let data = json!({"action": "failed", "at": "2026-03-01T12:00:01.250Z", "id": "a", "mac": null,
            "configured": false, "reason": "no\nline\u{1b}[2J"});
        let line = shown(&frame("device", Some("1"), &data), false);
        assert_eq!(line, "12:00:01.250 device failed a configured=false reason=no line\\u{1b}[2J");
        let gap = shown(&frame("gap", None, &json!({"reason": "x"})), false);
        assert_eq!(gap, "gap events were missed: they are not known any more");
    }

    #[test]
    fn for_programs_it_is_a_document() {
        let shown = shown(&frame("config", Some("7"), &json!({"action": "deleted", "id": "c"})), true);
        assert_eq!(shown, r#"{"event":"config","id":7,"data":{"action":"deleted","id":"c"}}"#);
    }
}
