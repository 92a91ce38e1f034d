//! A raw config as a message: typed fields for what every plugin meets, and the exact document beside them.

use std::collections::BTreeMap;

use provd_proto::v1;
use serde_json::{Map, Value};

use crate::domain::raw_config::RawConfig;

/// Parameters that become typed fields; every other one travels in `extras_json`.
const TYPED: &[&str] = &[
    "http_base_url",
    "ip",
    "http_port",
    "tftp_port",
    "protocol",
    "timezone",
    "locale",
    "admin_username",
    "admin_password",
    "user_username",
    "user_password",
    "dns_enabled",
    "dns_ip",
    "ntp_enabled",
    "ntp_ip",
    "vlan_enabled",
    "vlan_id",
    "vlan_priority",
    "vlan_pc_port_id",
    "syslog_enabled",
    "syslog_ip",
    "syslog_port",
    "syslog_level",
    "sip_lines",
    "sccp_call_managers",
    "funckeys",
];

/// The message of a raw config.
pub(in crate::plugin_host) fn raw_config(raw_config: &RawConfig) -> v1::RawConfig {
    let document = raw_config.document();
    let read = Reader(document);
    v1::RawConfig {
        document_json: Value::Object(document.clone()).to_string(),
        http_base_url: read.text("http_base_url").unwrap_or_default(),
        ip: read.text("ip").unwrap_or_default(),
        http_port: read.number("http_port").unwrap_or_default(),
        tftp_port: read.number("tftp_port").unwrap_or_default(),
        protocol: protocol(read.0.get("protocol")).into(),
        timezone: read.text("timezone").unwrap_or_default(),
        locale: read.text("locale").unwrap_or_default(),
        admin: read.credentials("admin"),
        user: read.credentials("user"),
        dns_ip: read.enabled("dns").and_then(|()| read.text("dns_ip")),
        ntp_ip: read.enabled("ntp").and_then(|()| read.text("ntp_ip")),
        vlan: read.enabled("vlan").and_then(|()| read.vlan()),
        syslog: read.enabled("syslog").and_then(|()| read.syslog()),
        sip: Some(read.sip()),
        sip_lines: read.numbered("sip_lines", |line| line.line()),
        sccp_call_managers: read.numbered("sccp_call_managers", |manager| v1::SccpCallManager {
            ip: manager.text("ip").unwrap_or_default(),
            port: manager.number("port"),
        }),
        funckeys: read.numbered("funckeys", |key| key.function_key()),
        extensions: document
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("exten_")?.to_owned(), text(value)?)))
            .collect(),
        extras_json: document
            .iter()
            .filter(|(name, _)| !is_typed(name))
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect(),
    }
}

fn is_typed(name: &str) -> bool {
    TYPED.contains(&name) || name.starts_with("exten_") || name.starts_with("sip_")
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| u32::try_from(number).ok())
}

fn protocol(value: Option<&Value>) -> v1::Protocol {
    match value.and_then(Value::as_str) {
        Some("SIP") => v1::Protocol::Sip,
        Some("SCCP") => v1::Protocol::Sccp,
        _ => v1::Protocol::Unspecified,
    }
}

/// Reads typed values out of one object: the whole document, a line, a key.
struct Reader<'a>(&'a Map<String, Value>);

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(text)
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.0.get(name).and_then(number)
    }

    fn enabled(&self, service: &str) -> Option<()> {
        let enabled = self.0.get(&format!("{service}_enabled")).and_then(Value::as_bool);
        (enabled == Some(true)).then_some(())
    }

    fn credentials(&self, who: &str) -> Option<v1::Credentials> {
        let username = self.text(&format!("{who}_username"));
        let password = self.text(&format!("{who}_password"));
        (username.is_some() || password.is_some()).then_some(v1::Credentials { username, password })
    }

    fn vlan(&self) -> Option<v1::Vlan> {
        Some(v1::Vlan {
            id: self.number("vlan_id")?,
            priority: self.number("vlan_priority"),
            pc_port_id: self.number("vlan_pc_port_id"),
        })
    }

    fn syslog(&self) -> Option<v1::Syslog> {
        let level = match self.text("syslog_level").as_deref() {
            Some("critical") => v1::SyslogLevel::Critical,
            Some("error") => v1::SyslogLevel::Error,
            Some("warning") => v1::SyslogLevel::Warning,
            Some("info") => v1::SyslogLevel::Info,
            Some("debug") => v1::SyslogLevel::Debug,
            _ => v1::SyslogLevel::Unspecified,
        };
        Some(v1::Syslog {
            ip: self.text("syslog_ip")?,
            port: self.number("syslog_port").unwrap_or(514),
            level: level.into(),
        })
    }

    fn endpoint(&self, name: &str) -> Option<v1::Endpoint> {
        Some(v1::Endpoint {
            ip: self.text(&format!("{name}_ip"))?,
            port: self.number(&format!("{name}_port")),
        })
    }

    fn dtmf_mode(&self, name: &str) -> i32 {
        let mode = match self.text(name).as_deref() {
            Some("RTP-in-band") => v1::DtmfMode::RtpInBand,
            Some("RTP-out-of-band") => v1::DtmfMode::RtpOutOfBand,
            Some("SIP-INFO") => v1::DtmfMode::SipInfo,
            _ => v1::DtmfMode::Unspecified,
        };
        mode.into()
    }

    fn srtp_mode(&self, name: &str) -> i32 {
        let mode = match self.text(name).as_deref() {
            Some("disabled") => v1::SrtpMode::Disabled,
            Some("preferred") => v1::SrtpMode::Preferred,
            Some("required") => v1::SrtpMode::Required,
            _ => v1::SrtpMode::Unspecified,
        };
        mode.into()
    }

    fn pems(&self, name: &str) -> Vec<String> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(text).collect()).unwrap_or_default()
    }

    fn sip(&self) -> v1::SipSettings {
        let transport = match self.text("sip_transport").as_deref() {
            Some("udp") => v1::SipTransport::Udp,
            Some("tcp") => v1::SipTransport::Tcp,
            Some("tls") => v1::SipTransport::Tls,
            _ => v1::SipTransport::Unspecified,
        };
        v1::SipSettings {
            proxy: self.endpoint("sip_proxy"),
            registrar: self.endpoint("sip_registrar"),
            backup_proxy: self.endpoint("sip_backup_proxy"),
            backup_registrar: self.endpoint("sip_backup_registrar"),
            outbound_proxy: self.endpoint("sip_outbound_proxy"),
            dtmf_mode: self.dtmf_mode("sip_dtmf_mode"),
            srtp_mode: self.srtp_mode("sip_srtp_mode"),
            transport: transport.into(),
            subscribe_mwi: self.0.get("sip_subscribe_mwi").and_then(Value::as_bool),
            servers_certificates: self.pems("sip_servers_root_and_intermediate_certificates"),
            local_certificates: self.pems("sip_local_root_and_intermediate_certificates"),
            local_certificate: self.text("sip_local_certificate"),
            local_key: self.text("sip_local_key"),
        }
    }

    fn line(&self) -> v1::SipLine {
        v1::SipLine {
            proxy: self.endpoint("proxy"),
            registrar: self.endpoint("registrar"),
            backup_proxy: self.endpoint("backup_proxy"),
            backup_registrar: self.endpoint("backup_registrar"),
            outbound_proxy: self.endpoint("outbound_proxy"),
            username: self.text("username").unwrap_or_default(),
            auth_username: self.text("auth_username").unwrap_or_default(),
            password: self.text("password").unwrap_or_default(),
            display_name: self.text("display_name").unwrap_or_default(),
            number: self.text("number").unwrap_or_default(),
            dtmf_mode: self.dtmf_mode("dtmf_mode"),
            srtp_mode: self.srtp_mode("srtp_mode"),
            voicemail: self.text("voicemail"),
        }
    }

    fn function_key(&self) -> v1::FunctionKey {
        let kind = match self.text("type").as_deref() {
            Some("speeddial") => v1::FunctionKeyType::Speeddial,
            Some("blf") => v1::FunctionKeyType::Blf,
            Some("park") => v1::FunctionKeyType::Park,
            _ => v1::FunctionKeyType::Unspecified,
        };
        v1::FunctionKey {
            r#type: kind.into(),
            value: self.text("value").unwrap_or_default(),
            label: self.text("label").unwrap_or_default(),
            line: self.number("line"),
        }
    }

    fn numbered<T>(&self, name: &str, read: impl Fn(Reader<'_>) -> T) -> BTreeMap<u32, T> {
        let entries = self.0.get(name).and_then(Value::as_object).into_iter().flatten();
        let entry =
            |(key, value): (&String, &Value)| Some((key.parse().ok()?, read(Reader(value.as_object()?))));
        entries.filter_map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn typed_fields_say_what_the_document_says() {
        let document = json!({
            "ntp_enabled": true, "ntp_ip": "192.0.2.1", "dns_enabled": false, "dns_ip": "192.0.2.2",
            "sip_proxy_ip": "pbx", "exten_dnd": "*25", "X_mine": [1],
            "sip_lines": {"1": {"username": "u", "proxy_port": "5061"}},
            "funckeys": {"3": {"type": "blf", "value": "101", "line": 2}},
        });
        let message = raw_config(&RawConfig::new(document.as_object().unwrap().clone()));
        assert_eq!((message.ntp_ip.as_deref(), message.dns_ip), (Some("192.0.2.1"), None));
        let line = &message.sip_lines[&1];
        assert_eq!((line.auth_username.as_str(), line.proxy.as_ref().unwrap().ip.as_str()), ("u", "pbx"));
        assert_eq!(message.funckeys[&3].line, Some(2));
        assert_eq!(message.extensions["dnd"], "*25");
        assert_eq!(message.extras_json, BTreeMap::from([("X_mine".to_owned(), "[1]".to_owned())]));
    }
}
