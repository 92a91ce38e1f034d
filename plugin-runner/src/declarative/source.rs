//! A TOML file as text: parsed into the types of its reader, and turning what is wrong with a value into an error that
//! names file, line and key. It knows nothing of what the keys mean.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::declarative::spanned::Spanned;
use regex::Regex;
use serde::de::DeserializeOwned;

use super::error::LoadError;

/// Characters of a key that an error shows.
const LONGEST_KEY: usize = 60;

/// The text of one TOML file.
#[derive(Debug)]
pub(crate) struct Source {
    file: PathBuf,
    text: String,
}

impl Source {
    /// Reads a file.
    pub(crate) fn read(file: &Path) -> Result<Source, LoadError> {
        let text = std::fs::read_to_string(file)
            .map_err(|cause| LoadError::Unreadable { file: file.to_owned(), cause })?;
        Ok(Source { file: file.to_owned(), text })
    }

    /// Where the text came from.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The whole file as `T`.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        toml::from_str(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.refuse(span.clone(), &self.key_at(span), error.message())
        })
    }

    /// The error of a value that means nothing.
    pub(crate) fn invalid<T>(&self, at: &Spanned<T>, key: &str, expected: impl Into<String>) -> LoadError {
        self.refuse(at.span(), key, expected)
    }

    /// The value as a regular expression.
    pub(crate) fn regex(&self, at: &Spanned<String>, key: &str) -> Result<Regex, LoadError> {
        Regex::new(at.get_ref()).map_err(|error| {
            let message = error.to_string();
            let last = message.lines().last().unwrap_or_default();
            let reason = last.trim().trim_start_matches("error: ");
            self.invalid(at, key, format!("expected a regular expression: {reason}"))
        })
    }

    /// The line a value stands on, from 1.
    pub(crate) fn line<T>(&self, at: &Spanned<T>) -> usize {
        self.line_of(at.span().start)
    }

    fn refuse(&self, span: Range<usize>, key: &str, expected: impl Into<String>) -> LoadError {
        LoadError::Invalid {
            file: self.file.clone(),
            line: self.line_of(span.start),
            key: key.to_owned(),
            expected: expected.into(),
        }
    }

    fn line_of(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    /// The key a span is about: itself if a value is assigned to it, else the last one assigned before it on its line.
    fn key_at(&self, span: Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        let after = self.text.get(span.end..).unwrap_or_default();
        let covered = self.text.get(span).and_then(|covered| covered.lines().next()).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let assigned = line.rsplit_once('=').filter(|_| !after.trim_start().starts_with('='));
        let key = match assigned {
            Some((key, _)) => key.rsplit(['{', ',', ' ']).find(|word| !word.is_empty()).unwrap_or_default(),
            None => covered,
        };
        key.trim().trim_matches(['[', ']', '"']).chars().take(LONGEST_KEY).collect()
    }
}
