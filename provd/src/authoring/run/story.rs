//! What happened, in lines: requests and what was concluded from them, generated files, plugins and what went wrong.
//!
//! What is in generated files is shown on demand only, and without the secrets of the raw config.

use serde_json::Value;

use super::events::Event;
use super::rest::Rest;
use crate::domain::secrets::Secrets;

/// Tells what happens.
pub(super) struct Story<'a> {
    rest: &'a Rest,
    shows_contents: bool,
}

impl Story<'_> {
    pub(super) fn new(rest: &Rest, shows_contents: bool) -> Story<'_> {
        Story { rest, shows_contents }
    }

    /// Prints an event that is worth it.
    pub(super) async fn tell(&self, event: &Event) {
        let (about, action) = (&event.about, text(&event.about, "action"));
        match (event.topic.as_str(), action.as_str()) {
            ("request", _) => self.request(about).await,
            ("device", "configured") => self.files(&text(about, "id")).await,
            ("device", "failed") => {
                say(&format!("Device {} is not configured: {}", text(about, "id"), text(about, "reason")));
            }
            ("plugin", _) => {
                let why = Some(text(about, "reason")).filter(|why| !why.is_empty());
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                say(&format!("Plugin {} is {}{why}", text(about, "id"), text(about, "state")));
            }
            ("operation", "succeeded") => say(&format!("{}: done", text(about, "what"))),
            ("operation", "failed") => {
                say(&format!("{} failed: {}", text(about, "what"), text(about, "reason")));
            }
            _ => {}
        }
    }

    async fn request(&self, about: &Value) {
        say(&request_line(about));
        let Some(document) = self.rest.get(&format!("/requests/{}", text(about, "id"))).await else { return };
        if let Some(facts) = document.pointer("/request/facts").and_then(Value::as_object) {
            let facts = facts.iter().filter(|(fact, value)| *fact != "ip" && !value.is_null());
            let facts: Vec<String> = facts.map(|(fact, value)| format!("{fact} {}", shown(value))).collect();
            let facts =
                if facts.is_empty() { "says nothing to this plugin".to_owned() } else { facts.join(", ") };
            say(&format!("    {facts}"));
        }
    }

    async fn files(&self, device: &str) {
        say(&format!("Device {device} is configured."));
        let path = format!("/dev_mgr/devices/{device}/files");
        let Some(listed) = self.rest.get(&path).await else { return };
        let secrets = if self.shows_contents { self.secrets(device).await } else { None };
        if self.shows_contents && secrets.is_none() {
            say("    What is in them is not shown, for what is secret in it is not known.");
        }
        for file in listed.get("files").and_then(Value::as_array).into_iter().flatten() {
            let name = text(file, "path");
            say(&format!("    {name}, {} bytes", text(file, "size")));
            let Some(secrets) = &secrets else { continue };
            if let Some(content) = self.rest.bytes(&format!("{path}/{name}")).await {
                secrets
                    .hide(&String::from_utf8_lossy(&content))
                    .lines()
                    .for_each(|line| say(&format!("    | {line}")));
            }
        }
    }

    /// The secrets in the raw config of a device; nothing if they cannot be known.
    async fn secrets(&self, device: &str) -> Option<Secrets> {
        let document = self.rest.get(&format!("/dev_mgr/devices/{device}")).await?;
        let config = document.pointer("/device/config").map(shown)?;
        let raw = self.rest.get(&format!("/cfg_mgr/configs/{config}/raw")).await?;
        Secrets::of(raw.get("raw_config")?.as_object()?)
    }
}

fn request_line(about: &Value) -> String {
    let [protocol, ip, path, outcome] = ["protocol", "ip", "path", "outcome"].map(|key| text(about, key));
    let mut line = format!("{protocol} {ip} {path}: {outcome}");
    let device = text(about, "device");
    if !device.is_empty() {
        let new = if about.get("created") == Some(&Value::Bool(true)) { "new " } else { "" };
        line = format!("{line}, {new}device {device}");
    }
    for (before, key) in [(", by ", "plugin"), (", refused: ", "refusal"), (", ms: ", "milliseconds")] {
        let said = text(about, key);
        if !said.is_empty() {
            line.push_str(before);
            line.push_str(&said);
        }
    }
    line
}

fn text(of: &Value, key: &str) -> String {
    of.get(key).map(shown).unwrap_or_default()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Phones send anything: no control character reaches the terminal.
fn say(line: &str) {
    let line: String = line
        .chars()
        .flat_map(|c| if c.is_control() && c != '\t' { c.escape_default().collect() } else { vec![c] })
        .collect();
    // Phones are served also when nobody reads any more.
    let _ = crate::authoring::say(&line);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_one_line() {
        let about = json!({
            "id": 7, "protocol": "HTTP", "ip": "192.0.2.7", "path": "/Acme/x.cfg", "device": "a", "plugin": "acme-1.0",
            "outcome": "file", "created": true, "refusal": null, "milliseconds": 3.5,
        });
        assert_eq!(
            request_line(&about),
            "HTTP 192.0.2.7 /Acme/x.cfg: file, new device a, by acme-1.0, ms: 3.5"
        );
        let refused =
            json!({"protocol": "TFTP", "ip": "::1", "path": "x", "outcome": "not found", "device": null});
        assert_eq!(request_line(&refused), "TFTP ::1 x: not found");
    }
}
