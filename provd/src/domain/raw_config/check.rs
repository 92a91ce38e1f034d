//! Whether a raw config, as an administrator wrote it, can mean anything: all problems at once, each with its path.

use std::fmt;
use std::net::IpAddr;

use serde_json::{Map, Value};

/// One thing wrong with a raw config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, `sip_lines.1.proxy_port`.
    pub path: String,
    /// What, `70000 is not a port (1 to 65535)`.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// What a parameter may hold.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Bool,
    Host,
    Port,
    Range(u64, u64),
    OneOf(&'static [&'static str]),
    Timezone,
    Locale,
    Pems,
    Lines,
    CallManagers,
    Funckeys,
    Any,
}

const DTMF: Kind = Kind::OneOf(&["RTP-in-band", "RTP-out-of-band", "SIP-INFO"]);
const SRTP: Kind = Kind::OneOf(&["disabled", "preferred", "required"]);

/// Parameters by name; a name that ends in `*` stands for all that begin so.
const PARAMETERS: &[(&str, Kind)] = &[
    ("http_base_url", Kind::Text),
    ("ip", Kind::Host),
    ("http_port", Kind::Port),
    ("tftp_port", Kind::Port),
    ("dns_enabled", Kind::Bool),
    ("dns_ip", Kind::Host),
    ("ntp_enabled", Kind::Bool),
    ("ntp_ip", Kind::Host),
    ("vlan_enabled", Kind::Bool),
    ("vlan_id", Kind::Range(0, 4094)),
    ("vlan_priority", Kind::Range(0, 7)),
    ("vlan_pc_port_id", Kind::Range(0, 4094)),
    ("syslog_enabled", Kind::Bool),
    ("syslog_ip", Kind::Host),
    ("syslog_port", Kind::Port),
    ("syslog_level", Kind::OneOf(&["critical", "error", "warning", "info", "debug"])),
    ("admin_username", Kind::Text),
    ("admin_password", Kind::Text),
    ("user_username", Kind::Text),
    ("user_password", Kind::Text),
    ("timezone", Kind::Timezone),
    ("locale", Kind::Locale),
    ("protocol", Kind::OneOf(&["SIP", "SCCP"])),
    ("sip_dtmf_mode", DTMF),
    ("sip_srtp_mode", SRTP),
    ("sip_transport", Kind::OneOf(&["udp", "tcp", "tls"])),
    ("sip_servers_root_and_intermediate_certificates", Kind::Pems),
    ("sip_local_root_and_intermediate_certificates", Kind::Pems),
    ("sip_local_certificate", Kind::Text),
    ("sip_local_key", Kind::Text),
    ("sip_subscribe_mwi", Kind::Bool),
    ("sip_lines", Kind::Lines),
    ("sccp_call_managers", Kind::CallManagers),
    ("funckeys", Kind::Funckeys),
    ("config_version", Kind::Range(0, u64::MAX)),
    ("config_encryption_enabled", Kind::Bool),
    ("_comment", Kind::Any),
    ("exten_*", Kind::Text),
];

const LINE: &[(&str, Kind)] = &[
    ("username", Kind::Text),
    ("auth_username", Kind::Text),
    ("password", Kind::Text),
    ("display_name", Kind::Text),
    ("number", Kind::Text),
    ("dtmf_mode", DTMF),
    ("srtp_mode", SRTP),
    ("voicemail", Kind::Text),
];

/// Names of the servers a `sip_…` parameter or a line may state, each with `_ip` and `_port`.
const SERVERS: [&str; 5] = ["proxy", "registrar", "backup_proxy", "backup_registrar", "outbound_proxy"];

/// Everything wrong with a raw config. Empty means it is sound.
pub fn check(raw_config: &Map<String, Value>) -> Vec<Problem> {
    let mut found = Checker { problems: Vec::new() };
    for (name, value) in raw_config {
        match kind_of(name) {
            Some(kind) => found.value(name, kind, value),
            None if name.starts_with("XX_") => found.add(name, "names with XX_ are reserved for plugins"),
            None if name.starts_with("X_") => {}
            None => found.add(name, "no such parameter; names of your own begin with X_"),
        }
    }
    for service in ["dns", "ntp", "syslog"] {
        found.required_when_enabled(raw_config, service, "ip");
    }
    found.required_when_enabled(raw_config, "vlan", "id");
    found.problems
}

fn kind_of(name: &str) -> Option<Kind> {
    if let Some(server) = name.strip_prefix("sip_").and_then(server_kind) {
        return Some(server);
    }
    let found = PARAMETERS.iter().find(|(known, _)| match known.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => *known == name,
    });
    found.map(|(_, kind)| *kind)
}

fn server_kind(name: &str) -> Option<Kind> {
    let (server, kind) = match name.strip_suffix("_ip") {
        Some(server) => (server, Kind::Host),
        None => (name.strip_suffix("_port")?, Kind::Port),
    };
    SERVERS.contains(&server).then_some(kind)
}

struct Checker {
    problems: Vec<Problem>,
}

impl Checker {
    fn add(&mut self, path: &str, reason: impl Into<String>) {
        self.problems.push(Problem { path: path.to_owned(), reason: reason.into() });
    }

    fn required_when_enabled(&mut self, raw_config: &Map<String, Value>, service: &str, parameter: &str) {
        let enabled = raw_config.get(&format!("{service}_enabled")).and_then(Value::as_bool) == Some(true);
        let path = format!("{service}_{parameter}");
        if enabled && raw_config.get(&path).is_none_or(Value::is_null) {
            self.add(&path, format!("needed when {service}_enabled is true"));
        }
    }

    fn value(&mut self, path: &str, kind: Kind, value: &Value) {
        // Null states that a parameter inherited from a parent is not wanted; of the maps only emptiness can.
        if value.is_null() && !matches!(kind, Kind::Lines | Kind::CallManagers | Kind::Funckeys) {
            return;
        }
        let shown = shown(value);
        match kind {
            Kind::Any => {}
            Kind::Text if value.is_string() || value.is_number() => {}
            Kind::Text => self.add(path, "expected text"),
            Kind::Bool if value.is_boolean() => {}
            Kind::Bool => self.add(path, format!("{shown} is not true or false")),
            Kind::Host if value.as_str().is_some_and(is_host) => {}
            Kind::Host => self.add(path, format!("{shown} is not a host name or address")),
            Kind::Port => self.integer(path, value, (1, 65535), "a port"),
            Kind::Range(low, high) => self.integer(path, value, (low, high), "a number in range"),
            Kind::OneOf(allowed) if value.as_str().is_some_and(|text| allowed.contains(&text)) => {}
            Kind::OneOf(allowed) => self.add(path, format!("{shown} is none of {}", allowed.join(", "))),
            Kind::Timezone if value.as_str().is_some_and(is_timezone) => {}
            Kind::Timezone => self.add(path, format!("{shown} is not a time zone such as Europe/Paris")),
            Kind::Locale if value.as_str().is_some_and(is_locale) => {}
            Kind::Locale => self.add(path, format!("{shown} is not a locale such as fr_FR")),
            Kind::Pems if value.as_array().is_some_and(|pems| pems.iter().all(Value::is_string)) => {}
            Kind::Pems => self.add(path, "expected a list of PEM certificates, root first"),
            Kind::Lines => self.each(path, value, "line", Self::line),
            Kind::CallManagers => self.each(path, value, "priority", Self::call_manager),
            Kind::Funckeys => self.each(path, value, "key", Self::function_key),
        }
    }

    fn integer(&mut self, path: &str, value: &Value, (low, high): (u64, u64), what: &str) {
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        if !number.is_some_and(|number| (low..=high).contains(&number)) {
            let range = if high == u64::MAX { format!("{low} or more") } else { format!("{low} to {high}") };
            self.add(path, format!("{} is not {what} ({range})", shown(value)));
        }
    }

    fn each(
        &mut self,
        path: &str,
        value: &Value,
        key: &str,
        entry: fn(&mut Self, &str, &Map<String, Value>),
    ) {
        let Value::Object(entries) = value else {
            return self.add(path, format!("expected an object with a {key} number as each key"));
        };
        for (number, value) in entries {
            let path = format!("{path}.{number}");
            if !number.parse::<u32>().is_ok_and(|number| number > 0) {
                self.add(&path, format!("`{number}` is not a {key} number from 1"));
            }
            match value {
                Value::Object(fields) => entry(self, &path, fields),
                _ => self.add(&path, "expected an object"),
            }
        }
    }

    fn line(&mut self, path: &str, line: &Map<String, Value>) {
        for (name, value) in line {
            let known = LINE.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
            if let Some(kind) = known.or_else(|| server_kind(name)) {
                self.value(&format!("{path}.{name}"), kind, value);
            }
        }
    }

    fn call_manager(&mut self, path: &str, manager: &Map<String, Value>) {
        self.value(&format!("{path}.ip"), Kind::Host, manager.get("ip").unwrap_or(&Value::Bool(false)));
        if let Some(port) = manager.get("port") {
            self.value(&format!("{path}.port"), Kind::Port, port);
        }
    }

    fn function_key(&mut self, path: &str, key: &Map<String, Value>) {
        let types = Kind::OneOf(&["speeddial", "blf", "park"]);
        let kind = key.get("type").cloned().unwrap_or(Value::String(String::new()));
        self.value(&format!("{path}.type"), types, &kind);
        let value = key.get("value").map(shown).unwrap_or_default();
        if kind != "park" && matches!(value.as_str(), "" | "\"\"" | "null") {
            self.add(&format!("{path}.value"), "expected what the key dials");
        }
        if let Some(line) = key.get("line") {
            self.value(&format!("{path}.line"), Kind::Range(1, 1024), line);
        }
    }
}

/// A value as an error shows it; texts are cut, for they may be anything.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

/// An IPv4 or IPv6 address, or a DNS name (RFC 1123 §2.1, with the underscores that are seen in practice).
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    text.parse::<IpAddr>().is_ok() || (name.len() <= 253 && name.split('.').all(label))
}

/// A name of the time zone database.
fn is_timezone(text: &str) -> bool {
    jiff::tz::TimeZone::get(text).is_ok()
}

/// `xx` or `xx_YY`.
fn is_locale(text: &str) -> bool {
    let (language, country) = text.split_once('_').map_or((text, None), |(l, c)| (l, Some(c)));
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && country
            .is_none_or(|country| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(document: &Value) -> Vec<String> {
        check(document.as_object().unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_phones_need_is_sound() {
        let sound = json!({
            "http_base_url": "http://192.0.2.1:8667", "ntp_enabled": true, "ntp_ip": "2001:db8::1", "vlan_enabled": true,
            "vlan_id": 4094, "locale": "fr_FR", "sip_proxy_ip": "pbx.example.org", "sip_proxy_port": "5060",
            "exten_pickup_call": "*8", "X_mine": {"a": 1}, "sip_dtmf_mode": null,
            "sip_lines": {"1": {"username": "u", "proxy_ip": "192.0.2.1", "X_free": 1}},
            "funckeys": {"1": {"type": "park"}, "2": {"type": "blf", "value": "101", "line": 1}},
            "sccp_call_managers": {"1": {"ip": "192.0.2.1"}}
        });
        assert_eq!(problems(&sound), Vec::<String>::new());
    }

    #[test]
    fn all_problems_are_named_at_once() {
        let found = problems(&json!({
            "sip_lines": {"1": {"proxy_port": 70000}, "x": {}}, "vlan_enabled": true, "vlan_priority": 8, "XX_a": 1,
            "colour": "red", "funckeys": {"1": {"type": "speeddial"}}, "sip_proxy_ip": "a b", "locale": "french", "timezone": "Paris"
        }));
        for expected in [
            "sip_lines.1.proxy_port: 70000 is not a port (1 to 65535)",
            "sip_lines.x: `x` is not a line number from 1",
            "vlan_id: needed when vlan_enabled is true",
            "vlan_priority: 8 is not a number in range (0 to 7)",
            "XX_a: names with XX_ are reserved for plugins",
            "colour: no such parameter; names of your own begin with X_",
            "funckeys.1.value: expected what the key dials",
            "sip_proxy_ip: \"a b\" is not a host name or address",
            "locale: \"french\" is not a locale such as fr_FR",
            "timezone: \"Paris\" is not a time zone such as Europe/Paris",
        ] {
            assert!(found.iter().any(|problem| problem == expected), "{expected} not in {found:#?}");
        }
        assert_eq!(found.len(), 10, "{found:#?}");
    }
}
