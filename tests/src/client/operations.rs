//! Operations: their text, and following one to its end.
//!
//! ```text
//! operation := [label "|"] state [";" current ["/" end]] { "(" operation ")" }
//! ```

use thiserror::Error;

use super::{ClientError, Resource};
use crate::eventually;

/// A text that spells no operation.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{text}` is no operation at `{rest}`")]
pub struct InvalidOperation {
    /// All of it.
    pub text: String,
    /// What could not be read.
    pub rest: String,
}

/// How far work is, with the parts it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operation {
    /// One word.
    pub label: Option<String>,
    /// `waiting`, `progress`, `success` or `fail`.
    pub state: String,
    /// How much is done.
    pub current: Option<u64>,
    /// Of how much.
    pub end: Option<u64>,
    /// Its parts.
    pub parts: Vec<Operation>,
}

impl Operation {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        ["success", "fail"].contains(&self.state.as_str())
    }
}

/// Reads all of a text.
pub fn parse_operation(text: &str) -> Result<Operation, InvalidOperation> {
    let mut rest = text;
    let operation = operation(&mut rest).filter(|_| rest.is_empty());
    operation.ok_or_else(|| InvalidOperation { text: text.to_owned(), rest: rest.to_owned() })
}

fn operation(rest: &mut &str) -> Option<Operation> {
    let first = word(rest)?;
    let (label, state) = if skip(rest, '|') { (Some(first), word(rest)?) } else { (None, first) };
    let mut operation = Operation { label, state, ..Operation::default() };
    if skip(rest, ';') {
        operation.current = Some(word(rest)?.parse().ok()?);
        if skip(rest, '/') {
            operation.end = Some(word(rest)?.parse().ok()?);
        }
    }
    while skip(rest, '(') {
        operation.parts.push(self::operation(rest)?);
        if !skip(rest, ')') {
            return None;
        }
    }
    Some(operation)
}

fn skip(rest: &mut &str, character: char) -> bool {
    let after = rest.strip_prefix(character);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

fn word(rest: &mut &str) -> Option<String> {
    let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
    let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = after;
    (!word.is_empty()).then(|| word.to_owned())
}

/// An operation of the server that is followed.
#[derive(Debug)]
pub struct OperationInProgress {
    resource: Resource,
    path: String,
    /// As it was when it was looked at last.
    pub now: Operation,
}

impl OperationInProgress {
    /// Finds it as existing clients do: the first three parts of `/0.2/dev_mgr/…` are dropped, the others follow the URL of
    /// the manager that was asked. A whole URL would lead nowhere.
    pub(super) async fn at(resource: Resource, location: &str) -> Result<OperationInProgress, ClientError> {
        let path = path_below(location);
        let mut operation = OperationInProgress { resource, path, now: Operation::default() };
        operation.update().await?;
        Ok(operation)
    }

    /// Looks at it.
    pub async fn update(&mut self) -> Result<(), ClientError> {
        let status = self.resource.get(&self.path, &[]).await?.under("status")?;
        let text = status.as_str().ok_or_else(|| ClientError::NotUnderstood(status.to_string()))?;
        self.now = parse_operation(text)?;
        Ok(())
    }

    /// Looks at it until it is over. The error says if that takes too long.
    pub async fn ended(&mut self) -> anyhow::Result<&Operation> {
        let (resource, path) = (&self.resource, &self.path);
        self.now = eventually(&format!("the end of {path}"), || async move {
            let mut operation = OperationInProgress {
                resource: resource.clone(),
                path: path.clone(),
                now: Operation::default(),
            };
            operation.update().await?;
            Ok(Some(operation.now).filter(Operation::is_over))
        })
        .await?;
        Ok(&self.now)
    }

    /// Forgets it.
    pub async fn delete(&self) -> Result<(), ClientError> {
        self.resource.delete(&self.path).await
    }
}

fn path_below(location: &str) -> String {
    location.split('/').skip(3).fold(String::new(), |path, part| path + "/" + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(label: Option<&str>, state: &str, done: Option<u64>, end: Option<u64>) -> Operation {
        let (label, state) = (label.map(str::to_owned), state.to_owned());
        Operation { label, state, current: done, end, parts: Vec::new() }
    }

    #[test]
    fn operations_are_read() {
        for (text, expected) in [
            ("progress", part(None, "progress", None, None)),
            ("install|success", part(Some("install"), "success", None, None)),
            ("update|waiting;0", part(Some("update"), "waiting", Some(0), None)),
            ("progress;512/1162", part(None, "progress", Some(512), Some(1162))),
        ] {
            assert_eq!(parse_operation(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn parts_are_read_however_deep() {
        let text = "install_pkg|progress(download|progress(progress;10/57)(success))(install|waiting)";
        let operation = parse_operation(text).unwrap();
        let [download, install] = operation.parts.as_slice() else { panic!("{operation:?}") };
        assert_eq!(download.parts[0], part(None, "progress", Some(10), Some(57)));
        assert_eq!((download.parts.len(), install.state.as_str()), (2, "waiting"));
    }

    #[test]
    fn what_is_no_operation_is_refused() {
        for text in
            ["", "|success", "a|", "success;", "success;x", "success;1/", "a(b", "a(b))", "a()", "a b", "a)"]
        {
            assert!(parse_operation(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_location_is_found_below_the_manager() {
        assert_eq!(path_below("/0.2/dev_mgr/synchronize/1"), "/synchronize/1");
        assert_eq!(
            path_below("/0.2/pg_mgr/plugins/p-1/install/install/12"),
            "/plugins/p-1/install/install/12"
        );
    }
}
