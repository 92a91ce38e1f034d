//! For `dhcpd` of ISC: classes, the first of which that fits decides (dhcpd.conf(5), dhcp-eval(5), dhcp-options(5)).
//!
//! A client may be in several classes; for an option that more than one sets, dhcpd takes the class declared first. So
//! classes that say more come first. A class by MAC address excludes clients whose vendor class is known, where that does
//! not set all options that the MAC address would.

use std::fmt::Write as _;

use super::classes::{Class, Distinction, Matcher};
use super::comment::comment;
use super::plan::{Order, Plan, octets};
use super::value::{Value, holds_addresses};

const HEADING: &str = "\
DHCP options for dhcpd of ISC that lead phones to provd. Save this as /etc/dhcp/provd.conf, put
include \"/etc/dhcp/provd.conf\"; into dhcpd.conf outside of all subnets, and check with dhcpd -t. Subnets and pools stay
your own; to reserve a pool for phones, say there: allow members of \"CLASS\"; with the names below. An option that a
class of yours sets before the include wins over the same option here.";

/// The snippet.
pub(super) fn render(plan: &Plan) -> String {
    let order = plan.order(Distinction::Exact);
    let mut text = comment("#", HEADING);
    for remark in plan.remarks() {
        text.push_str(&comment("# Attention:", remark));
    }
    text.push('\n');
    for code in order.codes().into_iter().filter(|code| name(*code).is_none()) {
        let form = if holds_addresses(code) { "array of ip-address" } else { "string" };
        let _ = writeln!(text, "option provd-{code} code {code} = {form};");
    }
    for class in &order.vendor {
        let condition = any(&class.matchers, vendor_class);
        class_statement(&mut text, class, &condition);
    }
    for class in &order.mac {
        class_statement(&mut text, class, &mac_condition(class, &order));
    }
    text
}

fn mac_condition(class: &Class, order: &Order) -> String {
    let sets_less = |vendor: &&Class| class.options.keys().any(|code| !vendor.options.contains_key(code));
    let excluded: Vec<&Matcher> =
        order.vendor.iter().filter(sets_less).flat_map(|vendor| &vendor.matchers).collect();
    let own = any(&class.matchers, mac);
    if excluded.is_empty() { own } else { format!("({own})\n    and not ({})", any(&excluded, vendor_class)) }
}

fn class_statement(text: &mut String, class: &Class, condition: &str) {
    let plugins: Vec<&str> = class.plugins.iter().map(String::as_str).collect();
    let _ = write!(text, "\n{}", comment("#", &plugins.join(", ")));
    let _ = writeln!(text, "class {} {{\n  match if {condition};", quoted(class.name.as_bytes()));
    let codes: Vec<u8> = class.options.keys().copied().collect();
    // Phones take these options, though hardly one asks for all of them.
    let _ = writeln!(
        text,
        "  if exists dhcp-parameter-request-list {{\n    option dhcp-parameter-request-list = \
         concat(option dhcp-parameter-request-list, {});\n  }}",
        octets(&codes)
    );
    for (code, value) in &class.options {
        if matches!(value, Value::SubOptions { .. }) {
            text.push_str(&comment("  #", &value.meaning(*code)));
        }
        let name = name(*code).map_or_else(|| format!("provd-{code}"), str::to_owned);
        let _ = writeln!(text, "  option {name} {};", data(value));
    }
    text.push_str("}\n");
}

fn any<M: std::borrow::Borrow<Matcher>>(matchers: &[M], condition: fn(&Matcher) -> String) -> String {
    let conditions: Vec<String> = matchers.iter().map(|matcher| condition(matcher.borrow())).collect();
    conditions.join("\n    or ")
}

/// Some phones end their vendor class with a NUL byte, which is none of it. With one put after it, all of them do.
fn vendor_class(matcher: &Matcher) -> String {
    let mut bytes = matcher.bytes.clone();
    let mut identifier = "option vendor-class-identifier";
    if matcher.is_exact {
        bytes.push(0);
        identifier = "concat(option vendor-class-identifier, 00)";
    }
    format!("substring({identifier}, 0, {}) = {}", bytes.len(), quoted(&bytes))
}

/// `hardware` begins with the type: 1 is Ethernet.
fn mac(matcher: &Matcher) -> String {
    format!("substring(hardware, 0, {}) = 01:{}", matcher.bytes.len() + 1, octets(&matcher.bytes))
}

fn data(value: &Value) -> String {
    match value {
        Value::Addresses(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            addresses.join(", ")
        }
        Value::Text(_) | Value::SubOptions { .. } => quoted(&value.bytes()),
    }
}

/// A string in which nothing but `\ooo` has a meaning of its own.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        if (0x20..0x7f).contains(byte) && !b"\"\\".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "\\{byte:03o}");
        }
    }
    text + "\""
}

/// What dhcp-options(5) calls an option. Others are defined under a name of our own; a definition of the administrator's for
/// the same code does no harm.
fn name(code: u8) -> Option<&'static str> {
    Some(match code {
        3 => "routers",
        4 => "time-servers",
        6 => "domain-name-servers",
        7 => "log-servers",
        12 => "host-name",
        15 => "domain-name",
        17 => "root-path",
        42 => "ntp-servers",
        43 => "vendor-encapsulated-options",
        44 => "netbios-name-servers",
        60 => "vendor-class-identifier",
        66 => "tftp-server-name",
        67 => "bootfile-name",
        69 => "smtp-server",
        72 => "www-server",
        _ => return None,
    })
}
