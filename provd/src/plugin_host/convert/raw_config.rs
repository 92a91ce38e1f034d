//! A raw config as a message: typed fields for what every plugin meets, and the exact document beside them.
//!
//! Which parameters there are and what is sound of them is the domain's business; here they only change their clothes.

use std::collections::BTreeMap;

use provd_proto::v1;
use serde_json::Value;

use crate::domain::raw_config::{
    CallManager, Certificate, DtmfMode, FunctionKey, FunctionKeyType, Host, Number, Parameters, Port,
    Protocol, RawConfig, SipLine, SipTransport, SrtpMode, SyslogLevel,
};

/// Parameters that have no field of their own and travel with those that nobody here knows.
const WITHOUT_FIELD: [&str; 2] = ["config_version", "config_encryption_enabled"];

/// The message of a raw config.
pub(in crate::plugin_host) fn raw_config(raw_config: &RawConfig) -> v1::RawConfig {
    let stated = raw_config.parameters();
    v1::RawConfig {
        document_json: Value::Object(raw_config.document().clone()).to_string(),
        vlan: enabled(stated.vlan_enabled).and_then(|()| vlan(&stated)),
        syslog: enabled(stated.syslog_enabled).and_then(|()| syslog(&stated)),
        sip: Some(sip(&stated)),
        dns_ip: enabled(stated.dns_enabled).and(stated.dns_ip).map(|ip| ip.to_string()),
        ntp_ip: enabled(stated.ntp_enabled).and(host(stated.ntp_ip)),
        sip_lines: each(stated.sip_lines, sip_line),
        sccp_call_managers: each(stated.sccp_call_managers, call_manager),
        funckeys: each(stated.funckeys, function_key),
        http_base_url: stated
            .http_base_url
            .map(|url| url.0.trim_end_matches('/').to_owned())
            .unwrap_or_default(),
        ip: host(stated.ip).unwrap_or_default(),
        http_port: port(stated.http_port).unwrap_or_default(),
        tftp_port: port(stated.tftp_port).unwrap_or_default(),
        protocol: protocol(stated.protocol).into(),
        timezone: stated.timezone.map(|zone| zone.0).unwrap_or_default(),
        locale: stated.locale.map(|locale| locale.0).unwrap_or_default(),
        admin: credentials(stated.admin_username, stated.admin_password),
        user: credentials(stated.user_username, stated.user_password),
        extensions: [
            ("dnd", stated.exten_dnd),
            ("fwd_unconditional", stated.exten_fwd_unconditional),
            ("fwd_no_answer", stated.exten_fwd_no_answer),
            ("fwd_busy", stated.exten_fwd_busy),
            ("fwd_disable_all", stated.exten_fwd_disable_all),
            ("park", stated.exten_park),
            ("pickup_group", stated.exten_pickup_group),
            ("pickup_call", stated.exten_pickup_call),
            ("voicemail", stated.exten_voicemail),
        ]
        .into_iter()
        .filter_map(|(service, dialled)| Some((service.to_owned(), dialled?)))
        .collect(),
        extras_json: extras(raw_config),
    }
}

fn extras(raw_config: &RawConfig) -> BTreeMap<String, String> {
    let without_field =
        raw_config.document().iter().filter(|(name, _)| WITHOUT_FIELD.contains(&name.as_str()));
    let all = raw_config.others().chain(without_field);
    all.map(|(name, value)| (name.clone(), value.to_string())).collect()
}

fn enabled(flag: Option<bool>) -> Option<()> {
    (flag == Some(true)).then_some(())
}

fn host(host: Option<Host>) -> Option<String> {
    host.map(|host| host.0)
}

fn port(port: Option<Port>) -> Option<u32> {
    port.map(|port| port.0.into())
}

fn number<const LOW: u64, const HIGH: u64>(number: Option<Number<LOW, HIGH>>) -> Option<u32> {
    number.and_then(|number| number.0.try_into().ok())
}

fn credentials(username: Option<String>, password: Option<String>) -> Option<v1::Credentials> {
    (username.is_some() || password.is_some()).then_some(v1::Credentials { username, password })
}

fn endpoint(ip: Option<Host>, at: Option<Port>) -> Option<v1::Endpoint> {
    Some(v1::Endpoint { ip: host(ip)?, port: port(at) })
}

fn each<T, M>(entries: Option<BTreeMap<u32, T>>, message: fn(T) -> M) -> BTreeMap<u32, M> {
    entries.unwrap_or_default().into_iter().map(|(number, entry)| (number, message(entry))).collect()
}

fn vlan(stated: &Parameters) -> Option<v1::Vlan> {
    Some(v1::Vlan {
        id: number(stated.vlan_id)?,
        priority: number(stated.vlan_priority),
        pc_port_id: number(stated.vlan_pc_port_id),
    })
}

fn syslog(stated: &Parameters) -> Option<v1::Syslog> {
    let level = match stated.syslog_level {
        None => v1::SyslogLevel::Unspecified,
        Some(SyslogLevel::Critical) => v1::SyslogLevel::Critical,
        Some(SyslogLevel::Error) => v1::SyslogLevel::Error,
        Some(SyslogLevel::Warning) => v1::SyslogLevel::Warning,
        Some(SyslogLevel::Info) => v1::SyslogLevel::Info,
        Some(SyslogLevel::Debug) => v1::SyslogLevel::Debug,
    };
    // The defaults state the port of every syslog that is enabled.
    let port = port(stated.syslog_port).unwrap_or_default();
    Some(v1::Syslog { ip: host(stated.syslog_ip.clone())?, port, level: level.into() })
}

fn sip(stated: &Parameters) -> v1::SipSettings {
    v1::SipSettings {
        proxy: endpoint(stated.sip_proxy_ip.clone(), stated.sip_proxy_port),
        registrar: endpoint(stated.sip_registrar_ip.clone(), stated.sip_registrar_port),
        backup_proxy: endpoint(stated.sip_backup_proxy_ip.clone(), stated.sip_backup_proxy_port),
        backup_registrar: endpoint(stated.sip_backup_registrar_ip.clone(), stated.sip_backup_registrar_port),
        outbound_proxy: endpoint(stated.sip_outbound_proxy_ip.clone(), stated.sip_outbound_proxy_port),
        dtmf_mode: dtmf_mode(stated.sip_dtmf_mode).into(),
        srtp_mode: srtp_mode(stated.sip_srtp_mode).into(),
        transport: transport(stated.sip_transport).into(),
        subscribe_mwi: stated.sip_subscribe_mwi,
        servers_certificates: pems(stated.sip_servers_root_and_intermediate_certificates.as_ref()),
        local_certificates: pems(stated.sip_local_root_and_intermediate_certificates.as_ref()),
        local_certificate: stated.sip_local_certificate.as_ref().map(|certificate| certificate.0.clone()),
        local_key: stated.sip_local_key.as_ref().map(|key| key.0.clone()),
    }
}

fn pems(list: Option<&Vec<Certificate>>) -> Vec<String> {
    list.into_iter().flatten().map(|certificate| certificate.0.clone()).collect()
}

fn sip_line(line: SipLine) -> v1::SipLine {
    v1::SipLine {
        proxy: endpoint(line.proxy_ip, line.proxy_port),
        registrar: endpoint(line.registrar_ip, line.registrar_port),
        backup_proxy: endpoint(line.backup_proxy_ip, line.backup_proxy_port),
        backup_registrar: endpoint(line.backup_registrar_ip, line.backup_registrar_port),
        outbound_proxy: endpoint(line.outbound_proxy_ip, line.outbound_proxy_port),
        username: line.username.unwrap_or_default(),
        auth_username: line.auth_username.unwrap_or_default(),
        password: line.password.unwrap_or_default(),
        display_name: line.display_name.unwrap_or_default(),
        number: line.number.unwrap_or_default(),
        dtmf_mode: dtmf_mode(line.dtmf_mode).into(),
        srtp_mode: srtp_mode(line.srtp_mode).into(),
        voicemail: line.voicemail,
    }
}

fn call_manager(manager: CallManager) -> v1::SccpCallManager {
    v1::SccpCallManager { ip: host(manager.ip).unwrap_or_default(), port: port(manager.port) }
}

fn function_key(key: FunctionKey) -> v1::FunctionKey {
    let kind = match key.kind {
        None => v1::FunctionKeyType::Unspecified,
        Some(FunctionKeyType::Speeddial) => v1::FunctionKeyType::Speeddial,
        Some(FunctionKeyType::Blf) => v1::FunctionKeyType::Blf,
        Some(FunctionKeyType::Park) => v1::FunctionKeyType::Park,
    };
    v1::FunctionKey {
        r#type: kind.into(),
        value: key.value.unwrap_or_default(),
        label: key.label.unwrap_or_default(),
        line: number(key.line),
    }
}

fn protocol(protocol: Option<Protocol>) -> v1::Protocol {
    match protocol {
        None => v1::Protocol::Unspecified,
        Some(Protocol::Sip) => v1::Protocol::Sip,
        Some(Protocol::Sccp) => v1::Protocol::Sccp,
    }
}

fn dtmf_mode(mode: Option<DtmfMode>) -> v1::DtmfMode {
    match mode {
        None => v1::DtmfMode::Unspecified,
        Some(DtmfMode::RtpInBand) => v1::DtmfMode::RtpInBand,
        Some(DtmfMode::RtpOutOfBand) => v1::DtmfMode::RtpOutOfBand,
        Some(DtmfMode::SipInfo) => v1::DtmfMode::SipInfo,
    }
}

fn srtp_mode(mode: Option<SrtpMode>) -> v1::SrtpMode {
    match mode {
        None => v1::SrtpMode::Unspecified,
        Some(SrtpMode::Disabled) => v1::SrtpMode::Disabled,
        Some(SrtpMode::Preferred) => v1::SrtpMode::Preferred,
        Some(SrtpMode::Required) => v1::SrtpMode::Required,
    }
}

fn transport(transport: Option<SipTransport>) -> v1::SipTransport {
    match transport {
        None => v1::SipTransport::Unspecified,
        Some(SipTransport::Udp) => v1::SipTransport::Udp,
        Some(SipTransport::Tcp) => v1::SipTransport::Tcp,
        Some(SipTransport::Tls) => v1::SipTransport::Tls,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::raw_config::samples;

    #[test]
    fn typed_fields_say_what_the_document_says() {
        let document = json!({
            "ntp_enabled": true, "ntp_ip": "192.0.2.1", "dns_enabled": false, "dns_ip": "192.0.2.2",
            "sip_proxy_ip": "pbx", "exten_dnd": "*25", "X_mine": [1], "config_version": 7,
            "http_base_url": "http://192.0.2.1/", "vlan_enabled": true, "vlan_id": 0,
            "syslog_enabled": "yes", "syslog_ip": "logs", "sip_transport": "tls",
            "sip_lines": {"1": {"username": "u", "proxy_port": "5061"}},
            "funckeys": {"3": {"type": "blf", "value": "101", "line": 2}},
        });
        let message = raw_config(&RawConfig::new(document.as_object().unwrap().clone()));
        assert_eq!((message.ntp_ip.as_deref(), message.dns_ip), (Some("192.0.2.1"), None));
        assert_eq!((message.http_base_url.as_str(), message.vlan.unwrap().id), ("http://192.0.2.1", 0));
        let syslog = message.syslog.unwrap();
        assert_eq!(
            (syslog.ip.as_str(), syslog.port, syslog.level()),
            ("logs", 514, v1::SyslogLevel::Warning)
        );
        assert_eq!(message.sip.unwrap().transport(), v1::SipTransport::Tls);
        let line = &message.sip_lines[&1];
        let proxy = line.proxy.as_ref().unwrap();
        assert_eq!((line.auth_username.as_str(), proxy.ip.as_str(), proxy.port), ("u", "pbx", Some(5061)));
        assert_eq!(message.funckeys[&3].line, Some(2));
        assert_eq!(message.extensions["dnd"], "*25");
        let extras = [("X_mine", "[1]"), ("config_version", "7")];
        assert_eq!(
            message.extras_json,
            extras.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        );
    }

    proptest! {
        #[test]
        fn no_document_is_lost_on_the_way(document in samples::document()) {
            let given = RawConfig::new(document);
            let message = raw_config(&given);
            let document: Value = serde_json::from_str(&message.document_json).unwrap();
            prop_assert_eq!(document.as_object().unwrap(), given.document());
            for (name, value) in given.others() {
                prop_assert_eq!(&message.extras_json[name], &value.to_string());
            }
        }
    }
}
