use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::raw_config::{RawConfig, samples};

fn object(document: &Value) -> &Map<String, Value> {
    document.as_object().unwrap()
}

fn problems(document: &Value) -> Vec<String> {
    let problems = check(object(document)).err().unwrap_or_default();
    problems.shown().iter().map(ToString::to_string).collect()
}

/// What is wrong with one parameter alone.
fn problem(name: &str, value: &Value) -> String {
    problems(&json!({name: value})).join("; ")
}

fn assert_sound(name: &str, values: &[Value]) {
    for value in values {
        assert_eq!(problem(name, value), "", "{name}: {value}");
    }
}

fn assert_problem(name: &str, values: &[Value], expected: &str) {
    for value in values {
        let found = problem(name, value);
        assert!(found.contains(expected), "{name}: {value}: `{found}` does not say `{expected}`");
    }
}

#[test]
fn what_phones_need_is_sound() {
    let sound = json!({
        "http_base_url": "http://192.0.2.1:8667", "ntp_enabled": true, "ntp_ip": "2001:db8::1", "vlan_enabled": true,
        "vlan_id": 4094, "locale": "fr_FR", "sip_proxy_ip": "pbx.example.org", "sip_proxy_port": "5060",
        "exten_pickup_call": "*8", "X_mine": {"a": 1}, "sip_dtmf_mode": null, "_comment": ["free"],
        "config_encryption_enabled": true, "config_version": 3,
        "sip_lines": {"1": {"username": "u", "proxy_ip": "192.0.2.1", "X_free": 1, "other": {}}},
        "funckeys": {"1": {"type": "park"}, "2": {"type": "blf", "value": "101", "line": 1, "label": ""}},
        "sccp_call_managers": {"1": {"ip": "192.0.2.1"}}
    });
    assert_eq!(problems(&sound), Vec::<String>::new());
    assert!(check(object(&sound)).is_ok());
}

#[test]
fn all_problems_are_named_at_once() {
    let found = problems(&json!({
        "sip_lines": {"1": {"proxy_port": 70000}, "x": {}}, "vlan_priority": 8, "XX_a": 1, "vlan_enabled": true,
        "vlan_id": null, "colour": "red", "funckeys": {"1": {"type": "speeddial"}, "2": {"type": "dial"}, "3": {}},
        "sip_proxy_ip": "a b", "locale": "french", "timezone": "Paris", "sip_proxi_ip": "pbx",
        "sccp_call_managers": {"1": {}}, "dns_ip": "ns.example.org", "ntp_enabled": "maybe",
        "sip_transport": "sctp", "sip_lines_": {},
    }));
    let expected = [
        "sip_lines.1.proxy_port: 70000 is not a port (1 to 65535)",
        "sip_lines.x: expected a line number from 1 to 9999 as key",
        "vlan_priority: 8 is not a whole number from 0 to 7",
        "vlan_id: needed when vlan_enabled is true",
        "XX_a: names with XX_ are reserved for plugins",
        "colour: no such parameter; names of your own begin with X_",
        "funckeys.1.value: needed: what the key dials",
        "funckeys.2.type: \"dial\" is not one of speeddial, blf, park",
        "funckeys.3.type: needed: one of speeddial, blf, park",
        "sip_proxy_ip: \"a b\" is not a host name or address",
        "locale: \"french\" is not a locale such as fr_FR",
        "timezone: \"Paris\" is not a time zone such as Europe/Paris",
        "sip_proxi_ip: no such parameter; did you mean sip_proxy_ip?",
        "sip_lines_: no such parameter; did you mean sip_lines?",
        "sccp_call_managers.1.ip: needed: the host of the call manager",
        "dns_ip: \"ns.example.org\" is not an IPv4 or IPv6 address",
        "ntp_enabled: \"maybe\" is not true or false",
        "sip_transport: \"sctp\" is not one of udp, tcp, tls",
    ];
    for expected in expected {
        assert!(found.iter().any(|problem| problem == expected), "{expected} not in {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn numbers_may_be_written_as_text_and_must_be_in_range() {
    assert_sound("sip_proxy_port", &[json!(1), json!("5060"), json!(65535), json!(null)]);
    let no_ports = [
        json!(0),
        json!(65536),
        json!("+5060"),
        json!(" 5060"),
        json!(""),
        json!(5060.5),
        json!(-1),
        json!(true),
    ];
    assert_problem("sip_proxy_port", &no_ports, "is not a port (1 to 65535)");
    assert_sound("vlan_id", &[json!(0), json!("100"), json!(4094)]);
    assert_problem("vlan_id", &[json!(4095), json!("x")], "is not a whole number from 0 to 4094");
    assert_sound("config_version", &[json!(1_790_000_000_000_u64)]);
    assert_problem("config_version", &[json!("v1")], "is not a whole number from 0");
}

#[test]
fn true_and_false_have_other_names_too() {
    assert_sound("sip_subscribe_mwi", &[json!(true), json!("true"), json!("No"), json!(0), json!(null)]);
    assert_problem("sip_subscribe_mwi", &[json!(2), json!(""), json!([])], "is not true or false");
}

#[test]
fn hosts_are_names_and_addresses_of_both_kinds() {
    for name in ["sip_proxy_ip", "ntp_ip", "syslog_ip", "ip"] {
        let hosts = ["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "pbx", "a_b.example.org.", "4you.example"];
        assert_sound(name, &hosts.map(Value::from));
        assert_sound(name, &[json!(""), json!(null)]);
        let others =
            ["192.0.2.300", "192.0.2", "pbx:5060", "[192.0.2.1]", "a..b", "-a", "é", "a\n", "http://a", "12"];
        assert_problem(name, &others.map(Value::from), "is not a host name or address");
    }
    assert_sound("dns_ip", &[json!("192.0.2.1"), json!("2001:db8::1")]);
    assert_problem(
        "dns_ip",
        &[json!("[2001:db8::1]"), json!("192.0.2.1,192.0.2.2")],
        "is not an IPv4 or IPv6 address",
    );
}

#[test]
fn a_base_url_is_one() {
    assert_sound(
        "http_base_url",
        &["http://a", "https://a.example:9443/key", "http://[::1]:8667/"].map(Value::from),
    );
    let others =
        ["a", "ftp://a", "http://", "http://a?b", "http://a#b", "http://a/ b", "http://a\n", "//a", "http:"];
    assert_problem("http_base_url", &others.map(Value::from), "is not an http or https URL");
}

#[test]
fn a_locale_is_judged_to_its_end() {
    assert_sound("locale", &["fr_FR", "fil_PH"].map(Value::from));
    let others = ["fr", "fr_FR.UTF-8", "FR_fr", "fr-FR", "fr_FRA", "", "fr_FR "];
    assert_problem("locale", &others.map(Value::from), "is not a locale such as fr_FR");
}

#[test]
fn a_time_zone_is_spelled_as_the_database_spells_it() {
    let zones = [
        "Europe/Paris",
        "UTC",
        "Etc/UTC",
        "GMT",
        "US/Eastern",
        "EST5EDT",
        "America/Argentina/Buenos_Aires",
        "",
    ];
    assert_sound("timezone", &zones.map(Value::from));
    assert_problem("timezone", &[json!("europe/paris")], "did you mean Europe/Paris?");
    let others = ["Paris", "+02:00", "Etc/Unknown", "../UTC"];
    assert_problem("timezone", &others.map(Value::from), "is not a time zone such as Europe/Paris");
}

#[test]
fn only_certificates_and_keys_have_several_lines() {
    let injection = json!("Alice\nadmin_password: x");
    for name in ["admin_password", "exten_dnd"] {
        assert_problem(name, std::slice::from_ref(&injection), "contains a line break");
        assert_sound(name, &[json!("a b é"), json!(1234), json!("")]);
    }
    for (group, name) in [("sip_lines", "display_name"), ("sip_lines", "password"), ("funckeys", "label")] {
        let entry = json!({"1": {"type": "park", name: injection}});
        assert_problem(group, &[entry], &format!("{group}.1.{name}: contains a line break"));
    }
    assert_problem("user_username", &[json!("a\0"), json!("a\r"), json!("a\u{85}")], "contains a line break");
}

#[test]
fn certificates_and_keys_are_in_pem() {
    let pem = |label: &str| format!("-----BEGIN {label}-----\nMIIB+/==\n-----END {label}-----\n");
    let certificate = pem("CERTIFICATE");
    let encrypted =
        pem("RSA PRIVATE KEY").replace("MIIB", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB");
    assert_sound(
        "sip_local_certificate",
        &[json!(certificate), json!(format!("subject=é\n{certificate}{certificate}"))],
    );
    assert_sound("sip_local_key", &[json!(pem("PRIVATE KEY")), json!(encrypted)]);
    assert_sound("sip_servers_root_and_intermediate_certificates", &[json!([]), json!([certificate])]);
    let others = [
        pem("PRIVATE KEY"),
        certificate.replace('\n', "\\n"),
        certificate.replace("END", "EN"),
        "MIIB".to_owned(),
    ];
    assert_problem(
        "sip_local_certificate",
        &others.clone().map(Value::from),
        "expected a certificate in PEM",
    );
    assert_problem("sip_local_key", &[json!(certificate)], "expected a private key in PEM");
    assert_problem(
        "sip_servers_root_and_intermediate_certificates",
        &[json!([certificate, "x"])],
        "sip_servers_root_and_intermediate_certificates.1: expected a certificate in PEM",
    );
    assert_problem(
        "sip_servers_root_and_intermediate_certificates",
        &[json!(certificate)],
        "expected a list",
    );
}

#[test]
fn secrets_are_not_shown() {
    let found = problems(&json!({"admin_password": ["hunter2"], "sip_local_key": "hunter2",
        "sip_lines": {"1": {"password": "hunter2\n"}}, "user_password": {"a": "hunter2"}}));
    assert_eq!(found.len(), 4);
    assert!(!found.join(" ").contains("hunter2"), "{found:#?}");
}

#[test]
fn numbers_of_lines_and_keys_have_one_spelling() {
    for group in ["sip_lines", "sccp_call_managers", "funckeys"] {
        for key in ["0", "01", "+1", "10000", "a", "", "1 "] {
            assert_problem(
                group,
                &[json!({key: {"type": "park", "ip": "a"}})],
                "number from 1 to 9999 as key",
            );
        }
        assert_problem(group, &[json!(null), json!([]), json!("")], "expected an object with");
        assert_problem(group, &[json!({"1": null})], "expected an object");
    }
    let lines: Map<String, Value> =
        (1..=1024).map(|line| (line.to_string(), json!({"username": "u"}))).collect();
    assert_sound("sip_lines", &[Value::Object(lines)]);
}

#[test]
fn what_an_enabled_service_needs_is_stated_with_it() {
    for (enabled, needed) in NEEDED {
        let expected = format!("{needed}: needed when {enabled} is true");
        assert_eq!(problems(&json!({enabled: true})), [expected.as_str()]);
        assert_eq!(problems(&json!({enabled: 1, needed: null})), [expected.as_str()]);
        assert!(check(object(&json!({enabled: false, needed: null}))).is_ok());
        assert!(is_known::<Parameters>(enabled) && is_known::<Parameters>(needed));
    }
}

#[test]
fn a_near_miss_inside_a_line_is_a_warning() {
    let document = json!({"sip_lines": {"1": {"strp_mode": "required", "sip_dtmf_mode": "SIP-INFO", "X_srtp_mode": 1, "mine": 1}},
        "funckeys": {"2": {"type": "park", "lable": "P"}}});
    assert!(check(object(&document)).is_ok());
    let found = warnings(object(&document)).to_string();
    assert_eq!(
        found,
        "sip_lines.1.strp_mode: unknown, and kept; did you mean srtp_mode?; \
         sip_lines.1.sip_dtmf_mode: unknown, and kept; did you mean dtmf_mode?; \
         funckeys.2.lable: unknown, and kept; did you mean label?"
    );
}

#[test]
fn nesting_has_a_limit() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert_sound("X_mine", &[nested(MAX_DEPTH)]);
    assert_problem("X_mine", &[nested(MAX_DEPTH + 1)], "X_mine: has more than 32 levels");
    assert_problem(
        "sip_lines",
        &[json!({"1": {"mine": nested(MAX_DEPTH)}})],
        "sip_lines: has more than 32 levels",
    );
}

proptest! {
    #[test]
    fn nothing_is_too_strange_to_be_judged(document in samples::document(), value in samples::anything()) {
        let _ = (check(&document), warnings(&document));
        for parameter in Parameters::TABLE {
            let _ = check(&Map::from_iter([(parameter.name.to_owned(), value.clone())]));
        }
    }

    #[test]
    fn defaults_keep_what_is_sound_sound_and_mend_nothing(
        document in prop_oneof![samples::document(), samples::soundly_stated()],
    ) {
        let completed = RawConfig::new(document.clone());
        let verdicts = (check(&document), check(completed.document()));
        prop_assert_eq!(verdicts.0.is_ok(), verdicts.1.is_ok(), "{:?}", verdicts);
    }

    #[test]
    fn defaults_are_applied_once_and_for_all(document in samples::document()) {
        let once = RawConfig::new(document);
        prop_assert_eq!(&RawConfig::new(once.document().clone()), &once);
    }
}
