//! The story of one request, top down: what was asked, who asked, whose plugin, what was answered.

use jiff::Timestamp;
use serde_json::Value;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::moment::ago_exactly;
use super::super::output::Output;
use super::super::paint::section;
use super::super::table::{Style, field, harmless, is_true, items, leaves, size, text_of};
use super::SUPPORTS;

pub(super) async fn explain(id: u64, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&format!("/requests/{id}")).await?;
    let request = document.get("request");
    let request = request.ok_or_else(|| client.not_provd("it shows no request"))?;
    let text = render(request, style, Timestamp::now());
    Ok(Output::Document { document, text })
}

fn render(request: &Value, style: Style, now: Timestamp) -> String {
    let steps = request.get("steps").unwrap_or(&Value::Null);
    let took = |step: &str| format!("{} ms", field(steps, step));
    [
        section(style, &format!("Request {}", field(request, "id")), &asked(request, now)),
        section(style, &format!("Who asks, {}", took("extract_ms")), &extracted(request)),
        section(style, &format!("Which device, {}", took("identify_ms")), &identified(request)),
        section(style, &format!("What it is answered, {}", took("serve_ms")), &answered(request)),
    ]
    .join("\n\n")
}

fn asked(request: &Value, now: Timestamp) -> String {
    let asked = ["protocol", "method", "path"].map(|key| shown(request, key));
    let asked: Vec<&str> = asked.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let mut lines = vec![
        format!("  {} from {}", asked.join(" "), shown(request, "ip")),
        format!("  {}", ago_exactly(&field(request, "at"), now)),
    ];
    for (key, name) in [("user_agent", "User-Agent"), ("vendor_class", "Vendor class")] {
        lines.extend(labelled(name, &shown(request, key)));
    }
    lines.join("\n")
}

/// What the plugins that wanted to be asked said, and what was concluded.
fn extracted(request: &Value) -> String {
    let vote = |vote: &Value| {
        let plugins: Vec<String> = items(vote, "plugins").iter().map(text_of).collect();
        harmless(&format!("  {}: {}", plugins.join(", "), facts(vote)))
    };
    let mut lines: Vec<String> = items(request, "votes").iter().map(vote).collect();
    if lines.is_empty() {
        lines.push("  No plugin recognised it.".to_owned());
    }
    if request.get("heard") == Some(&Value::Bool(false)) {
        lines.push("  Not every plugin that wanted to be asked could be.".to_owned());
    }
    lines.extend(labelled("Concluded", &harmless(&facts(request))));
    lines.join("\n")
}

fn facts(of: &Value) -> String {
    let facts = of.get("facts").and_then(Value::as_object).map(|facts| leaves(facts, "")).unwrap_or_default();
    let facts: Vec<String> = facts.iter().map(|(key, value)| format!("{key} {value}")).collect();
    if facts.is_empty() { "nothing".to_owned() } else { facts.join(", ") }
}

fn identified(request: &Value) -> String {
    let attempt = |attempt: &Value| {
        format!("  By {} {}: {}", shown(attempt, "by"), shown(attempt, "value"), shown(attempt, "result"))
    };
    let mut lines: Vec<String> = items(request, "retrieval").iter().map(attempt).collect();
    lines.push(match (shown(request, "device"), is_true(request, "created")) {
        (device, true) => format!("  Device {device} was created."),
        (device, false) if !device.is_empty() => format!("  It is device {device}."),
        _ => "  It is no device that is known.".to_owned(),
    });
    lines.extend(labelled("Refused", &shown(request, "refusal")));
    lines.extend(items(request, "changes").iter().map(|change| format!("  Changed {}", said(change))));
    lines.extend(supports(items(request, "supports")));
    lines.join("\n")
}

/// Those that said the same on one line, the best first.
fn supports(supports: &[Value]) -> Vec<String> {
    let line = |name: &str| {
        let said_so = supports.iter().filter(|support| field(support, "support") == name);
        let plugins: Vec<String> = said_so.map(|support| shown(support, "plugin")).collect();
        let label = if name.is_empty() { "Could not be asked".to_owned() } else { format!("Support {name}") };
        labelled(&label, &plugins.join(", "))
    };
    SUPPORTS.into_iter().chain([""]).filter_map(line).collect()
}

fn answered(request: &Value) -> String {
    let route = match shown(request, "route") {
        route if route.is_empty() => "  No plugin serves it.".to_owned(),
        route => format!("  Plugin {route} serves it."),
    };
    let outcome = shown(request, "outcome");
    let file = request.get("file").filter(|file| file.is_object());
    let outcome = match file {
        Some(file) => {
            let length = file.get("length").and_then(Value::as_u64).unwrap_or_default();
            format!("  {outcome} of {}, ETag {}", size(length), shown(file, "etag"))
        }
        None => format!("  {outcome}"),
    };
    format!("{route}\n{outcome}")
}

fn shown(document: &Value, key: &str) -> String {
    document.get(key).map(said).unwrap_or_default()
}

fn said(value: &Value) -> String {
    harmless(&text_of(value)).replace('\n', " ")
}

/// A line, unless there is nothing to say.
fn labelled(label: &str, text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("  {label}: {text}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(request: &Value) -> String {
        render(request, Style { width: None, colour: false }, "2026-03-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_story_is_told_top_down() {
        let request = json!({
            "id": 46, "at": "2026-03-01T11:57:00.250Z", "protocol": "HTTP", "method": "GET", "ip": "192.0.2.7",
            "path": "/Aastra/aastra.cfg", "user_agent": "Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.2.1136-SIP",
            "vendor_class": null,
            "votes": [{"plugins": ["p", "q"], "facts": {"vendor": "Aastra", "model": "6731i"}}], "heard": true,
            "facts": {"vendor": "Aastra", "model": "6731i", "ip": "192.0.2.7"},
            "retrieval": [{"by": "mac", "value": "00:08:5d:23:74:29", "result": "nobody"}], "refusal": null,
            "created": true, "changes": ["plugin: p", "config: c"],
            "supports": [{"plugin": "p", "support": "exact"}, {"plugin": "q", "support": null}],
            "device": "a", "route": "p", "plugin": "p", "outcome": "file",
            "file": {"length": 1536, "etag": "e"}, "milliseconds": 6.5,
            "steps": {"extract_ms": 4.25, "identify_ms": 2.0, "serve_ms": 0.25},
        });
        assert_eq!(
            told(&request),
            "Request 46\n  HTTP GET /Aastra/aastra.cfg from 192.0.2.7\n  \
             3 min ago (2026-03-01 11:57:00 UTC)\n  \
             User-Agent: Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.2.1136-SIP\n\n\
             Who asks, 4.25 ms\n  p, q: vendor Aastra, model 6731i\n  \
             Concluded: vendor Aastra, model 6731i, ip 192.0.2.7\n\n\
             Which device, 2.0 ms\n  By mac 00:08:5d:23:74:29: nobody\n  Device a was created.\n  \
             Changed plugin: p\n  Changed config: c\n  Support exact: p\n  Could not be asked: q\n\n\
             What it is answered, 0.25 ms\n  Plugin p serves it.\n  file of 1.5 KiB, ETag e"
        );
    }

    #[test]
    fn a_refusal_is_told_with_its_reason() {
        let request = json!({"id": 1, "protocol": "TFTP", "ip": "192.0.2.7", "path": "x\n\u{7}", "votes": [],
            "heard": false, "facts": {}, "refusal": "it waits for approval", "outcome": "not found", "file": null});
        let told = told(&request);
        for part in [
            "  TFTP x \\u{7} from 192.0.2.7\n",
            "  No plugin recognised it.\n  Not every plugin that wanted to be asked could be.\n  Concluded: nothing",
            "  It is no device that is known.\n  Refused: it waits for approval\n",
            "  No plugin serves it.\n  not found",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
    }
}
