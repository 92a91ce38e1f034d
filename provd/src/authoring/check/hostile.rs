//! What no plugin should ever be sent, and will be: by scanners, by broken phones, by administrators in a hurry.

use provd_proto::v1;
use serde_json::{Map, Value, json};

use super::answers::unsound;
use super::samples::{Sample, raw_config, raw_config_of};
use super::subject::{Subject, last_words};
use super::{Checked, failed};
use crate::plugin_host::workbench::{Caller, Refusal, judge_configuration, judge_info};

/// A text that is too long for anything, in bytes.
const MEGABYTE: usize = 1024 * 1024;
/// Nesting that recursive readers do not survive.
const DEPTH: usize = 100_000;

/// Sends everything, and stops at the first thing that does harm.
pub(super) async fn hostile(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let samples = subject.samples().await?;
    let sample = samples.devices.first();
    let mut sent = 0;
    for (kind, text) in texts() {
        let harm = send_requests(trial.caller(), &text).await;
        let harm = match harm {
            None => send_devices(trial.caller(), &text, sample).await,
            harm => harm,
        };
        if let Some(harm) = harm {
            return failed(format!("{kind}: {harm}{}", last_words(&trial)));
        }
        sent += 8;
    }
    for (kind, document) in documents() {
        if let Some(harm) = send_raw_config(trial.caller(), document, sample).await {
            return failed(format!("a raw config {kind}: {harm}{}", last_words(&trial)));
        }
        sent += 2;
    }
    Ok(format!("{sent} calls"))
}

fn texts() -> Vec<(&'static str, String)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("an empty text", String::new()),
        ("control characters", text("\0\u{1}\t\r\n\u{7f}\u{85}")),
        (
            "a byte order mark, a combining mark, text from right to left",
            text("\u{feff}e\u{301}\u{202e}\u{5d0}"),
        ),
        ("characters of four bytes", "😀".repeat(300)),
        ("a path that climbs", text("../../../../../../etc/passwd")),
        ("a path of backslashes", text("..\\..\\windows\\system32\\drivers\\etc\\hosts")),
        ("an absolute path", text("/etc/passwd")),
        ("slashes", "/".repeat(5000)),
        ("a format and a template", text("%s%n%99999999d {{ 7 * 7 }} {% include 'x' %} ${x} `id`")),
        ("markup", text("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>")),
        ("an expression that backtracks", format!("{}!", "a".repeat(50_000))),
        ("a number beyond all bounds", "9".repeat(400)),
        ("a megabyte", "A".repeat(MEGABYTE)),
    ]
}

/// The text wherever a phone can put one.
async fn send_requests(caller: &Caller, text: &str) -> Option<String> {
    let header = |name: &str| v1::Header { name: name.to_owned(), value: text.to_owned() };
    let http = v1::HttpRequest {
        method: "GET".to_owned(),
        path: format!("/{text}"),
        query: text.to_owned(),
        headers: vec![
            header("user-agent"),
            header("host"),
            v1::Header { name: text.to_owned(), value: String::new() },
        ],
    };
    let options = (1..=254).map(|code| (code, text.bytes().take(255).collect())).collect();
    for kind in [
        v1::request::Kind::Http(http),
        v1::request::Kind::Tftp(v1::TftpRequest { filename: text.to_owned() }),
        v1::request::Kind::Dhcp(v1::DhcpRequest { mac: text.to_owned(), options }),
    ] {
        let request = Some(v1::Request { ip: "192.0.2.100".to_owned(), kind: Some(kind) });
        let answer = caller.extract(v1::ExtractRequest { request: request.clone() }).await;
        if let Some(harm) = harm("Extract", &answer) {
            return Some(harm);
        }
        if let Some(Err(why)) = answer.ok().and_then(|answer| answer.info).map(judge_info) {
            return Some(format!("Extract: provd does not accept the facts: {why}"));
        }
        let asked = v1::ServeFileRequest { device: Some(device(text)), request };
        if let Some(harm) = harm("ServeFile", &caller.serve_file(asked).await) {
            return Some(harm);
        }
    }
    None
}

/// The text in every field of a device that a phone fills.
async fn send_devices(caller: &Caller, text: &str, sample: Option<&Sample>) -> Option<String> {
    let device = device(text);
    let asked = v1::AssociateRequest { info: device.info.clone() };
    if let Some(harm) = harm("Associate", &caller.associate(asked).await) {
        return Some(harm);
    }
    let raw_config = sample.map(|sample| sample.raw_config.clone());
    let answer = caller.configure(v1::ConfigureRequest { device: Some(device), raw_config }).await;
    configured(answer)
}

/// A MAC address is sound whatever a phone sends: the core sees to that. A text that is too long for anything is in some of
/// the fields only, so that the message itself is not too long.
fn device(text: &str) -> v1::Device {
    let everywhere = if text.len() < MEGABYTE { text } else { "x" };
    let fact = || Some(everywhere.to_owned()).filter(|text| !text.is_empty());
    let info = v1::DeviceInfo {
        ip: Some("192.0.2.100".to_owned()),
        mac: Some("00:00:5e:00:53:08".to_owned()),
        sn: fact(),
        uuid: fact(),
        vendor: fact(),
        model: Some(text.to_owned()).filter(|text| !text.is_empty()),
        version: fact(),
    };
    v1::Device {
        id: "hostile".to_owned(),
        info: Some(info),
        config_id: everywhere.to_owned(),
        options_json: json!({ "switchboard": everywhere }).to_string(),
        remote_state_sip_username: everywhere.to_owned(),
        document_json: json!({ "X_note": text }).to_string(),
    }
}

/// Documents that are none, or have everything in the wrong place.
fn documents() -> Vec<(&'static str, String)> {
    let nested = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let mut documents = vec![
        ("that is empty", String::new()),
        ("that is no object", "[1, 2]".to_owned()),
        ("that is cut off", "{\"sip_lines\": {\"1\": {\"user".to_owned()),
        ("nested too deeply", format!("{{\"sip_lines\": {nested}}}")),
    ];
    let parameters: Vec<String> = raw_config().keys().cloned().collect();
    for (kind, value) in [
        ("with null in every place", Value::Null),
        ("with a number in every place", json!(-1e300)),
        ("with a list in every place", json!([[], {}, null])),
        ("with an object in every place", json!({"0": {}, "-1": {}, "x": {"y": []}, "4294967296": {}})),
        ("with strange text in every place", json!("\u{0}\u{202e}\n{{ x }}")),
        ("with a megabyte of text", json!("é".repeat(MEGABYTE / 2))),
    ] {
        let document: Map<String, Value> =
            parameters.iter().map(|parameter| (parameter.clone(), value.clone())).take(3).collect();
        let mut document = document;
        if kind != "with a megabyte of text" {
            document.extend(parameters.iter().map(|parameter| (parameter.clone(), value.clone())));
        }
        documents.push((kind, Value::Object(document).to_string()));
    }
    documents
}

async fn send_raw_config(caller: &Caller, document: String, sample: Option<&Sample>) -> Option<String> {
    let typed = match serde_json::from_str(&document) {
        Ok(Value::Object(parameters)) => raw_config_of(parameters),
        _ => v1::RawConfig::default(),
    };
    let raw_config = Some(v1::RawConfig { document_json: document, ..typed });
    let asked = v1::ConfigureCommonRequest { raw_config: raw_config.clone() };
    if let Some(harm) = harm("ConfigureCommon", &caller.configure_common(asked).await) {
        return Some(harm);
    }
    let device = Some(sample.map_or_else(|| device("x"), |sample| sample.device.clone()));
    configured(caller.configure(v1::ConfigureRequest { device, raw_config }).await)
}

fn configured(answer: Result<v1::ConfigureResponse, Refusal>) -> Option<String> {
    if let Some(harm) = harm("Configure", &answer) {
        return Some(harm);
    }
    let judged = answer.ok().map(judge_configuration)?;
    judged.err().map(|why| format!("Configure: provd does not accept the files: {why}"))
}

fn harm<T>(call: &str, answer: &Result<T, Refusal>) -> Option<String> {
    unsound(answer).map(|refusal| format!("{call}: {refusal}"))
}
