//! The single values that parameters hold, and the words in which each says what is no such value.
//!
//! Texts and keys may be secrets: their errors never show them.

use std::net::{IpAddr, Ipv6Addr};

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use url::Url;

use super::kind::Scalar;
use super::problem::shown;

fn is_not<T: Scalar>(value: &Value) -> String {
    format!("{} is not {}", shown(value), T::describe())
}

/// What 0.2 of the API takes for text may be empty, and then says that there is none.
fn is_null_or_empty(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// One line of text; a number is taken for its digits.
impl Scalar for String {
    fn describe() -> String {
        "text on one line".to_owned()
    }

    fn schema() -> Value {
        json!({"type": ["string", "number", "null"]})
    }

    fn parse(value: &Value) -> Result<String, String> {
        match value {
            Value::String(text) if text.contains(char::is_control) => {
                Err("contains a line break or another control character, which would break the phone's file"
                    .to_owned())
            }
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err("expected text".to_owned()),
        }
    }
}

/// True or false, also in the words and digits that 0.2 of the API understands.
impl Scalar for bool {
    fn describe() -> String {
        "true or false".to_owned()
    }

    /// With the words and digits.
    fn schema() -> Value {
        json!({"type": ["boolean", "integer", "string", "null"]})
    }

    fn parse(value: &Value) -> Result<bool, String> {
        lenient_bool(value).ok_or_else(|| is_not::<bool>(value))
    }

    fn normal(value: &Value) -> Option<Value> {
        lenient_bool(value).map(Value::Bool)
    }
}

/// True or false as clients state it: a boolean, 1 or 0, or one of the usual words in any case.
pub(in crate::domain) fn lenient_bool(value: &Value) -> Option<bool> {
    let word = match value {
        Value::Bool(value) => return Some(*value),
        Value::Number(number) => number.to_string(),
        Value::String(word) => word.to_lowercase(),
        _ => return None,
    };
    match word.as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
        "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// A host name, an IPv4 or an IPv6 address, the last also in brackets.
#[derive(Clone, PartialEq)]
pub struct Host(pub String);

impl Scalar for Host {
    fn describe() -> String {
        "a host name or address".to_owned()
    }

    fn states_nothing(value: &Value) -> bool {
        is_null_or_empty(value)
    }

    fn parse(value: &Value) -> Result<Host, String> {
        match value.as_str() {
            Some(text) if is_host(text) => Ok(Host(text.to_owned())),
            _ => Err(is_not::<Host>(value)),
        }
    }
}

fn is_host(text: &str) -> bool {
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    text.parse::<IpAddr>().is_ok()
        || bracketed.is_some_and(|text| text.parse::<Ipv6Addr>().is_ok())
        || is_host_name(text)
}

/// RFC 1123 §2.1, with the underscores that are seen in practice. As the last label of a name is never a number,
/// 192.0.2.300 is none.
fn is_host_name(text: &str) -> bool {
    let sound = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && name.split('.').all(sound) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address: what finds hosts by their names cannot itself be found by name.
impl Scalar for IpAddr {
    fn describe() -> String {
        "an IPv4 or IPv6 address".to_owned()
    }

    fn states_nothing(value: &Value) -> bool {
        is_null_or_empty(value)
    }

    fn parse(value: &Value) -> Result<IpAddr, String> {
        value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| is_not::<IpAddr>(value))
    }
}

/// A whole number, as such or as its digits.
fn whole(value: &Value) -> Option<u64> {
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    value.as_u64().or_else(|| value.as_str().filter(digits)?.parse().ok())
}

/// A UDP or TCP port.
#[derive(Clone, Copy, PartialEq)]
pub struct Port(pub u16);

impl Scalar for Port {
    fn describe() -> String {
        "a port (1 to 65535)".to_owned()
    }

    fn schema() -> Value {
        json!({"type": ["integer", "string", "null"], "minimum": 1, "maximum": u16::MAX})
    }

    fn parse(value: &Value) -> Result<Port, String> {
        let port = whole(value).and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
        port.map(Port).ok_or_else(|| is_not::<Port>(value))
    }
}

/// A whole number between two others, both included.
#[derive(Clone, Copy, PartialEq)]
pub struct Number<const LOW: u64, const HIGH: u64>(pub u64);

impl<const LOW: u64, const HIGH: u64> Scalar for Number<LOW, HIGH> {
    fn describe() -> String {
        match HIGH {
            u64::MAX => format!("a whole number from {LOW}"),
            _ => format!("a whole number from {LOW} to {HIGH}"),
        }
    }

    fn schema() -> Value {
        let mut schema = json!({"type": ["integer", "string", "null"], "minimum": LOW});
        if HIGH < u64::MAX {
            schema["maximum"] = HIGH.into();
        }
        schema
    }

    fn parse(value: &Value) -> Result<Self, String> {
        let number = whole(value).filter(|number| (LOW..=HIGH).contains(number));
        number.map(Number).ok_or_else(|| is_not::<Self>(value))
    }
}

/// Where phones find provd, to which plugins add paths.
#[derive(Clone, PartialEq)]
pub struct BaseUrl(pub String);

impl Scalar for BaseUrl {
    fn describe() -> String {
        "an http or https URL without query".to_owned()
    }

    fn states_nothing(value: &Value) -> bool {
        is_null_or_empty(value)
    }

    fn parse(value: &Value) -> Result<BaseUrl, String> {
        match value.as_str() {
            Some(text) if is_base_url(text) => Ok(BaseUrl(text.to_owned())),
            _ => Err(is_not::<BaseUrl>(value)),
        }
    }
}

fn is_base_url(text: &str) -> bool {
    let plain = text.chars().all(|character| character.is_ascii_graphic());
    let sound = |url: Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    plain && Url::parse(text).is_ok_and(sound)
}

/// A name of the time zone database. Plugins look it up by its exact spelling.
#[derive(Clone, PartialEq)]
pub struct Timezone(pub String);

impl Scalar for Timezone {
    fn describe() -> String {
        "a time zone such as Europe/Paris".to_owned()
    }

    fn states_nothing(value: &Value) -> bool {
        is_null_or_empty(value)
    }

    fn parse(value: &Value) -> Result<Timezone, String> {
        let text = value.as_str().unwrap_or_default();
        let zone = TimeZone::get(text).ok().filter(|zone| !zone.is_unknown());
        match zone.as_ref().and_then(TimeZone::iana_name) {
            Some(name) if name == text => Ok(Timezone(name.to_owned())),
            Some(name) => Err(format!("{}; did you mean {name}?", is_not::<Timezone>(value))),
            None => Err(is_not::<Timezone>(value)),
        }
    }
}

/// A language and a country.
#[derive(Clone, PartialEq)]
pub struct Locale(pub String);

impl Scalar for Locale {
    fn describe() -> String {
        "a locale such as fr_FR".to_owned()
    }

    fn parse(value: &Value) -> Result<Locale, String> {
        match value.as_str() {
            Some(text) if is_locale(text) => Ok(Locale(text.to_owned())),
            _ => Err(is_not::<Locale>(value)),
        }
    }
}

/// A language of ISO 639 and a country of ISO 3166-1, `xx_YY` or `xxx_YY`.
fn is_locale(text: &str) -> bool {
    text.split_once('_').is_some_and(|(language, country)| {
        (2..=3).contains(&language.len())
            && language.bytes().all(|byte| byte.is_ascii_lowercase())
            && country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

/// A certificate as text.
#[derive(Clone, PartialEq)]
pub struct Certificate(pub String);

impl Scalar for Certificate {
    fn describe() -> String {
        "a certificate in PEM".to_owned()
    }

    fn states_nothing(value: &Value) -> bool {
        is_null_or_empty(value)
    }

    fn parse(value: &Value) -> Result<Certificate, String> {
        pem(value, "CERTIFICATE").map(Certificate).ok_or_else(|| format!("expected {}", Self::describe()))
    }
}

/// A private key as text. Secret.
#[derive(Clone, PartialEq)]
pub struct PrivateKey(pub String);

impl Scalar for PrivateKey {
    fn describe() -> String {
        "a private key in PEM".to_owned()
    }

    fn states_nothing(value: &Value) -> bool {
        is_null_or_empty(value)
    }

    fn parse(value: &Value) -> Result<PrivateKey, String> {
        pem(value, "PRIVATE KEY").map(PrivateKey).ok_or_else(|| format!("expected {}", Self::describe()))
    }
}

/// Text with a block of RFC 7468 with such a label, which may have the header lines of RFC 1421 that encrypted keys have.
/// What stands before and after the first block is left to the phone, as long as it is text.
fn pem(value: &Value, label_ends: &str) -> Option<String> {
    let text = value.as_str()?;
    let (_, begun) = text.split_once("-----BEGIN ")?;
    let (label, rest) = begun.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let foreign =
        |character: char| !character.is_ascii_alphanumeric() && !"+/= \t\r\n:,-.".contains(character);
    let sound = label.ends_with(label_ends)
        && !body.trim().is_empty()
        && !body.contains(foreign)
        && !text.contains(|character: char| character.is_control() && !character.is_ascii_whitespace());
    sound.then(|| text.to_owned())
}
