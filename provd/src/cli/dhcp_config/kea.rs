//! For `kea-dhcp4`: client classes of which at most one fits a client ("Client Classification" in its manual).
//!
//! Kea evaluates classes in the order of their definition, before it selects a subnet. A class may only name others that
//! come before it, so those that say more come first. Every value is given as bytes, because in Kea's own notation a
//! comma, a backslash or a quote has a meaning; as text between apostrophes where it is printable.

use serde_json::{Value as Json, json};

use super::classes::{Class, Distinction, Matcher};
use super::comment::comment;
use super::plan::{Order, Plan};
use super::value::Value;

const HEADING: &str = "\
DHCP options for kea-dhcp4 that lead phones to provd. Save this as /etc/kea/provd.json and put
<?include \"/etc/kea/provd.json\"?> followed by a comma into \"Dhcp4\" of kea-dhcp4.conf; if you have \"client-classes\"
already, put the classes below into your list. Check with kea-dhcp4 -t. Subnets and pools stay your own; to reserve a
pool for phones, name a class in it. An option that a subnet, a pool or a host reservation sets wins over the same
option here.";

/// The snippet.
pub(super) fn render(plan: &Plan) -> String {
    let order = plan.order(Distinction::Exact);
    let mut text = comment("//", HEADING);
    for remark in plan.remarks() {
        text.push_str(&comment("// Attention:", remark));
    }
    text.push_str("\"client-classes\": [\n");
    let classes: Vec<String> =
        order.vendor.iter().chain(&order.mac).map(|class| entry(class, &condition(class, &order))).collect();
    text + &classes.join(",\n") + "\n]\n"
}

fn entry(class: &Class, condition: &str) -> String {
    let plugins: Vec<&str> = class.plugins.iter().map(String::as_str).collect();
    let mut text = comment("  //", &plugins.join(", "));
    for (code, value) in &class.options {
        text += &comment("  //", &value.meaning(*code));
    }
    let data: Vec<Json> = class.options.iter().map(|(code, value)| option(*code, value)).collect();
    let mut document = json!({ "name": class.name, "test": condition });
    if class.options.contains_key(&43) {
        // What option 43 means differs from class to class: here it is bytes.
        document["option-def"] =
            json!([{ "name": "vendor-encapsulated-options", "code": 43, "type": "binary" }]);
    }
    document["option-data"] = json!(data);
    for line in format!("{document:#}").lines() {
        text.extend(["  ", line, "\n"]);
    }
    text.truncate(text.trim_end().len());
    text
}

fn condition(class: &Class, order: &Order) -> String {
    let is_mac = order.mac.contains(class);
    let own = any(&class.matchers, if is_mac { mac } else { vendor_class });
    let peers = if is_mac { &order.mac } else { &order.vendor };
    let narrower = peers.iter().filter(|other| class.yields_to(other, Distinction::Exact));
    let known = order.vendor.iter().filter(|_| is_mac);
    let excluded: Vec<String> =
        known.chain(narrower).map(|other| format!("member('{}')", other.name)).collect();
    if excluded.is_empty() { own } else { format!("({own}) and not ({})", excluded.join(" or ")) }
}

fn any(matchers: &[Matcher], condition: fn(&Matcher) -> String) -> String {
    matchers.iter().map(condition).collect::<Vec<_>>().join(" or ")
}

/// Some phones end their vendor class with a NUL byte, which is none of it; older Keas leave it there.
fn vendor_class(matcher: &Matcher) -> String {
    let literal = literal(&matcher.bytes);
    if matcher.is_exact {
        let ended = hex::encode([&matcher.bytes[..], &[0]].concat());
        return format!("option[60].hex == {literal} or option[60].hex == 0x{ended}");
    }
    format!("substring(option[60].hex,0,{}) == {literal}", matcher.bytes.len())
}

fn mac(matcher: &Matcher) -> String {
    format!("substring(pkt4.mac,0,{}) == 0x{}", matcher.bytes.len(), hex::encode(&matcher.bytes))
}

/// Text between apostrophes has no escapes, so what would need one is given in hexadecimal.
fn literal(bytes: &[u8]) -> String {
    match printable(bytes) {
        Some(text) if !text.contains(['\'', '\\', '"']) => format!("'{text}'"),
        _ => format!("0x{}", hex::encode(bytes)),
    }
}

fn option(code: u8, value: &Value) -> Json {
    let bytes = value.bytes();
    let data = match (value, printable(&bytes)) {
        // All between the first and the last apostrophe is taken as it is.
        (Value::Text(_), Some(text)) => format!("'{text}'"),
        _ => hex::encode(&bytes),
    };
    json!({ "code": code, "csv-format": false, "always-send": true, "data": data })
}

fn printable(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| (0x20..0x7f).contains(&byte)))
}
