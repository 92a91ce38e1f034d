//! Tables for people, as wide as their terminal. Whatever phones and plugins said is made harmless for it.

use std::io::{self, IsTerminal as _};

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde_json::{Map, Value};

use super::columns::{Columns, Fit, GAP};
use super::paint::{Paint, paint};

/// What the terminal can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Columns; nothing if it is no terminal, and lines may be as long as they like.
    pub(super) width: Option<u16>,
    /// Whether colours are wanted.
    pub(super) colour: bool,
}

impl Style {
    /// Of standard output.
    pub(super) fn of_stdout() -> Style {
        let terminal = io::stdout().is_terminal();
        // https://no-color.org
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        Style { width: if terminal { Table::new().width() } else { None }, colour: terminal && !refused }
    }
}

/// How a cell is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should be.
    Good,
    /// Worth a look.
    Doubtful,
    /// As it should not be.
    Bad,
}

/// A cell with a colour.
pub(super) fn mood(text: &str, mood: Mood) -> Cell {
    cell(text).fg(match mood {
        Mood::Good => Color::Green,
        Mood::Doubtful => Color::Yellow,
        Mood::Bad => Color::Red,
    })
}

/// A cell.
pub(super) fn cell(text: &str) -> Cell {
    Cell::new(harmless(text))
}

/// A table under headings, or what to say when it is empty. On a terminal, only the columns it has room for; the last line
/// names the others.
pub(super) fn table(style: Style, columns: &Columns, rows: Vec<Vec<Cell>>, empty: &str) -> String {
    if rows.is_empty() {
        return empty.to_owned();
    }
    let mut table = plain(style);
    table
        .set_header(columns.headings.iter().map(|heading| Cell::new(heading).add_attribute(Attribute::Bold)));
    table.add_rows(rows);
    let Some(room) = style.width else { return finished(table) };
    let fit = columns.fit(&table.column_max_content_widths(), room);
    constrain(&mut table, &fit);
    let shown = finished(table);
    if fit.hidden.is_empty() {
        return shown;
    }
    let hidden = format!("Not shown: {} (--json shows all)", fit.hidden.join(", "));
    format!("{shown}\n{}", paint(style, Paint::Faint, &hidden))
}

fn constrain(table: &mut Table, fit: &Fit) {
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_constraints(fit.widths.iter().map(|width| match width {
        Some(width) => ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(GAP))),
        None => ColumnConstraint::Hidden,
    }));
}

/// Names and values below each other.
pub(super) fn pairs(style: Style, rows: Vec<(&str, Cell)>) -> String {
    let mut table = plain(style);
    for (name, value) in rows {
        table.add_row([Cell::new(harmless(name)).add_attribute(Attribute::Bold), value]);
    }
    finished(table)
}

fn plain(style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if style.colour {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    if let Some(width) = style.width {
        table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

fn finished(mut table: Table) -> String {
    // No borders: columns begin at the margin and keep two spaces between them.
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Text that cannot move the cursor, ring, recolour or turn the order of what follows: such characters are escaped. Lines
/// stay lines.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' || turns_text(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Embeddings, overrides and isolates of the bidirectional algorithm (UAX #9 §2), and separators of lines.
fn turns_text(character: char) -> bool {
    matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Each leaf of a document: its key with dots, and its value as `--set` would take it.
pub(super) fn leaves(document: &Map<String, Value>, prefix: &str) -> Vec<(String, String)> {
    document
        .iter()
        .flat_map(|(key, value)| match value {
            Value::Object(below) if !below.is_empty() => leaves(below, &format!("{prefix}{key}.")),
            value => vec![(format!("{prefix}{key}"), text_of(value))],
        })
        .collect()
}

/// A value for people: text without quotes, nothing for null.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The text under a key, if there is any.
pub(super) fn field(document: &Value, key: &str) -> String {
    document.get(key).map(text_of).unwrap_or_default()
}

/// What is listed under a key; nothing if there is no list.
pub(super) fn items<'a>(document: &'a Value, key: &str) -> &'a [Value] {
    document.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether there is a `true` under a key.
pub(super) fn is_true(document: &Value, key: &str) -> bool {
    document.get(key) == Some(&Value::Bool(true))
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };
    const COLUMNS: Columns = Columns { headings: &["ID", "STATE"], dispensable: &["STATE"], breaks: None };

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec![cell("a"), mood("ready", Mood::Good)],
            vec![cell("long-identifier"), mood("backoff", Mood::Bad)],
        ]
    }

    #[test]
    fn a_pipe_gets_plain_columns() {
        let expected = "ID               STATE\na                ready\nlong-identifier  backoff";
        assert_eq!(table(PIPE, &COLUMNS, rows(), "none"), expected);
        assert_eq!(table(PIPE, &COLUMNS, Vec::new(), "none"), "none");
    }

    #[test]
    fn a_terminal_gets_colours_and_its_width() {
        let shown = table(Style { width: Some(24), colour: true }, &COLUMNS, rows(), "none");
        assert!(shown.contains("\u{1b}["), "{shown}");
        let shown = table(Style { width: Some(18), colour: true }, &COLUMNS, rows(), "none");
        let named = "ID\na\nlong-identifier\n\u{1b}[2mNot shown: STATE (--json shows all)\u{1b}[0m";
        assert_eq!(shown.replace("\u{1b}[1mID               \u{1b}[0m", "ID"), named);
        let shown = table(Style { width: Some(18), colour: false }, &COLUMNS, rows(), "none");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn what_a_phone_said_cannot_control_the_terminal() {
        let shown = pairs(PIPE, vec![("vendor", cell("\u{1b}[2Jx\r\u{9b}y"))]);
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(shown.contains(r"\u{1b}[2Jx\r"), "{shown:?}");
        assert_eq!(harmless("a\u{202e}gfc.b\u{2069}é"), r"a\u{202e}gfc.b\u{2069}é");
    }

    #[test]
    fn leaves_are_named_as_they_are_set() {
        let document = json!({"a": {"1": {"b": "x"}, "e": {}}, "l": [1], "n": null, "t": true});
        let leaves = leaves(document.as_object().unwrap(), "raw.");
        let leaves: Vec<_> = leaves.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            leaves,
            [("raw.a.1.b", "x"), ("raw.a.e", "{}"), ("raw.l", "[1]"), ("raw.n", ""), ("raw.t", "true")]
        );
    }

    #[test]
    fn sizes_have_units() {
        for (bytes, text) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (20 << 20, "20.0 MiB"), (3 << 30, "3.0 GiB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
