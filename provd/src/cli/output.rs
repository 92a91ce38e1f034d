//! What a command gives: text for people, the server's document for programs.

use serde_json::Value;

/// What a command gives.
#[derive(Debug)]
pub(super) enum Output {
    /// A server's document, and the same for people.
    Document {
        /// As the server sent it.
        document: Value,
        /// For people, without a line end.
        text: String,
    },
    /// One line saying what was done, where the server has no document to say it.
    Done(String),
    /// A file, as it is.
    Bytes(Vec<u8>),
    /// Nothing.
    Nothing,
}

impl Output {
    /// For programs. What was done is no document: the exit code says it.
    pub(super) fn into_json(self) -> Output {
        match self {
            Output::Document { document, .. } => {
                let text = format!("{document:#}");
                Output::Document { document, text }
            }
            Output::Done(_) => Output::Nothing,
            output => output,
        }
    }

    /// What to write.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Output::Document { text, .. } | Output::Done(text) if text.is_empty() => Vec::new(),
            Output::Document { text, .. } | Output::Done(text) => format!("{text}\n").into(),
            Output::Bytes(bytes) => bytes.clone(),
            Output::Nothing => Vec::new(),
        }
    }
}
