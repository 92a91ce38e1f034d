//! Requests as a table, newest first.

use comfy_table::Cell;
use provd_proto::mac::Mac;
use serde_json::Value;

use super::super::client::{Client, segment};
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::identity::id_of;
use super::super::moment::second;
use super::super::output::Output;
use super::super::table::{Mood, Style, cell, field, mood, table};
use super::Which;

const LIST: Columns = Columns {
    headings: &["ID", "AT (UTC)", "PROTOCOL", "IP", "PATH", "DEVICE", "PLUGIN", "OUTCOME", "MS", "REFUSAL"],
    dispensable: &["MS", "PLUGIN", "PROTOCOL", "DEVICE", "AT (UTC)", "IP", "REFUSAL"],
    breaks: Some("REFUSAL"),
};

pub(super) async fn list(which: &Which, client: &Client, style: Style) -> Result<Output, Failure> {
    let limit = which.limit.unwrap_or(50);
    let document = client.get(&format!("/requests?limit={limit}{}", query(which, client).await?)).await?;
    let text = table_of(requests_in(&document, client)?, style, "There are no such requests.");
    Ok(Output::Document { document, text })
}

/// Which requests, as part of a URL's query.
pub(super) async fn query(which: &Which, client: &Client) -> Result<String, Failure> {
    let refused = if which.refused { "&refused=true" } else { "" };
    let ip = which.ip.map(|ip| format!("&ip={}", segment(&ip.to_string()))).unwrap_or_default();
    let device = match &which.device {
        Some(named) => device(named, client).await?,
        None => String::new(),
    };
    Ok(format!("{refused}{ip}{device}"))
}

/// A phone that has no record asks, too: then it goes by its address.
async fn device(named: &str, client: &Client) -> Result<String, Failure> {
    match (id_of(named, client).await, named.parse::<Mac>()) {
        (Ok(id), _) => Ok(format!("&device={}", segment(&id))),
        (Err(Failure::NoDevice { .. } | Failure::SeveralDevices { .. }), Ok(mac)) => {
            Ok(format!("&mac={}", segment(&mac.to_string())))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// The requests of an answer.
pub(super) fn requests_in<'a>(document: &'a Value, client: &Client) -> Result<&'a [Value], Failure> {
    let requests = document.get("requests").and_then(Value::as_array);
    Ok(requests.ok_or_else(|| client.not_provd("it lists no requests"))?)
}

/// A table of requests, or what to say when there are none.
pub(in crate::cli) fn table_of(requests: &[Value], style: Style, empty: &str) -> String {
    let row = |request: &Value| {
        let plain = |key| cell(&field(request, key));
        vec![
            plain("id"),
            cell(&second(&field(request, "at"))),
            plain("protocol"),
            plain("ip"),
            plain("path"),
            plain("device"),
            plain("plugin"),
            outcome(request),
            plain("milliseconds"),
            plain("refusal"),
        ]
    };
    table(style, &LIST, requests.iter().map(row).collect(), empty)
}

/// What was answered.
pub(super) fn outcome(request: &Value) -> Cell {
    let outcome = field(request, "outcome");
    let is = match outcome.as_str() {
        "file" | "nothing" => Mood::Good,
        "unavailable" | "not found" => Mood::Doubtful,
        _ => Mood::Bad,
    };
    mood(&outcome, is)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn requests() -> [Value; 2] {
        let request = json!({"id": 46, "at": "2026-03-01T12:00:01.250Z", "protocol": "HTTP", "ip": "192.0.2.7",
            "path": "/Aastra/aastra.cfg", "device": "0123456789abcdef0123456789abcdef",
            "plugin": "aastra-3.2.2.1136", "outcome": "file", "created": true, "refusal": null, "milliseconds": 4.25});
        let mut refused = request.clone();
        refused["path"] = "/x".into();
        refused["device"] = Value::Null;
        refused["outcome"] = "not found".into();
        refused["refusal"] = "too many devices were created by requests from 192.0.2.0/24".into();
        [request, refused]
    }

    #[test]
    fn a_request_is_a_line() {
        let shown = table_of(&requests(), Style { width: None, colour: false }, "none");
        let cells: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
        let device = "0123456789abcdef0123456789abcdef";
        let expected = [
            "46",
            "2026-03-01",
            "12:00:01",
            "HTTP",
            "192.0.2.7",
            "/Aastra/aastra.cfg",
            device,
            "aastra-3.2.2.1136",
            "file",
            "4.25",
        ];
        assert_eq!(cells, expected);
    }

    #[test]
    fn a_narrow_terminal_keeps_what_was_asked_and_answered() {
        let shown = table_of(&requests(), Style { width: Some(80), colour: false }, "none");
        assert!(shown.starts_with("ID  IP         PATH                OUTCOME    REFUSAL\n"), "{shown}");
        assert!(shown.contains("Not shown: AT (UTC), PROTOCOL, DEVICE, PLUGIN, MS"), "{shown}");
        assert!(shown.lines().all(|line| line.len() <= 80), "{shown}");
    }
}
