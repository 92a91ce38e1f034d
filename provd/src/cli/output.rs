//! What a command gives: text for people, a document for programs; nothing that was done stays unsaid to either.

use serde_json::{Value, json};

/// What a command gives.
#[derive(Debug)]
pub(super) enum Output {
    /// A server's document, and the same for people.
    Document {
        /// As the server sent it, if it did.
        document: Value,
        /// For people, without a line end.
        text: String,
    },
    /// A file, as it is.
    Bytes(Vec<u8>),
}

impl Output {
    /// That something is no more, which the server has no document to say.
    pub(super) fn deleted(id: &str, text: String) -> Output {
        Output::Document { document: json!({"id": id, "deleted": true}), text }
    }

    /// What is no document, and stays the same for programs.
    pub(super) fn said(text: &str) -> Output {
        Output::Bytes(if text.is_empty() { Vec::new() } else { format!("{text}\n").into() })
    }

    /// For programs. A file stays what it is.
    pub(super) fn into_json(self) -> Output {
        match self {
            Output::Document { document, .. } => {
                let text = format!("{document:#}");
                Output::Document { document, text }
            }
            Output::Bytes(bytes) => Output::Bytes(bytes),
        }
    }

    /// What to write.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Output::Document { text, .. } if text.is_empty() => Vec::new(),
            Output::Document { text, .. } => format!("{text}\n").into(),
            Output::Bytes(bytes) => bytes.clone(),
        }
    }
}
