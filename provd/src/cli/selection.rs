//! Which devices a command is about: `--where KEY=VALUE`, as the `q` of REST 0.2.

use provd_proto::mac::Mac;
use serde_json::{Map, Value};

use super::assignment::{Assignment, value_of};
use super::client::segment;
use super::document::Kind;
use super::failure::Failure;

/// The selector that all of these make together.
///
/// # Errors
///
/// A key is stated twice: no device could have both values.
pub(super) fn selector(stated: &[Assignment], kind: &Kind) -> Result<Map<String, Value>, Failure> {
    let mut selector = Map::new();
    for Assignment { key, value } in stated {
        let value = if kind.texts.contains(&key.as_str()) { text(key, value) } else { value_of(value) };
        if selector.insert(key.clone(), value).is_some() {
            return Err(Failure::Usage(format!("--where {key}: stated twice, and a device has but one")));
        }
    }
    Ok(selector)
}

/// A selector as part of a URL's query; nothing for one that selects everything.
pub(super) fn query(selector: Map<String, Value>) -> String {
    if selector.is_empty() {
        return String::new();
    }
    format!("&q={}", segment(&Value::Object(selector).to_string()))
}

/// An address is compared in the one spelling that is stored.
fn text(key: &str, value: &str) -> Value {
    match value.parse::<Mac>() {
        Ok(mac) if key == "mac" => mac.to_string().into(),
        _ => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KIND: Kind = Kind { wrapper: "device", texts: &["mac", "version"], short: None };

    fn stated(texts: &[&str]) -> Vec<Assignment> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn values_are_what_a_document_holds() {
        let stated =
            stated(&["mac=0008.5D23.7429", "version=3", "configured=false", "options.switchboard=true"]);
        let selector = selector(&stated, &KIND).unwrap();
        let expected = json!({
            "mac": "00:08:5d:23:74:29", "version": "3", "configured": false, "options.switchboard": true,
        });
        assert_eq!(Value::Object(selector), expected);
    }

    #[test]
    fn a_key_is_stated_once() {
        let failure = selector(&stated(&["model=1", "model=2"]), &KIND).unwrap_err();
        assert!(failure.exit_code() == 2 && failure.to_string().contains("model"), "{failure}");
    }

    #[test]
    fn nothing_selects_everything() {
        assert_eq!(query(Map::new()), "");
        let one = selector(&stated(&["a=b c"]), &KIND).unwrap();
        assert_eq!(query(one), "&q=%7B%22a%22%3A%22b%20c%22%7D");
    }
}
