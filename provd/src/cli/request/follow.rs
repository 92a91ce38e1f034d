//! Each request as it comes in, until the administrator has seen enough.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::moment::time_of_day;
use super::super::output::Output;
use super::super::print;
use super::super::table::{field, harmless};
use super::Which;
use super::list::requests_in;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);
/// Requests looked at each time: more than come in meanwhile.
const AT_ONCE: u64 = 2_000;
/// Requests shown of those before.
const BEFORE: u64 = 10;

/// Prints until nobody reads any more, or the server cannot be asked. What is not there at the end has been printed.
pub(super) async fn follow(
    query: &str,
    which: &Which,
    client: &Client,
    json: bool,
) -> Result<Output, Failure> {
    let mut last = None;
    loop {
        let limit = if last.is_none() { which.limit.unwrap_or(BEFORE) } else { AT_ONCE };
        let document = client.get(&format!("/requests?limit={limit}{query}")).await?;
        let lines = fresh(requests_in(&document, client)?, &mut last);
        let lines: Vec<String> =
            lines.iter().map(|request| if json { request.to_string() } else { line(request) }).collect();
        if !lines.is_empty() && !print(&Output::said(&lines.join("\n")))? {
            return Ok(Output::said(""));
        }
        sleep(INTERVAL).await;
    }
}

/// Those that were not there the last time, oldest first.
fn fresh<'a>(newest_first: &'a [Value], last: &mut Option<u64>) -> Vec<&'a Value> {
    let id = |request: &Value| request.get("id").and_then(Value::as_u64).unwrap_or_default();
    let newest = newest_first.first().map_or(0, id);
    // A server that was started anew counts anew.
    let seen = last.filter(|last| *last <= newest).unwrap_or(0);
    *last = Some(newest);
    newest_first.iter().rev().filter(|request| id(request) > seen).collect()
}

/// `12:00:01.250 46 HTTP 192.0.2.7 /Aastra/aastra.cfg → file (device …, 4.25 ms)`
fn line(request: &Value) -> String {
    let asked = ["id", "protocol", "ip", "path"].map(|key| field(request, key));
    let asked: Vec<&str> = asked.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let device = match field(request, "device") {
        device if device.is_empty() => "no device".to_owned(),
        device => format!("device {device}"),
    };
    let refusal = match field(request, "refusal") {
        refusal if refusal.is_empty() => refusal,
        refusal => format!(": {refusal}"),
    };
    let (at, asked, outcome) =
        (time_of_day(&field(request, "at")), asked.join(" "), field(request, "outcome"));
    let took = field(request, "milliseconds");
    harmless(&format!("{at} {asked} → {outcome}{refusal} ({device}, {took} ms)")).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(requests: &[&Value]) -> Vec<u64> {
        requests.iter().map(|request| request["id"].as_u64().unwrap()).collect()
    }

    #[test]
    fn each_is_told_once_oldest_first() {
        let having = |ids: &[u64]| ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>();
        let mut last = None;
        assert_eq!(ids(&fresh(&having(&[5, 4, 2]), &mut last)), [2, 4, 5]);
        assert_eq!(ids(&fresh(&having(&[7, 5, 4, 2]), &mut last)), [7]);
        assert!(fresh(&having(&[7, 5]), &mut last).is_empty());
        assert_eq!(ids(&fresh(&having(&[2, 1]), &mut last)), [1, 2], "the server was started anew");
        assert!(fresh(&[], &mut last).is_empty());
        assert_eq!(ids(&fresh(&having(&[1]), &mut last)), [1]);
    }

    #[test]
    fn a_request_is_a_line_whatever_the_phone_sent() {
        let request = json!({"id": 46, "at": "2026-03-01T12:00:01.250Z", "protocol": "TFTP", "ip": "192.0.2.7",
            "path": "a\n\u{1b}[2J.cfg", "device": null, "plugin": null, "outcome": "not found",
            "refusal": "it waits for approval", "milliseconds": 4.25});
        let expected = "12:00:01.250 46 TFTP 192.0.2.7 a \\u{1b}[2J.cfg → not found: it waits for approval \
                        (no device, 4.25 ms)";
        assert_eq!(line(&request), expected);
    }
}
