//! Handing all documents to the server as a file for import: one transaction, unless there are very many. What the server refuses
//! is found out by a trial first, told, and left out.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::documents::Kind;
use super::report::{Counts, Problem};
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::import::{JSON_LINES, inner};
use crate::cli::table::{field, items};

/// Bytes of one file. A server takes a little more.
const LARGEST: usize = 60 << 20;

/// A document as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) document: Map<String, Value>,
}

impl Line {
    fn text(&self) -> String {
        format!("{}\n", json!({ self.kind.name(): self.document }))
    }
}

/// What became of documents, or would.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) configs: Counts,
    pub(super) devices: Counts,
    pub(super) problems: Vec<Problem>,
    /// What was refused.
    pub(super) refused: HashSet<(Kind, String)>,
    /// Where to see how the phones are configured.
    pub(super) operations: Vec<String>,
}

/// Finds out what would become of them.
pub(super) async fn try_out(lines: Vec<Line>, client: &Client) -> Result<(Vec<Vec<Line>>, Stored), Failure> {
    let mut stored = Stored::default();
    let mut files = parts(lines);
    for file in &mut files {
        let mut is_known = file.is_empty();
        while !is_known {
            let received = client.send_file("/import?dry_run=true", JSON_LINES, bytes_of(file)).await?;
            let report = inner(&received.document);
            // Of very many errors only the first are told: what is wrong with the rest shows without them.
            is_known = !received.is_refused || are_all_told(report);
            if is_known {
                stored.count(report);
                stored.warn(file, report);
            }
            if received.is_refused {
                stored.leave_out(file, report, client)?;
                is_known |= file.is_empty();
            }
        }
    }
    files.retain(|file| !file.is_empty());
    Ok((files, stored))
}

/// Stores them. If somebody changed something since they were tried out, more may be refused.
pub(super) async fn store(files: Vec<Vec<Line>>, client: &Client) -> Result<Stored, Failure> {
    let mut stored = Stored::default();
    for mut file in files {
        while !file.is_empty() {
            let received = client.send_file("/import", JSON_LINES, bytes_of(&file)).await?;
            if received.is_refused {
                stored.leave_out(&mut file, inner(&received.document), client)?;
                continue;
            }
            stored.count(inner(&received.document));
            stored.operations.extend(received.operation);
            break;
        }
    }
    Ok(stored)
}

impl Stored {
    /// Documents but for those that were refused.
    pub(super) fn taken<'d, T>(
        &self,
        kind: Kind,
        documents: &'d [(String, T)],
    ) -> impl Iterator<Item = &'d (String, T)> + use<'_, 'd, T> {
        documents.iter().filter(move |(id, _)| !self.refused.contains(&(kind, id.clone())))
    }

    fn leave_out(&mut self, file: &mut Vec<Line>, report: &Value, client: &Client) -> Result<(), Failure> {
        let mut wrong = BTreeSet::new();
        for remark in items(report, "errors") {
            let Some((at, line)) = line_of(file, remark) else { continue };
            self.problems.push(Problem::refused(line.kind.name(), &line.id, field(remark, "reason")));
            if wrong.insert(at) {
                self.refused.insert((line.kind, line.id.clone()));
                self.counts(line.kind).refused += 1;
            }
        }
        if wrong.is_empty() {
            return Err(client.not_provd("it refuses a file, and says not why"));
        }
        let mut at = 0;
        file.retain(|_| {
            at += 1;
            !wrong.contains(&(at - 1))
        });
        Ok(())
    }

    /// What nobody knows is told otherwise, one by one.
    fn warn(&mut self, file: &[Line], report: &Value) {
        for remark in items(report, "warnings") {
            let reason = field(remark, "reason");
            let is_reference = reason.starts_with("there is no config") || reason.starts_with("the plugin ");
            if let Some((_, line)) = line_of(file, remark).filter(|_| !is_reference) {
                // The number of a line of a file that nobody sees says nothing.
                let reason = match reason.split_once("has the same MAC address") {
                    Some(_) if reason.starts_with("line ") => {
                        "another device has the same MAC address".to_owned()
                    }
                    _ => reason,
                };
                self.problems.push(Problem::taken(line.kind.name(), &line.id, reason));
            }
        }
    }

    fn count(&mut self, report: &Value) {
        let number = |done: &str, kind: Kind| {
            let counts = report.get(done).and_then(|counts| counts.get(kind.collection()));
            counts.and_then(Value::as_u64).unwrap_or(0)
        };
        for kind in [Kind::Config, Kind::Device] {
            let counts = self.counts(kind);
            counts.created += number("created", kind);
            counts.updated += number("updated", kind);
            counts.unchanged += number("unchanged", kind);
        }
    }

    fn counts(&mut self, kind: Kind) -> &mut Counts {
        match kind {
            Kind::Config => &mut self.configs,
            Kind::Device => &mut self.devices,
        }
    }
}

fn are_all_told(report: &Value) -> bool {
    let all = report.get("errors_in_all").and_then(Value::as_u64);
    all == Some(items(report, "errors").len() as u64)
}

fn line_of<'l>(file: &'l [Line], remark: &Value) -> Option<(usize, &'l Line)> {
    let number = remark.get("line").and_then(Value::as_u64)?;
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    file.get(at).map(|line| (at, line))
}

fn bytes_of(file: &[Line]) -> Vec<u8> {
    file.iter().map(Line::text).collect::<String>().into_bytes()
}

/// As many together as a file may hold.
fn parts(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut parts: Vec<Vec<Line>> = Vec::new();
    let mut size = usize::MAX;
    for line in lines {
        let length = line.text().len();
        size = size.saturating_add(length);
        if let Some(part) = parts.last_mut().filter(|_| size <= LARGEST) {
            part.push(line);
        } else {
            size = length;
            parts.push(vec![line]);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, length: usize) -> Line {
        let document =
            Map::from_iter([("id".to_owned(), id.into()), ("X".to_owned(), "x".repeat(length).into())]);
        Line { kind: Kind::Config, id: id.to_owned(), document }
    }

    #[test]
    fn very_many_documents_are_several_files() {
        let half = LARGEST / 2 - 100;
        let parts = parts(vec![line("a", half), line("b", half), line("c", half), line("d", 1)]);
        let ids: Vec<Vec<&str>> =
            parts.iter().map(|part| part.iter().map(|line| line.id.as_str()).collect()).collect();
        assert_eq!(ids, [vec!["a", "b"], vec!["c", "d"]]);
        assert!(parts.iter().all(|part| bytes_of(part).len() <= LARGEST));
        assert_eq!(
            bytes_of(&[line("a", 1), line("b", 0)]),
            b"{\"config\":{\"id\":\"a\",\"X\":\"x\"}}\n{\"config\":{\"id\":\"b\",\"X\":\"\"}}\n"
        );
    }

    #[test]
    fn warnings_are_told_of_documents() {
        let mut stored = Stored::default();
        let report = json!({"warnings": [
            {"line": 1, "reason": "there is no config `x`"},
            {"line": 2, "reason": "line 1 has the same MAC address, 02:00:00:00:00:01"},
            {"line": 9, "reason": "beyond the end"},
        ], "created": {"configs": 2, "devices": 1}});
        stored.warn(&[line("a", 0), line("b", 0)], &report);
        stored.count(&report);
        assert_eq!(
            stored.problems,
            [Problem::taken("config", "b", "another device has the same MAC address")]
        );
        assert_eq!((stored.configs.created, stored.devices.created), (2, 1));
    }
}
