//! For `dnsmasq`: tags that clients get, and options for tags (dnsmasq(8)).
//!
//! `dhcp-vendorclass` finds its text anywhere in a vendor class. `dhcp-match` on option 60 with bytes in hexadecimal
//! compares the beginning, so that is used; nothing compares the end. An exact class is therefore a beginning too, and
//! yields to longer ones that lead elsewhere. Which of two options dnsmasq prefers is left to no rule of its own: tags
//! exclude each other. Options 66 and 67 are text to it whatever they look like, and it ends them with a NUL byte, which
//! phones must put up with (RFC 2132 §2).

use std::fmt::Write as _;

use super::classes::{Class, Distinction, Matcher};
use super::comment::comment;
use super::plan::{Order, Plan, octets};
use super::value::Value;

const HEADING: &str = "\
DHCP options for dnsmasq that lead phones to provd. Save this as /etc/dnsmasq.d/provd.conf and check with dnsmasq --test.
Ranges stay your own; to reserve one for phones, name a tag below in it: dhcp-range=tag:TAG,... dnsmasq compares only
the beginning of a vendor class, so a class stands for longer ones too unless those are named here.";

/// On clients whose vendor class tells what they are.
const KNOWN: &str = "provd.known";

/// The snippet.
pub(super) fn render(plan: &Plan) -> String {
    let order = plan.order(Distinction::Beginning);
    let mut text = comment("#", HEADING);
    for remark in plan.remarks() {
        text.push_str(&comment("# Attention:", remark));
    }
    for class in &order.vendor {
        class_lines(&mut text, class, &order);
        let _ = writeln!(text, "tag-if=set:{KNOWN},tag:{}.match", class.name);
    }
    for class in &order.mac {
        class_lines(&mut text, class, &order);
    }
    text
}

fn class_lines(text: &mut String, class: &Class, order: &Order) {
    let name = &class.name;
    let plugins: Vec<&str> = class.plugins.iter().map(String::as_str).collect();
    let _ = write!(text, "\n{}", comment("#", &plugins.join(", ")));
    let is_mac = order.mac.contains(class);
    for matcher in &class.matchers {
        if is_mac {
            let _ = writeln!(text, "dhcp-mac=set:{name}.match,{}", mac(matcher));
        } else {
            let shown = String::from_utf8_lossy(&matcher.bytes);
            text.push_str(&comment("#", &shown));
            let _ = writeln!(text, "dhcp-match=set:{name}.match,60,{}", beginning(matcher));
        }
    }
    let peers = if is_mac { &order.mac } else { &order.vendor };
    let narrower = peers.iter().filter(|other| class.yields_to(other, Distinction::Beginning));
    let narrower: Vec<&str> = narrower.map(|other| other.name.as_str()).collect();
    // One line for each: dnsmasq reads 1,024 characters at most.
    for other in &narrower {
        let _ = writeln!(text, "tag-if=set:{name}.not,tag:{other}.match");
    }
    if is_mac {
        let _ = writeln!(text, "tag-if=set:{name}.not,tag:{KNOWN}");
    }
    let _ = writeln!(text, "tag-if=set:{name},tag:{name}.match,tag:!{name}.not");
    for (code, value) in &class.options {
        text.push_str(&comment("#", &value.meaning(*code)));
        // Phones take these options, though hardly one asks for all of them.
        let line = match data(*code, value) {
            Some(data) => format!("dhcp-option-force=tag:{name},{code},{data}\n"),
            None => comment("# Attention:", "dnsmasq cannot hand this out: it is left out."),
        };
        text.push_str(&line);
    }
}

/// A single byte would be taken for a number.
fn beginning(matcher: &Matcher) -> String {
    match matcher.bytes.as_slice() {
        [byte] => format!("{byte:02x}:*"),
        bytes => octets(bytes),
    }
}

fn mac(matcher: &Matcher) -> String {
    let missing = ":*".repeat(6_usize.saturating_sub(matcher.bytes.len()));
    octets(&matcher.bytes) + &missing
}

/// Nothing for what cannot be said.
fn data(code: u8, value: &Value) -> Option<String> {
    Some(match value {
        Value::Addresses(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            addresses.join(",")
        }
        Value::Text(text) if matches!(code, 66 | 67) => quoted(text)?,
        Value::Text(text) => quoted(text).unwrap_or_else(|| bytes(text.as_bytes())),
        Value::SubOptions { bytes: encoded, .. } => bytes(encoded),
    })
}

/// Bytes in hexadecimal; a single one as a number of one byte, which is what it would be taken for.
fn bytes(bytes: &[u8]) -> String {
    match bytes {
        [byte] => format!("{byte}b"),
        bytes => octets(bytes),
    }
}

/// Between quotes even `192.0.2.1` is text. Nothing for text that cannot stand there, or consists of signs alone and might
/// be taken for something else.
fn quoted(text: &str) -> Option<String> {
    let is_printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric).count();
    if !is_printable || letters < 2 {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
