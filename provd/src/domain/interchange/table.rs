//! Reading a table (CSV, RFC 4180) as spreadsheets write it: with commas, semicolons or tabs, with any line ends.

use csv::{ReaderBuilder, StringRecord, Terminator};
use serde_json::{Map, Value};

use super::column::{Column, dotted};
use super::quotes::mismatch;
use super::{Kind, Line};

/// What spreadsheets put between cells.
const SEPARATORS: [u8; 3] = *b",;\t";

/// The documents of the rows below the first.
pub(super) fn read(text: &str, kind: Kind) -> Box<dyn Iterator<Item = Line> + Send + '_> {
    let (text, separator, skipped) = separated(text);
    if let Some((number, why)) = mismatch(text, separator) {
        let why = format!("{why}: double the quotes in it, and put one before and one behind it");
        return alone(Line::wrong(number + skipped, Some(kind), why));
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .terminator(Terminator::CRLF)
        .from_reader(text.as_bytes());
    let mut header = StringRecord::new();
    let number = match reader.read_record(&mut header) {
        Ok(true) => number_of(&header, text) + skipped,
        _ => return alone(Line::wrong(1, Some(kind), "the file has no row that names its columns")),
    };
    match columns(&header, kind) {
        Err(why) => alone(Line::wrong(number, Some(kind), why)),
        Ok(columns) => {
            let rows = reader.into_records().map_while(Result::ok);
            Box::new(rows.filter_map(move |row| {
                let number = number_of(&row, text) + skipped;
                Some(Line { number, kind: Some(kind), document: of_row(&row, &columns, kind)? })
            }))
        }
    }
}

fn alone(line: Line) -> Box<dyn Iterator<Item = Line> + Send + 'static> {
    Box::new(std::iter::once(line))
}

/// The text, what separates its cells, and how many lines were before it. Some spreadsheets say it themselves, in a line
/// `sep=;`; else it is what the first row has most of.
fn separated(text: &str) -> (&str, u8, u64) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let [stated] = first.trim_end_matches('\r').strip_prefix("sep=").unwrap_or_default().as_bytes() {
        return (rest, *stated, 1);
    }
    let mut is_quoted = false;
    let mut counts = [0_u32; SEPARATORS.len()];
    for byte in first.bytes() {
        is_quoted ^= byte == b'"';
        if let Some(found) = SEPARATORS.iter().position(|separator| *separator == byte && !is_quoted) {
            counts[found] += 1;
        }
    }
    // Of equals the first counts.
    let most = (0..SEPARATORS.len()).rev().max_by_key(|index| counts[*index]).unwrap_or(0);
    (text, SEPARATORS[most], 0)
}

/// The columns, nothing for those without a name.
fn columns(header: &StringRecord, kind: Kind) -> Result<Vec<Option<Column>>, String> {
    let mut columns: Vec<Option<Column>> = Vec::new();
    for name in header.iter().map(str::trim) {
        let column = if name.is_empty() { None } else { Some(Column::parse(kind, name)?) };
        if column.is_some() && columns.contains(&column) {
            return Err(format!("two columns are named `{}`", name.escape_debug()));
        }
        columns.push(column);
    }
    check(&columns, kind)?;
    Ok(columns)
}

/// What a table must have to mean anything: a config is replaced by its row, so what the table does not know would be lost.
fn check(columns: &[Option<Column>], kind: Kind) -> Result<(), String> {
    let is_there = |name: &str| {
        columns.iter().flatten().any(|column| column.path.first().is_none_or(|first| first == name))
    };
    let there: Vec<String> = columns.iter().flatten().map(Column::name).collect();
    let missing = match kind {
        Kind::Device if !is_there("id") && !is_there("mac") => "`id` or `mac`",
        Kind::Config if !is_there("id") => "`id`",
        Kind::Config if !is_there("parent_ids") => "`parent_ids`",
        Kind::Config if !is_there(dotted(kind)) => "`raw_config.…`",
        _ => return Ok(()),
    };
    Err(format!(
        "the first row must name the columns, and none is named {missing}: there are {}",
        there.join(", ").escape_debug().to_string().chars().take(200).collect::<String>()
    ))
}

/// The line a row begins in: the reader counts the empty ones before it with it.
fn number_of(row: &StringRecord, text: &str) -> u64 {
    let Some(position) = row.position() else { return 1 };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let before = text.as_bytes().get(from..).unwrap_or_default();
    let empty = before.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    position.line() + empty.count() as u64
}

/// Nothing for a row without a word.
fn of_row(
    row: &StringRecord,
    columns: &[Option<Column>],
    kind: Kind,
) -> Option<Result<Map<String, Value>, String>> {
    let is_empty = row.iter().all(|cell| cell.trim().is_empty());
    (!is_empty).then(|| document(row, columns, kind))
}

fn document(
    row: &StringRecord,
    columns: &[Option<Column>],
    kind: Kind,
) -> Result<Map<String, Value>, String> {
    if row.len() < columns.len() || row.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
        return Err(format!("the row has {} cells, but there are {} columns", row.len(), columns.len()));
    }
    let mut document = Map::new();
    if kind == Kind::Config {
        document.insert("parent_ids".to_owned(), Value::Array(Vec::new()));
        document.insert(dotted(kind).to_owned(), Map::new().into());
    }
    let mut wrong = Vec::new();
    for (column, cell) in columns.iter().zip(row) {
        match column {
            None if cell.trim().is_empty() => {}
            None => wrong.push("a cell is in a column without a name".to_owned()),
            Some(_) if cell.is_empty() => {}
            Some(column) => {
                if column.path == ["parent_ids"] {
                    document.shift_remove("parent_ids");
                }
                wrong.extend(column.fill(kind, cell, &mut document).err());
            }
        }
    }
    if wrong.is_empty() { Ok(document) } else { Err(wrong.join("; ")) }
}
