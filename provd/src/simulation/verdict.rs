//! What came of a question, whether it is right, and what is wrong with it in words that hold no secrets.

use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::time::Duration;

use thiserror::Error;

use super::boot::{End, Step};
use super::fleet::{Fleet, Phone};

/// Bytes of a file that are kept to look into; configurations are smaller, firmware is only counted.
const KEPT: usize = 1 << 20;

/// What came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) end: End,
    pub(super) file: Received,
    /// When to ask again, if the server could not answer now.
    pub(super) again: Option<Duration>,
}

/// A file as it comes in.
#[derive(Debug, Default)]
pub(super) struct Received {
    kept: Vec<u8>,
    length: u64,
    hasher: DefaultHasher,
}

impl Received {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.hasher.write(bytes);
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// All its bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Alike for files that are alike.
    pub(super) fn digest(&self) -> u64 {
        self.hasher.finish()
    }
}

/// What is wrong.
#[derive(Debug, Error)]
pub(super) enum Wrong {
    #[error("{}", end_text(*.0))]
    End(End),
    /// The text as the family declares it: what it is filled in with may be secret.
    #[error("a file of {length} bytes without `{text}`")]
    Missing { text: String, length: u64 },
    #[error("a file with the account of phone {0}")]
    Foreign(u64),
    #[error("the same file as phone {0}")]
    Same(u64),
    #[error("a file that ended after {length} of {expected} bytes")]
    Cut { length: u64, expected: u64 },
    #[error("a connection that broke off after {0} bytes")]
    BrokenOff(u64),
    #[error("no connection: {0}")]
    NoConnection(io::Error),
    #[error("nothing within {0} s")]
    Silence(u64),
    #[error("what is no {0}")]
    Nonsense(&'static str),
    #[error("no socket on this machine: {0}")]
    NoSocket(io::Error),
}

impl Wrong {
    /// A few words under which those alike are counted.
    pub(super) fn reason(&self) -> String {
        match self {
            Wrong::End(end) => end_text(*end),
            Wrong::Missing { .. } => "content is missing".to_owned(),
            Wrong::Foreign(_) => "another phone's account".to_owned(),
            Wrong::Same(_) => "another phone's file".to_owned(),
            Wrong::Cut { .. } | Wrong::BrokenOff(_) => "broken off".to_owned(),
            Wrong::NoConnection(_) => "no connection".to_owned(),
            Wrong::Silence(_) => "no answer".to_owned(),
            Wrong::Nonsense(_) => "not understood".to_owned(),
            Wrong::NoSocket(_) => "no socket here".to_owned(),
        }
    }
}

fn end_text(end: End) -> String {
    match end {
        End::File => "a file".to_owned(),
        End::Status(status) => format!("status {status}"),
        End::TftpError(code) => format!("TFTP error {code}"),
    }
}

/// What a step expects, in words.
pub(super) fn expectation(step: &Step) -> String {
    let mut text = end_text(step.expected.end);
    if step.expected.end != End::File && step.expected.or_file {
        text.push_str(" or a file");
    }
    if step.is_own {
        text.push_str(" of its own");
    }
    let held: Vec<String> = step.contains.iter().map(|text| format!("`{text}`")).collect();
    if held.is_empty() { text } else { format!("{text} with {}", held.join(", ")) }
}

/// Judges an answer by itself. Where phones have accounts of ours, each file must hold the phone's, and nobody else's.
pub(super) fn judge(
    step: &Step,
    phone: &Phone<'_>,
    answer: &Answer,
    fleet: &Fleet,
    has_account: bool,
) -> Result<(), Wrong> {
    let is_file = answer.end == End::File;
    if answer.end != step.expected.end && !(is_file && step.expected.or_file) {
        return Err(Wrong::End(answer.end));
    }
    if !is_file {
        return Ok(());
    }
    let content = &answer.file.kept;
    // First of all: it is worse than anything that is missing.
    if let Some(other) = fleet.foreign_account(phone.number, content) {
        return Err(Wrong::Foreign(other));
    }
    let values = phone.values();
    let wanted = step.contains.iter().filter(|text| has_account || !text.is_about_account());
    for text in wanted.filter(|_| step.expected.end == End::File) {
        if !holds(content, text.fill(&values).as_bytes()) {
            return Err(Wrong::Missing { text: text.to_string(), length: answer.file.length });
        }
    }
    Ok(())
}

fn holds(content: &[u8], text: &[u8]) -> bool {
    text.is_empty() || content.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::fleet::tests::fleet;

    fn answer(end: End, content: &str) -> Answer {
        let mut file = Received::default();
        file.take(content.as_bytes());
        Answer { end, file, again: None }
    }

    /// The file of the phone itself, which is the last thing it asks for.
    fn own_file(phone: &Phone<'_>) -> String {
        let step = phone.kind.steps.last().unwrap();
        step.contains.iter().map(|text| text.fill(&phone.values()) + "\n").collect()
    }

    fn judged(content: &str, end: End, has_account: bool) -> Result<(), String> {
        let fleet = fleet("aastra", 20);
        let phone = fleet.phone(3).unwrap();
        let content = match content {
            "own" => own_file(&phone),
            "other" => own_file(&fleet.phone(4).unwrap()),
            content => content.to_owned(),
        };
        let step = phone.kind.steps.last().unwrap();
        judge(step, &phone, &answer(end, &content), &fleet, has_account).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn a_phone_gets_its_own_file_and_nobody_elses() {
        assert_eq!(judged("own", End::File, true), Ok(()));
        assert_eq!(judged("other", End::File, true), Err("a file with the account of phone 4".to_owned()));
        assert_eq!(judged("", End::File, false), Ok(()), "whose account it is is not known then");
        let missing = judged("", End::File, true).unwrap_err();
        assert_eq!(missing, "a file of 0 bytes without `sip line1 user name: {username}`");
        assert_eq!(judged("own", End::Status(404), true), Err("status 404".to_owned()));
    }

    #[test]
    fn what_is_optional_may_be_there() {
        let fleet = fleet("aastra", 1);
        let phone = fleet.phone(0).unwrap();
        let step = phone.kind.steps.iter().find(|step| step.expected.or_file).unwrap();
        let judged = |end| judge(step, &phone, &answer(end, "firmware"), &fleet, true).is_ok();
        assert!(judged(End::File) && judged(End::Status(404)) && !judged(End::Status(500)));
        assert_eq!(expectation(step), "status 404 or a file");
    }

    #[test]
    fn large_files_are_counted_and_not_kept() {
        let mut file = Received::default();
        for _ in 0..3 {
            file.take(&vec![0; KEPT / 2 + 1]);
        }
        assert_eq!((file.kept.len(), file.length()), (KEPT, 3 * (KEPT as u64 / 2 + 1)));
    }
}
