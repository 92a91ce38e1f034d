//! What parameters are when nobody states them.
//!
//! A null or an empty text states nothing where there is a default.

use serde_json::{Map, Value, json};

use super::kind::Group as _;
use super::parameters::Parameters;

/// What a line takes from the common parameters when it does not state it itself.
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

/// Completes merged parameters, and gives each value that can be stated in several forms its normal one.
pub(super) fn apply(mut merged: Map<String, Value>) -> Map<String, Value> {
    normalise(&mut merged);
    default(&mut merged, "sip_transport", || json!("udp"));
    default(&mut merged, "sip_srtp_mode", || json!("disabled"));
    for entries in ["sip_lines", "sccp_call_managers", "funckeys"] {
        merged.entry(entries).or_insert_with(|| json!({}));
    }
    if merged.get("syslog_enabled").and_then(Value::as_bool) == Some(true) {
        default(&mut merged, "syslog_port", || json!(514));
        default(&mut merged, "syslog_level", || json!("warning"));
    }
    fill(&mut merged, "sip_registrar_ip", "sip_proxy_ip");
    if let Some(Value::Object(mut lines)) = merged.get_mut("sip_lines").map(Value::take) {
        lines.values_mut().filter_map(Value::as_object_mut).for_each(|line| complete_line(line, &merged));
        merged.insert("sip_lines".to_owned(), lines.into());
    }
    merged
}

fn normalise(merged: &mut Map<String, Value>) {
    for parameter in Parameters::TABLE {
        if let Some(value) = merged.get_mut(parameter.name)
            && let Some(normal) = (parameter.normal)(value)
        {
            *value = normal;
        }
    }
}

fn complete_line(line: &mut Map<String, Value>, common: &Map<String, Value>) {
    if !is_stated(line, "registrar_ip") && is_stated(line, "proxy_ip") {
        // A line that names its own proxy registers there, not with the common registrar.
        fill(line, "registrar_ip", "proxy_ip");
        fill(line, "registrar_port", "proxy_port");
    }
    for (key, source) in LINE_INHERITS {
        if let (false, Some(value)) = (is_of_other_host(key, line, common), stated(common, source)) {
            default(line, key, || value.clone());
        }
    }
    fill(line, "auth_username", "username");
}

/// Whether a common port is that of another host than the line's. If no common host is stated, it is everybody's port.
fn is_of_other_host(key: &str, line: &Map<String, Value>, common: &Map<String, Value>) -> bool {
    let Some(server) = key.strip_suffix("_port") else { return false };
    let hosts = (stated(line, &format!("{server}_ip")), stated(common, &format!("sip_{server}_ip")));
    matches!(hosts, (Some(own), Some(common)) if own != common)
}

fn stated<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null() && *value != "")
}

fn is_stated(object: &Map<String, Value>, key: &str) -> bool {
    stated(object, key).is_some()
}

fn default(object: &mut Map<String, Value>, key: &str, value: impl FnOnce() -> Value) {
    if !is_stated(object, key) {
        object.insert(key.to_owned(), value());
    }
}

fn fill(object: &mut Map<String, Value>, key: &str, source: &str) {
    if let Some(value) = stated(object, source).cloned() {
        default(object, key, || value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(document: &Value) -> Value {
        Value::Object(apply(document.as_object().unwrap().clone()))
    }

    fn line(common: &Value, line: &Value) -> Value {
        let mut document = common.as_object().unwrap().clone();
        document.insert("sip_lines".to_owned(), json!({"1": line}));
        apply(document)["sip_lines"]["1"].clone()
    }

    #[test]
    fn an_empty_document_has_its_transport_its_media_in_clear_and_no_entries() {
        let defaults = json!({"sip_transport": "udp", "sip_srtp_mode": "disabled", "sip_lines": {},
            "sccp_call_managers": {}, "funckeys": {}});
        assert_eq!(applied(&json!({})), defaults);
        assert_eq!(applied(&json!({"sip_transport": null, "sip_srtp_mode": null})), defaults);
    }

    #[test]
    fn what_is_stated_stays() {
        let stated = json!({"sip_transport": "tls", "sip_srtp_mode": "required", "sip_lines": {"2": {}},
            "sccp_call_managers": {"1": {"ip": "192.0.2.1"}}, "funckeys": {"1": {"type": "park"}},
            "syslog_enabled": true, "syslog_port": 5514, "syslog_level": "debug", "X_mine": null});
        assert_eq!(applied(&stated), stated);
    }

    #[test]
    fn only_an_enabled_syslog_has_a_port_and_a_level() {
        assert_eq!(applied(&json!({"syslog_enabled": false})).get("syslog_port"), None);
        let enabled = applied(&json!({"syslog_enabled": true, "syslog_level": null}));
        assert_eq!((&enabled["syslog_port"], &enabled["syslog_level"]), (&json!(514), &json!("warning")));
    }

    #[test]
    fn words_for_true_and_false_become_booleans() {
        let applied = applied(&json!({"ntp_enabled": "yes", "dns_enabled": "False", "vlan_enabled": 1}));
        assert_eq!(applied["ntp_enabled"], true);
        assert_eq!(applied["dns_enabled"], false);
        assert_eq!(applied["vlan_enabled"], true);
    }

    #[test]
    fn the_registrar_is_the_proxy() {
        assert_eq!(applied(&json!({"sip_proxy_ip": "a"}))["sip_registrar_ip"], "a");
        assert_eq!(applied(&json!({"sip_proxy_ip": "a", "sip_registrar_ip": ""}))["sip_registrar_ip"], "a");
        assert_eq!(applied(&json!({"sip_proxy_ip": "a", "sip_registrar_ip": "b"}))["sip_registrar_ip"], "b");
    }

    #[test]
    fn a_line_takes_what_it_does_not_state() {
        let common = json!({"exten_voicemail": "*98", "sip_dtmf_mode": "SIP-INFO", "sip_srtp_mode": "required",
            "sip_proxy_ip": "a", "sip_proxy_port": 1, "sip_registrar_ip": "b", "sip_registrar_port": 2,
            "sip_backup_proxy_ip": "c", "sip_backup_proxy_port": 3, "sip_backup_registrar_ip": "d",
            "sip_backup_registrar_port": 4, "sip_outbound_proxy_ip": "e", "sip_outbound_proxy_port": 5});
        let complete = json!({"voicemail": "*98", "dtmf_mode": "SIP-INFO", "proxy_ip": "a", "proxy_port": 1,
            "registrar_ip": "b", "registrar_port": 2, "backup_proxy_ip": "c", "backup_proxy_port": 3,
            "backup_registrar_ip": "d", "backup_registrar_port": 4, "outbound_proxy_ip": "e",
            "outbound_proxy_port": 5});
        assert_eq!(line(&common, &json!({})), complete);
        assert_eq!(line(&common, &complete), complete);
        assert_eq!(line(&common, &json!({"proxy_ip": "", "voicemail": null}))["proxy_ip"], "a");
    }

    #[test]
    fn a_line_authenticates_by_its_username() {
        let named = json!({"username": "u", "auth_username": "u"});
        assert_eq!(line(&json!({}), &json!({"username": "u"})), named);
        assert_eq!(line(&json!({}), &json!({"username": "u", "auth_username": "x"}))["auth_username"], "x");
    }

    #[test]
    fn a_line_with_its_own_proxy_registers_there() {
        let common = json!({"sip_proxy_ip": "a", "sip_proxy_port": 1, "sip_registrar_ip": "b", "sip_registrar_port": 2});
        let own = json!({"proxy_ip": "o", "proxy_port": 9});
        let registered = json!({"proxy_ip": "o", "proxy_port": 9, "registrar_ip": "o", "registrar_port": 9});
        assert_eq!(line(&common, &own), registered);
    }

    #[test]
    fn a_port_belongs_to_its_host() {
        let common = json!({"sip_proxy_ip": "a", "sip_proxy_port": 1, "sip_registrar_ip": "b", "sip_registrar_port": 2});
        let other = json!({"proxy_ip": "o", "registrar_ip": "p"});
        assert_eq!(line(&common, &other), other);
        let same = line(&common, &json!({"proxy_ip": "a", "registrar_ip": "b"}));
        assert_eq!((&same["proxy_port"], &same["registrar_port"]), (&json!(1), &json!(2)));
        assert_eq!(line(&json!({"sip_proxy_port": 1}), &json!({"proxy_ip": "o"}))["proxy_port"], 1);
    }
}
