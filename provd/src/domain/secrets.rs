//! The secrets of a raw config, hidden in what plugins made of it, however the language of a file spells their signs.

use regex::{NoExpand, Regex};
use serde_json::{Map, Value};

/// Shortest secret that is looked for, in bytes: what is shorter is in every file.
const SHORTEST: usize = 3;
/// Parts of the names of what is secret.
const NAMES: [&str; 5] = ["password", "passwd", "secret", "token", "key"];
/// Signs that XML has names for.
const ENTITIES: [(char, &str); 5] = [('&', "amp"), ('<', "lt"), ('>', "gt"), ('"', "quot"), ('\'', "apos")];

/// What is to be hidden; nothing if there are no secrets.
pub struct Secrets(Option<Regex>);

impl Secrets {
    /// Those of a raw config; nothing if they are too many to be looked for.
    pub fn of(raw_config: &Map<String, Value>) -> Option<Secrets> {
        let mut secrets = Vec::new();
        for (key, value) in raw_config {
            collect(key, value, &mut secrets);
        }
        // The longest first, for one may be part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        if secrets.is_empty() {
            return Some(Secrets(None));
        }
        let spelt: Vec<String> =
            secrets.iter().map(|secret| secret.chars().map(spellings).collect()).collect();
        Regex::new(&spelt.join("|")).ok().map(|any| Secrets(Some(any)))
    }

    /// The same text without them.
    pub fn hide(&self, text: &str) -> String {
        match &self.0 {
            Some(any) => any.replace_all(text, NoExpand("****")).into_owned(),
            None => text.to_owned(),
        }
    }
}

fn collect(key: &str, value: &Value, secrets: &mut Vec<String>) {
    let text = match value {
        Value::Object(map) => return map.iter().for_each(|(key, value)| collect(key, value, secrets)),
        Value::Array(list) => return list.iter().for_each(|value| collect(key, value, secrets)),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null => return,
    };
    let key = key.to_ascii_lowercase();
    if text.len() >= SHORTEST && NAMES.iter().any(|name| key.contains(name)) {
        secrets.push(text);
    }
}

/// A regular expression for a sign: itself, or as XML, URLs, JSON and quoted text spell it.
fn spellings(sign: char) -> String {
    let plain = regex::escape(sign.encode_utf8(&mut [0; 4]));
    if sign.is_ascii_alphanumeric() {
        return plain;
    }
    let code = u32::from(sign);
    let bytes = sign.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>();
    let percents = bytes.concat();
    let entity = ENTITIES.iter().find(|(known, _)| *known == sign).map(|(_, name)| format!("|&{name};"));
    let space = if sign == ' ' { r"|\+" } else { "" };
    let entity = entity.unwrap_or_default();
    format!(r"(?i:\\?{plain}|&#0*{code};|&#x0*{code:x};|{percents}|\\u{code:04x}{entity}{space})")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(document: &Value) -> Secrets {
        Secrets::of(document.as_object().unwrap()).unwrap()
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_spelt() {
        let secrets =
            secrets(&json!({"sip_lines": {"1": {"password": "a&b<c\"d'é f"}}, "user_password": 4711}));
        for spelt in [
            "a&b<c\"d'é f",
            "a&amp;b&lt;c&quot;d&apos;é f",
            "a&#38;b&#x3C;c&#34;d&#039;&#233; f",
            "a%26b%3Cc%22d%27%C3%A9+f",
            r#"a&b<c\"d'\u00e9 f"#,
        ] {
            assert_eq!(secrets.hide(&format!("x={spelt} 4711;")), "x=**** ****;");
        }
    }

    #[test]
    fn the_longest_secret_is_hidden_whole_and_nothing_else() {
        let secrets = secrets(&json!({"admin_password": "pass", "user_password": "pass.word", "pin": "1"}));
        assert_eq!(secrets.hide("pass.word passxword $1 1"), "**** ****xword $1 1");
        assert_eq!(self::secrets(&json!({"username": "u100"})).hide("u100"), "u100");
    }
}
