//! The filters and functions that templates have beside those of the template engine. A missing value is empty text to
//! all of them but `mac`, for a file named after no phone would be served to every phone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use minijinja::{Environment, Error, ErrorKind, Value};
use provd_proto::mac::Mac;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::mac_spelling::Spelling;
use super::{error, escaping, transliteration};
use crate::declarative::reference::Word;
use crate::declarative::versions;

type Add = fn(&mut Environment<'static>, &'static str);

/// Every filter: what the reference says of it, and how the template engine gets it.
pub(super) const FILTERS: &[(Word, Add)] = &[
    (
        Word {
            signature: "mac(example)",
            what: "MAC address in the spelling of the example: its case, separator and grouping, such as `aa:bb:cc`, \
                   `AA-BB-CC`, `aabb.ccdd`. A missing or wrong address is an error.",
            example: "'00-08-5d-23-74-29' | mac('AABBCC')",
            result: "00085D237429",
        },
        |environment, name| environment.add_filter(name, mac),
    ),
    (
        Word {
            signature: "xml",
            what: "Escapes `& < > \" '` and drops what XML 1.0 cannot hold.",
            example: "'<é>' | xml",
            result: "&lt;é&gt;",
        },
        |environment, name| environment.add_filter(name, |value: &Value| escaping::xml(&text(value))),
    ),
    (
        Word {
            signature: "ini",
            what: "One line: without control characters, and in double quotes (`\\\"` and `\\\\` inside) if white space at an \
                   end or one of `;#=\"` would be misread.",
            example: "'a;b' | ini",
            result: "\"a;b\"",
        },
        |environment, name| environment.add_filter(name, |value: &Value| escaping::ini(&text(value))),
    ),
    (
        Word {
            signature: "ascii",
            what: "The nearest ASCII letters; what has none becomes `?`.",
            example: "'Zoë ß' | ascii",
            result: "Zoe ss",
        },
        |environment, name| {
            environment.add_filter(name, |value: &Value| transliteration::to_ascii(&text(value)));
        },
    ),
    (
        Word {
            signature: "latin1",
            what: "The nearest letters that ISO-8859-1 can hold; what has none becomes `?`.",
            example: "'Zoë Ł' | latin1",
            result: "Zoë L",
        },
        |environment, name| {
            environment.add_filter(name, |value: &Value| transliteration::to_latin1(&text(value)));
        },
    ),
    (
        Word {
            signature: "md5",
            what: "MD5 of the UTF-8 text, in hexadecimal digits.",
            example: "'abc' | md5",
            result: "900150983cd24fb0d6963f7d28e17f72",
        },
        |environment, name| environment.add_filter(name, |value: &Value| hash::<Md5>(value)),
    ),
    (
        Word {
            signature: "sha1",
            what: "SHA-1 of the UTF-8 text, in hexadecimal digits.",
            example: "'abc' | sha1",
            result: "a9993e364706816aba3e25717850c26c9cd0d89d",
        },
        |environment, name| environment.add_filter(name, |value: &Value| hash::<Sha1>(value)),
    ),
    (
        Word {
            signature: "sha256",
            what: "SHA-256 of the UTF-8 text, in hexadecimal digits.",
            example: "'abc' | sha256",
            result: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        },
        |environment, name| environment.add_filter(name, |value: &Value| hash::<Sha256>(value)),
    ),
    (
        Word {
            signature: "base64",
            what: "Base64 of the UTF-8 text (RFC 4648 §4).",
            example: "'é' | base64",
            result: "w6k=",
        },
        |environment, name| environment.add_filter(name, |value: &Value| STANDARD.encode(text(value))),
    ),
    (
        Word {
            signature: "version_cmp(other)",
            what: "-1, 0 or 1: whether a version is earlier, the same or later, as in version ranges.",
            example: "'3.9' | version_cmp('3.10')",
            result: "-1",
        },
        |environment, name| environment.add_filter(name, version_cmp),
    ),
];

/// Adds all filters and functions that depend on nothing but their arguments.
pub(super) fn register(environment: &mut Environment<'static>) {
    for (word, add) in FILTERS {
        add(environment, word.name());
    }
    environment.add_function("fail", fail);
    // It would print the whole context, passwords included.
    environment.remove_global("debug");
}

/// The text of a value; nothing for a missing one.
pub(super) fn text(value: &Value) -> String {
    if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() }
}

fn mac(value: &Value, example: &str) -> Result<String, Error> {
    let refuse = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let spelling = Spelling::of(example).ok_or_else(|| {
        refuse(format!("mac('{example}'): expected an example such as 'AABBCC' or 'aa:bb:cc'"))
    })?;
    let text = text(value);
    if text.is_empty() {
        return Err(refuse("the MAC address is not known".to_owned()));
    }
    let mac: Mac = text.parse().map_err(|error: provd_proto::mac::InvalidMac| refuse(error.to_string()))?;
    Ok(spelling.write(mac))
}

fn hash<D: Digest>(value: &Value) -> String {
    D::digest(text(value)).iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

fn version_cmp(value: &Value, other: &Value) -> i64 {
    versions::compare(&text(value), &text(other)) as i64
}

fn fail(message: &Value) -> Result<Value, Error> {
    Err(error::failure(text(message)))
}
