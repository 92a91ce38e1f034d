//! The other server's documents: a file for each, in a folder for each kind, named by its id. Files that hold none are
//! told and passed over, as that server does.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::report::Problem;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Device,
    Config,
}

impl Kind {
    /// As it is called in reports, and in lines of a file for import.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Device => "device",
            Kind::Config => "config",
        }
    }

    /// The folder there, and the list in REST.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Kind::Device => "devices",
            Kind::Config => "configs",
        }
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub(super) id: String,
    pub(super) content: Map<String, Value>,
}

/// All documents of a kind, by id, and how many files there are.
pub(super) fn read(jsondb: &Path, kind: Kind, problems: &mut Vec<Problem>) -> (Vec<Document>, u64) {
    let folder = jsondb.join(kind.collection());
    let mut names = Vec::new();
    match fs::read_dir(&folder) {
        Ok(entries) => names.extend(entries.flatten().map(|entry| entry.file_name())),
        Err(error) => problems.push(Problem::refused(kind.name(), kind.collection(), error.to_string())),
    }
    names.sort();
    let mut documents = Vec::new();
    for name in &names {
        let id = name.to_string_lossy();
        match document(&folder.join(name), &id) {
            Ok(content) => documents.push(Document { id: id.into_owned(), content }),
            Err(why) => problems.push(Problem::refused(kind.name(), &id, why)),
        }
    }
    (documents, names.len() as u64)
}

/// The parser's own words may show a part of the file, and so a password: only where it is wrong is told.
fn document(path: &Path, id: &str) -> Result<Map<String, Value>, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let document = serde_json::from_slice(&bytes).map_err(|error| {
        format!("its file is not JSON, at line {}, character {}", error.line(), error.column())
    })?;
    let Value::Object(mut content) = document else {
        return Err("its file holds no document".to_owned());
    };
    match content.get("id") {
        Some(Value::String(own)) if own == id => {}
        Some(Value::String(own)) => {
            return Err(format!("its file is a copy of `{own}`: its name should be its id"));
        }
        Some(_) => return Err("its id is no text".to_owned()),
        None => {
            content.insert("id".to_owned(), id.into());
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_document_is_told_without_what_is_in_it() {
        let jsondb = tempfile::tempdir().unwrap();
        let folder = jsondb.path().join("configs");
        fs::create_dir_all(folder.join("folder")).unwrap();
        for (name, text) in [
            ("good", r#"{"id":"good","parent_ids":[],"raw_config":{}}"#),
            ("nameless", r#"{"parent_ids":[],"raw_config":{}}"#),
            ("torn", r#"{"id":"torn","raw_config":{"admin_password":"secr"#),
            ("base~", r#"{"id":"base"}"#),
            ("list", r#"["secret"]"#),
            ("number", r#"{"id":7}"#),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let mut problems = Vec::new();
        let (documents, read) = super::read(jsondb.path(), Kind::Config, &mut problems);
        let ids: Vec<&str> = documents.iter().map(|document| document.id.as_str()).collect();
        assert_eq!((ids, read), (vec!["good", "nameless"], 7));
        assert_eq!(documents[1].content["id"], "nameless");
        let told: Vec<_> =
            problems.iter().map(|problem| (problem.id.as_str(), problem.reason.as_str())).collect();
        let has = |id: &str, why: &str| told.iter().any(|(told, reason)| *told == id && reason.contains(why));
        assert!(
            has("torn", "line 1") && has("base~", "a copy of `base`") && has("list", "no document"),
            "{told:?}"
        );
        assert!(has("folder", "directory") && has("number", "no text"), "{told:?}");
        assert!(!format!("{problems:?}").contains("secr"), "{problems:?}");
    }

    #[test]
    fn a_server_without_documents_is_told() {
        let mut problems = Vec::new();
        let (documents, read) = super::read(Path::new("/nonexistent"), Kind::Device, &mut problems);
        assert!(documents.is_empty() && read == 0 && problems[0].id == "devices", "{problems:?}");
    }
}
