//! Devices and configs by the thousand, as files that people and other programs keep: tables, and a document a line.
//!
//! Reading gives a document for each line, or says what is wrong with it; whether the document is a sound device or config
//! is not decided here. What is written reads back as the same documents.

use serde_json::{Map, Value};

mod cell;
mod column;
mod json_lines;
mod quotes;
mod table;
mod writing;

pub use writing::{TableColumns, TableError, json_line};

/// What a document is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A phone.
    Device,
    /// What phones inherit from.
    Config,
}

impl Kind {
    /// `device` or `config`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Device => "device",
            Kind::Config => "config",
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV (RFC 4180) with a row of names first; all of its rows are of one kind.
    Table(Kind),
    /// JSON Lines: `{"device": {…}}` or `{"config": {…}}` on each line. If a kind is given, it is the only one.
    JsonLines(Option<Kind>),
}

/// One line of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its number in the file, from 1; of a row that goes over several lines the first.
    pub number: u64,
    /// What it is of, if that is known.
    pub kind: Option<Kind>,
    /// The document, or what is wrong with the line.
    pub document: Result<Map<String, Value>, String>,
}

impl Line {
    fn wrong(number: u64, kind: Option<Kind>, why: impl Into<String>) -> Line {
        Line { number, kind, document: Err(why.into()) }
    }
}

/// The lines of a file one after another. Empty ones are left out. Where nothing more can be understood, the last says why.
pub fn read(file: &[u8], format: Format) -> Box<dyn Iterator<Item = Line> + Send + '_> {
    let text = match text_of(file) {
        Ok(text) => text,
        Err(line) => return Box::new(std::iter::once(line)),
    };
    match format {
        Format::Table(kind) => table::read(text, kind),
        Format::JsonLines(only) => Box::new(json_lines::read(text, only)),
    }
}

/// The text without the mark that spreadsheets put before it.
fn text_of(file: &[u8]) -> Result<&str, Line> {
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return Err(Line::wrong(1, None, "the file is in UTF-16: save it as UTF-8"));
    }
    let text = str::from_utf8(file).map_err(|error| {
        let before = &file[..error.valid_up_to()];
        let number = before.split(|byte| *byte == b'\n').count() as u64;
        Line::wrong(number, None, "the line is not in UTF-8: save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests;
