//! What parameters are when nobody states them.

use serde_json::{Map, Value, json};

/// SIP settings a line takes from the common ones when it states none itself.
const LINE_INHERITS: [(&str, &str); 12] = [
    ("proxy_ip", "sip_proxy_ip"),
    ("proxy_port", "sip_proxy_port"),
    ("registrar_ip", "sip_registrar_ip"),
    ("registrar_port", "sip_registrar_port"),
    ("backup_proxy_ip", "sip_backup_proxy_ip"),
    ("backup_proxy_port", "sip_backup_proxy_port"),
    ("backup_registrar_ip", "sip_backup_registrar_ip"),
    ("backup_registrar_port", "sip_backup_registrar_port"),
    ("outbound_proxy_ip", "sip_outbound_proxy_ip"),
    ("outbound_proxy_port", "sip_outbound_proxy_port"),
    ("dtmf_mode", "sip_dtmf_mode"),
    ("voicemail", "exten_voicemail"),
];

pub(super) fn apply(mut merged: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in [
        ("sip_transport", json!("udp")),
        ("sip_srtp_mode", json!("disabled")),
        ("sip_lines", json!({})),
        ("sccp_call_managers", json!({})),
        ("funckeys", json!({})),
    ] {
        merged.entry(key).or_insert(value);
    }
    if merged.get("syslog_enabled").and_then(Value::as_bool) == Some(true) {
        merged.entry("syslog_port").or_insert(json!(514));
        merged.entry("syslog_level").or_insert(json!("warning"));
    }
    fill(&mut merged, "sip_registrar_ip", "sip_proxy_ip");
    let common = merged.clone();
    if let Some(lines) = merged.get_mut("sip_lines").and_then(Value::as_object_mut) {
        lines.values_mut().filter_map(Value::as_object_mut).for_each(|line| complete_line(line, &common));
    }
    merged
}

fn complete_line(line: &mut Map<String, Value>, common: &Map<String, Value>) {
    let own_proxy = line.contains_key("proxy_ip");
    if own_proxy {
        // A line that names its own proxy registers there, not with the common registrar.
        fill(line, "registrar_ip", "proxy_ip");
        fill(line, "registrar_port", "proxy_port");
    }
    for (key, source) in LINE_INHERITS {
        let belongs_to_other_host = own_proxy && (key == "proxy_port" || key == "registrar_port");
        if let (false, false, Some(value)) =
            (line.contains_key(key), belongs_to_other_host, common.get(source))
        {
            line.insert(key.to_owned(), value.clone());
        }
    }
    fill(line, "registrar_ip", "proxy_ip");
    fill(line, "auth_username", "username");
}

fn fill(object: &mut Map<String, Value>, key: &str, source: &str) {
    if let (false, Some(value)) = (object.contains_key(key), object.get(source).cloned()) {
        object.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(document: &Value) -> Value {
        Value::Object(apply(document.as_object().unwrap().clone()))
    }

    #[test]
    fn a_line_takes_what_it_does_not_state() {
        let applied = applied(&json!({
            "sip_proxy_ip": "192.0.2.1", "sip_proxy_port": 5061, "sip_dtmf_mode": "SIP-INFO",
            "sip_lines": {"1": {"username": "u", "password": "p", "display_name": "d"}}
        }));
        assert_eq!(
            applied["sip_lines"]["1"],
            json!({"username": "u", "password": "p", "display_name": "d", "proxy_ip": "192.0.2.1", "proxy_port": 5061,
                "registrar_ip": "192.0.2.1", "dtmf_mode": "SIP-INFO", "auth_username": "u"})
        );
    }

    #[test]
    fn a_line_with_its_own_proxy_registers_there() {
        let applied = applied(&json!({
            "sip_proxy_ip": "192.0.2.1", "sip_proxy_port": 5061, "sip_registrar_ip": "192.0.2.2",
            "sip_lines": {"1": {"proxy_ip": "192.0.2.9"}}
        }));
        assert_eq!(applied["sip_lines"]["1"], json!({"proxy_ip": "192.0.2.9", "registrar_ip": "192.0.2.9"}));
    }

    #[test]
    fn a_disabled_syslog_has_no_port() {
        assert!(applied(&json!({})).get("syslog_port").is_none());
        assert_eq!(applied(&json!({"syslog_enabled": true}))["syslog_port"], 514);
    }
}
