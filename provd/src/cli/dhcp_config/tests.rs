//! What is written, whatever a plugin hints: nothing of it stands outside of quotes, and all of it arrives.

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value as Json, json};

use super::{Advertised, DhcpServer, Hints, snippet};

fn own() -> Advertised {
    Advertised { http: "http://h".to_owned(), tftp: "192.0.2.1".to_owned(), strange_tftp_port: None }
}

/// One plugin with one hint of every kind.
fn hints(plugin: &str, exact: &str, prefix: &str, text: &str) -> Hints {
    let hint = json!({
        "vendor_classes": [exact],
        "vendor_class_prefixes": [],
        "mac_prefixes": ["00:08:5d"],
        "options": {"43": {"2": text, "3": false}, "66": text, "150": "{tftp}", "160": text},
    });
    let second = json!({
        "vendor_classes": [],
        "vendor_class_prefixes": [prefix],
        "mac_prefixes": [],
        "options": {"67": text},
    });
    serde_json::from_value(json!({ plugin: [hint, second] })).unwrap()
}

/// What is data: quoted strings, bytes in hexadecimal, lengths; and names of classes, unlike `provd-160`, an option.
fn data(server: DhcpServer) -> &'static Regex {
    static DATA: LazyLock<[Regex; 3]> = LazyLock::new(|| {
        [
            r#""([^"\\]|\\[0-7]{3})*"|, [0-9]+\)"#,
            r#""data": ("([^"\\]|\\["\\])*")|'[^'"\\]*'|0x[0-9a-f]+|,[0-9]+\)"#,
            r#","([^"\\]|\\["\\])*"|(?m:,([0-9a-f]{2}(:([0-9a-f]{2}|\*))+|[0-9]+b)$)"#,
        ]
        .map(|data| Regex::new(&format!("{data}|provd-[a-z][A-Za-z0-9-]*")).unwrap())
    });
    &DATA[server as usize]
}

/// What is left of a snippet without data and comments.
fn skeleton(server: DhcpServer, snippet: &str) -> String {
    let is_comment = |line: &str| line.trim_start().starts_with(['#', '/']);
    // What dnsmasq cannot say of options 66 and 67 it leaves out.
    let is_left_out =
        |line: &str| server == DhcpServer::Dnsmasq && [",66,", ",67,"].iter().any(|code| line.contains(code));
    let code = snippet.lines().filter(|line| !is_comment(line) && !is_left_out(line));
    data(server).replace_all(&code.collect::<Vec<_>>().join("\n"), "DATA").into_owned()
}

const SERVERS: [DhcpServer; 3] = [DhcpServer::Isc, DhcpServer::Kea, DhcpServer::Dnsmasq];

/// Text as hostile as a hint may be, full of what means something to one of the servers.
fn hostile(longest: usize) -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        4 => "[\"'\\\\;{}#,:*()\\[\\]/<>?!=$%&| -]",
        1 => "[a-z0-9]",
        1 => "\\PC".prop_filter("no control characters", |text| !text.contains(char::is_control)),
    ];
    prop::collection::vec(sign, 1..=longest).prop_map(|signs| signs.concat())
}

proptest! {
    #[test]
    fn nothing_escapes_its_quoting(
        exact in hostile(40), prefix in hostile(20), text in hostile(40), plugin in "[a-z]{1,9}-\\PC{0,99}",
    ) {
        // Neither class begins like the other, and the second is longer: so it is with those they are compared with.
        let longer = "p".repeat(170);
        let (exact, prefix) = (format!("e{exact}"), format!("{longer}{prefix}"));
        let plain = hints("plain-1", "exact", &longer, "plain text");
        for server in SERVERS {
            let written = snippet(server, &hints(&plugin, &exact, &prefix, &text), &own());
            prop_assert!(written.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)), "{written}");
            let expected = skeleton(server, &snippet(server, &plain, &own()));
            prop_assert_eq!(skeleton(server, &written), expected, "{}", written);
            if server == DhcpServer::Dnsmasq {
                prop_assert!(written.lines().all(|line| line.len() < 1024), "{written}");
            }
        }
    }

    #[test]
    fn kea_gets_every_byte(exact in hostile(60), text in hostile(60)) {
        let document = kea(&hints("a-1", &exact, "something else", &text));
        let classes = document["client-classes"].as_array().unwrap().iter();
        let mut options = classes.flat_map(|class| class["option-data"].as_array().unwrap());
        let data = options.find(|option| option["code"] == 66).unwrap()["data"].as_str().unwrap();
        let filled = own().fill(&text).into_bytes();
        let sent = match data.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(text) => text.as_bytes().to_vec(),
            None => hex::decode(data).unwrap(),
        };
        prop_assert_eq!(sent, filled);
    }
}

fn kea(hints: &Hints) -> Json {
    let written = snippet(DhcpServer::Kea, hints, &own());
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = written.lines().filter(is_code).collect();
    serde_json::from_str(&format!("{{{code}}}")).unwrap_or_else(|error| panic!("{error}: {written}"))
}

#[test]
fn the_longest_hint_fits_into_every_line() {
    let long = format!("{}\"", "x\u{e9}".repeat(84));
    for (class, text) in [("\"".repeat(255), "\"".repeat(253)), (long.clone(), long)] {
        let hints = hints("a-1", &class, "p", &text);
        let written = snippet(DhcpServer::Dnsmasq, &hints, &own());
        assert!(written.lines().all(|line| line.len() < 1024) && !written.contains("67,\n"), "{written}");
    }
}

#[test]
fn a_plugin_that_is_away_and_a_port_that_phones_do_not_ask_are_told() {
    let hints: Hints = serde_json::from_value(json!({"gone-1": null})).unwrap();
    let own = Advertised { strange_tftp_port: Some(6969), ..own() };
    for server in SERVERS {
        let written = snippet(server, &hints, &own);
        assert!(written.contains("Plugin gone-1 ") && written.contains("port 6969"), "{written}");
    }
}

#[test]
fn mac_prefixes_are_for_clients_without_a_known_vendor_class() {
    let hints = hints("aastra-3.2", "AastraIPPhone57i", "Aastra", "{http}/Aastra");
    let written = snippet(DhcpServer::Isc, &hints, &own());
    let excluded = "match if (substring(hardware, 0, 4) = 01:00:08:5d)\n    \
                    and not (substring(option vendor-class-identifier, 0, 6) = \"Aastra\");";
    assert!(written.contains(excluded), "{written}");
    let document = kea(&hints);
    let test = document.pointer("/client-classes/2/test").unwrap();
    let expected =
        "(substring(pkt4.mac,0,3) == 0x00085d) and not (member('provd-aastra') or member('provd-aastra.2'))";
    assert_eq!(test, expected);
    let written = snippet(DhcpServer::Dnsmasq, &hints, &own());
    assert!(written.contains("tag-if=set:provd-aastra.mac.not,tag:provd.known\n"), "{written}");
    assert!(written.contains("dhcp-mac=set:provd-aastra.mac.match,00:08:5d:*:*:*\n"), "{written}");
    assert!(written.contains(",66,\"http://h/Aastra\"\n"), "{written}");
}
