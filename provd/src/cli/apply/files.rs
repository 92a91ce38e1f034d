//! Files that declare configs and devices: TOML, JSON or YAML, by their names.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::declared::Declared;
use crate::cli::failure::Failure;

/// How the names of such files end.
const EXTENSIONS: [&str; 4] = ["toml", "json", "yaml", "yml"];

/// A file may hold one document, or lists of them.
const KEYS: [(&str, &str); 4] =
    [("configs", "config"), ("config", "config"), ("devices", "device"), ("device", "device")];

/// Under which key the TOML library hides a moment.
const MOMENT: &str = "$__toml_private_datetime";

/// Everything that files declare: all configs, then all devices.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Declared>, Failure> {
    let mut declared = Vec::new();
    for path in paths {
        let wrong = |why: String| Failure::File { path: path.clone(), why };
        for file in files(path).map_err(wrong)? {
            declared.extend(of_file(&file)?);
        }
    }
    if declared.is_empty() {
        return Err(Failure::Usage("the files declare neither configs nor devices".to_owned()));
    }
    declared.sort_by_key(|declared| declared.kind);
    Ok(declared)
}

/// The file itself, or the files right in a folder, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| error.to_string())? {
        let file = entry.map_err(|error| error.to_string())?.path();
        if file.is_file() && EXTENSIONS.contains(&extension(&file).as_str()) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(format!("no file in this folder ends with .{}", EXTENSIONS.join(" or .")));
    }
    Ok(files)
}

fn extension(file: &Path) -> String {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase()
}

fn of_file(file: &Path) -> Result<Vec<Declared>, Failure> {
    let wrong = |why: String| Failure::File { path: file.to_owned(), why };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let top = parse(&extension(file), &text).map_err(wrong)?;
    let mut declared = Vec::new();
    for (key, value) in top {
        let kind = KEYS.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| {
            wrong(format!("there is no `{}` here, only configs and devices", key.escape_debug()))
        })?;
        let documents = documents(value).map_err(|why| wrong(format!("{key}: {why}")))?;
        let one = |(place, document)| Declared { file: file.to_owned(), kind, place, document };
        declared.extend((1..).zip(documents).map(one));
    }
    Ok(declared)
}

/// The parser's own words may show a line of the file, and so a password: only where it is wrong is told.
fn parse(extension: &str, text: &str) -> Result<Map<String, Value>, String> {
    let parsed = match extension {
        "toml" => toml::from_str::<Value>(text).map(without_moments).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        }),
        "json" => serde_json::from_str(text).map_err(|error| {
            format!("this is not JSON, at line {}, character {}", error.line(), error.column())
        }),
        "yaml" | "yml" => serde_saphyr::from_str(text).map_err(|error| match error.location() {
            Some(at) => format!("this is not YAML, at line {}, character {}", at.line(), at.column()),
            None => "this is not YAML".to_owned(),
        }),
        _ => return Err(format!("the name must end with .{}", EXTENSIONS.join(" or ."))),
    };
    match parsed? {
        Value::Object(top) => Ok(top),
        Value::Null => Ok(Map::new()),
        _ => Err("expected configs and devices".to_owned()),
    }
}

fn documents(value: Value) -> Result<Vec<Map<String, Value>>, String> {
    let document = |value: Value| match value {
        Value::Object(document) => Ok(document),
        _ => Err("expected documents, each with its keys".to_owned()),
    };
    match value {
        Value::Array(documents) => documents.into_iter().map(document).collect(),
        Value::Null => Ok(Vec::new()),
        value => Ok(vec![document(value)?]),
    }
}

/// TOML has dates, JSON has text for them.
fn without_moments(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.len() == 1 && object.contains_key(MOMENT) => {
            object.shift_remove(MOMENT).unwrap_or_default()
        }
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (key, without_moments(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(without_moments).collect(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn in_folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Vec<Declared>, Failure>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let declared = read(&[folder.path().to_owned()]);
        (folder, declared)
    }

    #[test]
    fn each_format_says_the_same() {
        let expected = [
            json!({"id": "base", "parent_ids": [], "raw_config": {"ntp_enabled": true, "sip_lines": {"1": {"password": "0123"}}}}),
            json!({"mac": "00:11:22:33:44:55", "config": "base", "version": "1.10", "description": null}),
        ];
        for (name, text) in [
            (
                "a.toml",
                "[[configs]]\nid = \"base\"\nparent_ids = []\n[configs.raw_config]\nntp_enabled = true\n\
                 sip_lines.1.password = \"0123\"\n[[devices]]\nmac = \"00:11:22:33:44:55\"\nconfig = \"base\"\nversion = \"1.10\"\n",
            ),
            (
                "a.yaml",
                "devices:\n- mac: 00:11:22:33:44:55\n  config: base\n  version: \"1.10\"\n  description: ~\n\
                 configs:\n- id: base\n  parent_ids: []\n  raw_config:\n    ntp_enabled: true\n    sip_lines:\n      1: {password: \"0123\"}\n",
            ),
            (
                "a.json",
                r#"{"device": {"mac": "00:11:22:33:44:55", "config": "base", "version": "1.10", "description": null},
                "config": {"id": "base", "parent_ids": [], "raw_config": {"ntp_enabled": true,
                "sip_lines": {"1": {"password": "0123"}}}}}"#,
            ),
        ] {
            let (_folder, declared) = in_folder(&[(name, text)]);
            let declared = declared.unwrap();
            let documents: Vec<Value> = declared
                .iter()
                .map(|declared| {
                    let mut document = declared.document.clone();
                    if name != "a.toml" || declared.kind == "config" {
                        return document.into();
                    }
                    document.insert("description".to_owned(), Value::Null);
                    document.into()
                })
                .collect();
            assert_eq!(documents, expected, "{name}");
            assert!(declared[1].to_string().ends_with(": device 1 (00:11:22:33:44:55)"), "{}", declared[1]);
        }
    }

    #[test]
    fn configs_of_all_files_come_first() {
        let files = [
            ("1.toml", "devices = [{ id = \"d\" }]\nconfigs = []"),
            ("2.yml", "configs:\n  id: c\n"),
            ("notes.txt", "x"),
        ];
        let (_folder, declared) = in_folder(&files);
        let kinds: Vec<_> = declared.unwrap().iter().map(|declared| declared.kind).collect();
        assert_eq!(kinds, ["config", "device"]);
    }

    #[test]
    fn what_is_wrong_is_told_without_what_is_there() {
        for (name, text, said) in [
            ("a.toml", "x = 1\npassword = \"secret", "line 2"),
            ("a.json", "{\n\"password\": \"secret", "line 2"),
            ("a.yaml", "a:\n- \"secret\n", "not YAML"),
            ("a.toml", "phones = [\"secret\"]", "no `phones` here"),
            ("a.toml", "devices = [\"secret\"]", "devices: expected documents"),
            ("a.yaml", "", "neither"),
            ("a.txt", "", "no file in this folder"),
        ] {
            let (_folder, declared) = in_folder(&[(name, text)]);
            let failure = declared.unwrap_err();
            let told = failure.to_string();
            assert!(failure.exit_code() == 2 && told.contains(said) && !told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn a_moment_is_text() {
        let (_folder, declared) = in_folder(&[("a.toml", "[[devices]]\nid = \"a\"\nX_since = 2026-11-21\n")]);
        assert_eq!(declared.unwrap()[0].document["X_since"], "2026-11-21");
    }
}
