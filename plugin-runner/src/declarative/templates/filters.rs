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
use crate::declarative::versions;

/// Adds all filters and functions that depend on nothing but their arguments.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("mac", mac);
    environment.add_filter("xml", |value: &Value| escaping::xml(&text(value)));
    environment.add_filter("ini", |value: &Value| escaping::ini(&text(value)));
    environment.add_filter("ascii", |value: &Value| transliteration::to_ascii(&text(value)));
    environment.add_filter("latin1", |value: &Value| transliteration::to_latin1(&text(value)));
    environment.add_filter("md5", |value: &Value| hash::<Md5>(value));
    environment.add_filter("sha1", |value: &Value| hash::<Sha1>(value));
    environment.add_filter("sha256", |value: &Value| hash::<Sha256>(value));
    environment.add_filter("base64", |value: &Value| STANDARD.encode(text(value)));
    environment.add_filter("version_cmp", version_cmp);
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
