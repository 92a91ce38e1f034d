//! Writing documents so that they read back the same: as lines of JSON, and as a table.
//!
//! The columns of a table depend on all of its rows. So every document is seen twice: first to find the columns, then to
//! be written. None is kept meanwhile.

use std::collections::HashMap;

use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::column::{Column, dotted, known};
use super::{Kind, cell};

/// A document as a line of JSON Lines.
pub fn json_line(kind: Kind, document: &Map<String, Value>) -> String {
    format!("{}\n", json!({ kind.as_str(): document }))
}

/// Why a row cannot be written.
#[derive(Debug, Error)]
pub enum TableError {
    /// It has something that no row had when columns were made.
    #[error("what is written changed meanwhile, and now needs another column, `{0}`")]
    NoColumn(String),
    /// The table cannot be written.
    #[error("the row cannot be written: {0}")]
    Csv(#[from] csv::Error),
}

/// The columns of a table that is to be written.
#[derive(Debug)]
pub struct TableColumns {
    kind: Kind,
    columns: Vec<Column>,
    places: HashMap<Vec<String>, usize>,
}

impl TableColumns {
    /// The columns that every table of a kind has.
    pub fn new(kind: Kind) -> TableColumns {
        let mut columns = TableColumns { kind, columns: Vec::new(), places: HashMap::new() };
        for name in known(kind) {
            columns.add(vec![(*name).to_owned()], false);
        }
        columns
    }

    /// Makes room for a document.
    pub fn see(&mut self, document: &Map<String, Value>) {
        for (path, value) in leaves(self.kind, document) {
            let is_json = !is_absent(&path, &value) && cell::text_of(self.kind, &path, &value).is_none();
            self.add(path, is_json);
        }
    }

    fn add(&mut self, path: Vec<String>, is_json: bool) {
        if let Some(place) = self.places.get(&path) {
            self.columns[*place].is_json |= is_json;
            return;
        }
        self.places.insert(path.clone(), self.columns.len());
        self.columns.push(Column { path, is_json });
    }

    /// The row of names. To be asked for when all documents were seen.
    pub fn header(&mut self) -> Result<Vec<u8>, TableError> {
        let dotted = dotted(self.kind);
        // A table without it is not read, for fear that configs would lose what they have.
        if self.kind == Kind::Config && !self.columns.iter().any(|column| column.path[..1] == [dotted]) {
            self.add(vec![dotted.to_owned()], true);
        }
        line(&self.columns.iter().map(Column::name).collect::<Vec<_>>())
    }

    /// The row of a document.
    pub fn row(&self, document: &Map<String, Value>) -> Result<Vec<u8>, TableError> {
        let mut cells = vec![String::new(); self.columns.len()];
        for (path, value) in leaves(self.kind, document) {
            if is_absent(&path, &value) {
                continue;
            }
            let place = self.places.get(&path).copied();
            let written = place.and_then(|place| {
                let is_json = self.columns[place].is_json;
                let plain = || cell::text_of(self.kind, &path, &value);
                Some((place, if is_json { value.to_string() } else { plain()? }))
            });
            let (place, text) = written.ok_or_else(|| TableError::NoColumn(path.join(".")))?;
            cells[place] = text;
        }
        line(&cells)
    }
}

/// A config without parents has nothing in that cell.
fn is_absent(path: &[String], value: &Value) -> bool {
    path == ["parent_ids"] && value.as_array().is_some_and(Vec::is_empty)
}

/// What has a cell of its own: each value, those below options and raw config each by themselves. Keys that can be no name
/// are together in an object, in the cell of what holds them.
fn leaves(kind: Kind, document: &Map<String, Value>) -> Vec<(Vec<String>, Value)> {
    let mut leaves = Vec::new();
    collect(kind, Vec::new(), document, &mut leaves);
    leaves
}

fn collect(
    kind: Kind,
    above: Vec<String>,
    object: &Map<String, Value>,
    leaves: &mut Vec<(Vec<String>, Value)>,
) {
    let mut nameless = Map::new();
    for (key, value) in object {
        let path: Vec<String> = above.iter().chain([key]).cloned().collect();
        match value {
            value if !Column::can_name(kind, &path) => {
                nameless.insert(key.clone(), value.clone());
            }
            Value::Object(below) if path[0] == dotted(kind) && !below.is_empty() => {
                collect(kind, path, below, leaves);
            }
            value => leaves.push((path, value.clone())),
        }
    }
    if !nameless.is_empty() {
        leaves.push((above, nameless.into()));
    }
}

fn line(cells: &[String]) -> Result<Vec<u8>, TableError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(|error| TableError::Csv(error.into_error().into()))
}
