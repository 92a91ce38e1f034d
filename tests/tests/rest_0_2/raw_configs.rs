//! §4: what may be in a raw config. Creation and replacement judge alike.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, refused, status};
use crate::request::{get, post, put};
use crate::section::Checking;

const CONFIGS: &str = "/cfg_mgr/configs";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    let subject = json!({"config": {"id": "subject", "parent_ids": [], "raw_config": {}}});
    checking.ask(post(CONFIGS, &subject)).await?.ok()?;
    sound(checking).await?;
    unsound(checking).await?;
    not_inherited(checking).await
}

fn config(raw_config: &Value) -> Value {
    json!({"config": {"parent_ids": [], "raw_config": raw_config}})
}

fn line(keys: &Value) -> Value {
    json!({"sip_lines": {"1": keys}})
}

async fn sound(checking: &mut Checking) -> Result<()> {
    for (rule, raw_config) in [
        (
            "keys of one's own begin with X_",
            json!({"X_": 1, "X_a": {"b": null}, "X_xivo_phonebook_ip": "192.0.2.1"}),
        ),
        ("ntp_enabled with its ip", json!({"ntp_enabled": true, "ntp_ip": "192.0.2.1"})),
        ("dns_enabled with its ip", json!({"dns_enabled": true, "dns_ip": "192.0.2.1"})),
        ("syslog_enabled with its ip", json!({"syslog_enabled": true, "syslog_ip": "192.0.2.1"})),
        ("vlan_enabled with its id", json!({"vlan_enabled": true, "vlan_id": 5})),
        (
            "what is not enabled needs nothing",
            json!({"ntp_enabled": false, "dns_enabled": false, "vlan_enabled": false}),
        ),
        ("a locale is ll_CC", json!({"locale": "en_US"})),
        ("a time zone that exists", json!({"timezone": "America/Montreal"})),
        ("integers may be text", json!({"vlan_id": "5", "sip_proxy_port": "5060", "syslog_port": "514"})),
        ("text may be a number", json!({"admin_password": 1234, "user_username": 7})),
        ("protocol SIP", json!({"protocol": "SIP"})),
        ("protocol SCCP", json!({"protocol": "SCCP"})),
        ("sip_transport", json!({"sip_transport": "tls"})),
        ("sip_srtp_mode", json!({"sip_srtp_mode": "preferred"})),
        ("sip_dtmf_mode", json!({"sip_dtmf_mode": "SIP-INFO"})),
        ("syslog_level", json!({"syslog_level": "critical"})),
        ("config_version", json!({"config_version": 1})),
        (
            "a function key",
            json!({"funckeys": {"1": {"type": "speeddial", "value": "42", "label": "L", "line": 1}}}),
        ),
        ("a park key needs no value", json!({"funckeys": {"2": {"type": "park"}}})),
        ("a blf key", json!({"funckeys": {"10": {"type": "blf", "value": "*8"}}})),
        (
            "call managers",
            json!({"sccp_call_managers": {"1": {"ip": "192.0.2.1"}, "2": {"ip": "192.0.2.2", "port": 2000}}}),
        ),
        ("a line without anything", line(&json!({}))),
        ("a line with keys of its own", line(&json!({"username": "u", "unheard_of": [1]}))),
        (
            "a line's modes and ports",
            line(&json!({"dtmf_mode": "RTP-in-band", "srtp_mode": "required", "proxy_port": "5061"})),
        ),
        ("nothing", json!({})),
    ] {
        let rule = format!("§4 raw_config: {rule}");
        checking.check(&rule, post(CONFIGS, &config(&raw_config)), status(201)).await?;
        checking.check(&rule, put("/cfg_mgr/configs/subject", &config(&raw_config)), status(204)).await?;
        let kept = document().at("/config/raw_config", raw_config);
        checking.check("§4 raw_config: stored verbatim", get("/cfg_mgr/configs/subject"), kept).await?;
    }
    Ok(())
}

/// What is wrong, and the key that the answer should name.
fn wrong() -> Vec<(&'static str, Value)> {
    let key = |value: Value| json!({"funckeys": {"1": value}});
    vec![
        ("unheard_of", json!({"unheard_of": 1})),
        ("x_lower", json!({"x_lower": 1})),
        ("XX_reserved", json!({"XX_reserved": 1})),
        ("ntp_ip", json!({"ntp_enabled": true})),
        ("dns_ip", json!({"dns_enabled": true})),
        ("syslog_ip", json!({"syslog_enabled": true})),
        ("vlan_id", json!({"vlan_enabled": true})),
        ("ntp_enabled", json!({"ntp_enabled": "perhaps"})),
        ("locale", json!({"locale": "french"})),
        ("locale", json!({"locale": "f_FR"})),
        ("timezone", json!({"timezone": "Europe/Atlantis"})),
        ("sip_proxy_port", json!({"sip_proxy_port": "x"})),
        ("sip_registrar_port", json!({"sip_registrar_port": 1.5})),
        ("syslog_port", json!({"syslog_port": []})),
        ("vlan_priority", json!({"vlan_priority": "high"})),
        ("vlan_pc_port_id", json!({"vlan_pc_port_id": {}})),
        ("config_version", json!({"config_version": "one"})),
        ("admin_username", json!({"admin_username": []})),
        ("user_password", json!({"user_password": {}})),
        ("protocol", json!({"protocol": "sip"})),
        ("protocol", json!({"protocol": "H323"})),
        ("sip_transport", json!({"sip_transport": "UDP"})),
        ("sip_srtp_mode", json!({"sip_srtp_mode": "on"})),
        ("sip_dtmf_mode", json!({"sip_dtmf_mode": "rfc4733"})),
        ("syslog_level", json!({"syslog_level": "notice"})),
        ("syslog_port", json!({"syslog_port": "none"})),
        ("funckeys", json!({"funckeys": {"one": {"type": "park"}}})),
        ("funckeys", json!({"funckeys": []})),
        ("funckeys", json!({"funckeys": null})),
        ("type", key(json!({"type": "dial", "value": "1"}))),
        ("type", key(json!({"value": "1"}))),
        ("value", key(json!({"type": "speeddial"}))),
        ("value", key(json!({"type": "blf", "value": ""}))),
        ("funckeys", key(json!("park"))),
        ("sccp_call_managers", json!({"sccp_call_managers": {"first": {"ip": "192.0.2.1"}}})),
        ("ip", json!({"sccp_call_managers": {"1": {"port": 2000}}})),
        ("sccp_call_managers", json!({"sccp_call_managers": null})),
        ("sip_lines", json!({"sip_lines": null})),
        ("sip_lines", json!({"sip_lines": []})),
        ("sip_lines", json!({"sip_lines": {"1": "alice"}})),
        ("dtmf_mode", line(&json!({"dtmf_mode": "RTP"}))),
        ("srtp_mode", line(&json!({"srtp_mode": "maybe"}))),
        ("proxy_port", line(&json!({"proxy_port": "x"}))),
    ]
}

async fn unsound(checking: &mut Checking) -> Result<()> {
    for (key, raw_config) in wrong() {
        let rule = format!("§4 raw_config: {raw_config} is refused, and the answer names {key}");
        checking.check(&rule, post(CONFIGS, &config(&raw_config)), refused(400).saying(key)).await?;
        let put = put("/cfg_mgr/configs/subject", &config(&raw_config));
        checking.check(&rule, put, refused(400).saying(key)).await?;
    }
    let expected = document().at("/config/raw_config", json!({}));
    checking
        .check("§4 raw_config: what was refused is not stored", get("/cfg_mgr/configs/subject"), expected)
        .await?;
    Ok(())
}

/// What an enabled service needs must be stated beside it.
async fn not_inherited(checking: &mut Checking) -> Result<()> {
    let parent = json!({"config": {"id": "clock", "parent_ids": [], "raw_config": {"ntp_ip": "192.0.2.1"}}});
    checking.ask(post(CONFIGS, &parent)).await?.ok()?;
    let child = json!({"config": {"parent_ids": ["clock"], "raw_config": {"ntp_enabled": true}}});
    let rule = "§4 raw_config: an enabled service needs its address in the same document";
    checking.check(rule, post(CONFIGS, &child), refused(400).saying("ntp_ip")).await?;
    Ok(())
}
