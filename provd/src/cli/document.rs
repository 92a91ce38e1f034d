//! Documents as the command line makes them: from a file, from standard input, from assignments.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use super::assignment::{Assignment, parse_key, set, unset, value_of};
use super::failure::Failure;

/// What to make of a document, or of the one there is.
#[derive(Debug, Args)]
pub(super) struct Edits {
    /// A JSON document; - reads it from standard input
    #[arg(long, value_name = "FILE|-")]
    pub(super) file: Option<PathBuf>,

    /// Set a key, after the file was read; dots lead into objects; the value is JSON where it can be, else text
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<Assignment>,

    /// Remove a key
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    pub(super) unset: Vec<String>,
}

/// What kind of document it is.
pub(super) struct Kind {
    /// The key a document is wrapped in on the wire: `device`.
    pub(super) wrapper: &'static str,
    /// Keys whose value is text even if it looks like a number.
    pub(super) texts: &'static [&'static str],
    /// A first piece of keys and what it stands for: `raw` for `raw_config`.
    pub(super) short: Option<(&'static str, &'static str)>,
}

impl Edits {
    /// Whether nothing is to be made.
    pub(super) fn is_empty(&self) -> bool {
        self.file.is_none() && self.set.is_empty() && self.unset.is_empty()
    }

    /// The document in the file, if one is named, without its wrapper: what a command printed can be read again.
    pub(super) fn read(&self, kind: &Kind) -> Result<Option<Map<String, Value>>, Failure> {
        let Some(path) = &self.file else {
            return Ok(None);
        };
        let wrong = |why: String| Failure::File { path: path.clone(), why };
        let text = text_of(path).map_err(|error| wrong(error.to_string()))?;
        let mut document: Value =
            serde_json::from_str(&text).map_err(|error| wrong(format!("this is not JSON: {error}")))?;
        if let Some(inner) = document.get_mut(kind.wrapper).filter(|inner| inner.is_object()) {
            document = inner.take();
        }
        match document {
            Value::Object(document) => Ok(Some(document)),
            _ => Err(wrong("expected a JSON object".to_owned())),
        }
    }

    /// Makes the assignments.
    pub(super) fn apply(&self, document: &mut Map<String, Value>, kind: &Kind) -> Result<(), Failure> {
        for Assignment { key, value } in &self.set {
            let value =
                if kind.texts.contains(&key.as_str()) { value.as_str().into() } else { value_of(value) };
            set(document, &kind.full(key), value)
                .map_err(|why| Failure::Usage(format!("--set {key}: {why}")))?;
        }
        for key in &self.unset {
            unset(document, &kind.full(key));
        }
        Ok(())
    }
}

impl Kind {
    fn full(&self, key: &str) -> String {
        match (self.short, key.split_once('.')) {
            (Some((short, full)), Some((first, rest))) if first == short => format!("{full}.{rest}"),
            (Some((short, full)), None) if key == short => full.to_owned(),
            _ => key.to_owned(),
        }
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KIND: Kind = Kind { wrapper: "config", texts: &["version"], short: Some(("raw", "raw_config")) };

    fn edits(set: &[&str], unset: &[&str]) -> Edits {
        Edits {
            file: None,
            set: set.iter().map(|text| text.parse().unwrap()).collect(),
            unset: unset.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    #[test]
    fn assignments_come_in_order_and_short_keys_are_written_out() {
        let mut document = json!({"raw_config": {"vlan_id": 1}}).as_object().unwrap().clone();
        let edits = edits(
            &["version=3", "raw.ntp_enabled=true", "raw.vlan_id=2", "raw.vlan_id=3"],
            &["raw.ntp_enabled"],
        );
        edits.apply(&mut document, &KIND).unwrap();
        assert_eq!(Value::Object(document), json!({"raw_config": {"vlan_id": 3}, "version": "3"}));
    }

    #[test]
    fn a_short_key_alone_stands_for_the_whole() {
        let mut document = Map::new();
        edits(&["raw={\"a\":1}"], &[]).apply(&mut document, &KIND).unwrap();
        assert_eq!(Value::Object(document.clone()), json!({"raw_config": {"a": 1}}));
        edits(&[], &["raw"]).apply(&mut document, &KIND).unwrap();
        assert!(document.is_empty());
    }

    #[test]
    fn a_file_may_be_wrapped() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for (text, expected) in [
            (r#"{"config": {"id": "a"}}"#, Some(json!({"id": "a"}))),
            (r#"{"id": "a", "config": "b"}"#, Some(json!({"id": "a", "config": "b"}))),
            ("[]", None),
            ("not JSON", None),
        ] {
            file.as_file_mut().set_len(0).unwrap();
            fs::write(file.path(), text).unwrap();
            let edits = Edits { file: Some(file.path().to_owned()), ..edits(&[], &[]) };
            let read = edits.read(&KIND);
            match expected {
                Some(expected) => assert_eq!(Value::Object(read.unwrap().unwrap()), expected),
                None => assert_eq!(read.unwrap_err().exit_code(), 2),
            }
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let edits = Edits { file: Some("/nonexistent".into()), ..edits(&[], &[]) };
        assert!(edits.read(&KIND).unwrap_err().to_string().starts_with("/nonexistent: "));
    }
}
