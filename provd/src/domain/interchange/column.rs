//! The columns of a table: where in a document their cells belong.
//!
//! Dots lead into the options of a device and the raw config of a config, as in `raw_config.sip_lines.1.username`; in all
//! other names they are but dots. A name that ends with `:json` has JSON in its cells; `:json` alone has keys that cannot
//! be names.

use serde_json::{Map, Value};

use super::Kind;
use super::cell;

/// What marks JSON in the name of a column.
const JSON: &str = ":json";

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Column {
    /// From the document down. Empty: the document.
    pub(super) path: Vec<String>,
    /// Whether its cells are JSON.
    pub(super) is_json: bool,
}

/// Columns that every table of a kind may have, in the order in which they are written.
pub(super) fn known(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Device => &[
            "id",
            "mac",
            "ip",
            "vendor",
            "model",
            "version",
            "plugin",
            "config",
            "description",
            "sn",
            "uuid",
        ],
        Kind::Config => &["id", "parent_ids", "role", "transient", "deletable"],
    }
}

/// The key below which names have dots.
pub(super) fn dotted(kind: Kind) -> &'static str {
    match kind {
        Kind::Device => "options",
        Kind::Config => "raw_config",
    }
}

impl Column {
    /// The column of a name, or what is wrong with it.
    pub(super) fn parse(kind: Kind, name: &str) -> Result<Column, String> {
        let (name, is_json) = match name.strip_suffix(JSON) {
            Some(name) => (name, true),
            None => (name, false),
        };
        let usual = name.to_lowercase().replace([' ', '-'], "_");
        let mut names = known(kind).iter().copied().chain([dotted(kind)]);
        let slip = names.find(|known| name != *known && usual == *known);
        if let Some(meant) = slip {
            return Err(format!("the column `{}`: did you mean {meant}?", name.escape_debug()));
        }
        let path: Vec<String> = match name.split_once('.') {
            _ if name.is_empty() => Vec::new(),
            Some((first, _)) if first == dotted(kind) => name.split('.').map(str::to_owned).collect(),
            _ => vec![name.to_owned()],
        };
        if path.iter().any(String::is_empty) {
            return Err(format!("the column `{}` has an empty name between its dots", name.escape_debug()));
        }
        Ok(Column { path, is_json })
    }

    /// As it is written.
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.path.join("."), if self.is_json { JSON } else { "" })
    }

    /// Whether a column can be named so that it leads to this path.
    pub(super) fn can_name(kind: Kind, path: &[String]) -> bool {
        let name = path.join(".");
        let is_clear = name.trim() == name && !name.is_empty() && !name.ends_with(JSON);
        is_clear && Column::parse(kind, &name).is_ok_and(|column| column.path == path)
    }

    /// Puts what a cell stands for where it belongs.
    pub(super) fn fill(
        &self,
        kind: Kind,
        cell: &str,
        document: &mut Map<String, Value>,
    ) -> Result<(), String> {
        let value = if self.is_json { cell::json(cell) } else { cell::value_of(kind, &self.path, cell) };
        let value = value.map_err(|why| format!("{}: {why}", self.name()))?;
        put(document, &self.path, value).map_err(|why| format!("{}: {why}", self.name()))
    }
}

/// Objects at one place become one object.
fn put(document: &mut Map<String, Value>, path: &[String], value: Value) -> Result<(), &'static str> {
    let Some((name, below)) = path.split_first() else {
        let Value::Object(keys) = value else { return Err("expected a JSON object") };
        return keys.into_iter().try_for_each(|(key, value)| put(document, &[key], value));
    };
    match (document.get_mut(name), below) {
        (None, []) => {
            document.insert(name.clone(), value);
            Ok(())
        }
        (Some(Value::Object(there)), []) => put(there, below, value),
        (Some(_), []) => Err("another column states it too"),
        (None, below) => {
            let mut object = Map::new();
            put(&mut object, below, value)?;
            document.insert(name.clone(), object.into());
            Ok(())
        }
        (Some(Value::Object(there)), below) => put(there, below, value),
        (Some(_), _) => Err("another column states what is above it"),
    }
}
