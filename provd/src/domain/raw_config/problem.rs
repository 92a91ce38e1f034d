//! What is wrong with a raw config: every problem with its path and reason, and how many are shown.
//!
//! A reason may show a value, but never one that can be a secret; that is up to the kinds of values.

use std::fmt;

use serde_json::Value;

/// Problems of one document that are kept; of the others only the number is.
pub const MAX_SHOWN: usize = 100;

/// Characters of a name or value that an error shows, for it may be anything.
const MAX_CHARACTERS: usize = 60;

/// One thing wrong with a raw config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, `sip_lines.1.proxy_port`.
    pub path: String,
    /// What, `70000 is not a port (1 to 65535)`.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// Everything wrong with one document, at most [`MAX_SHOWN`] of it in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    shown: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Those that are shown.
    pub fn shown(&self) -> &[Problem] {
        &self.shown
    }

    /// The same problems as they are called where the document is the value of `name`.
    #[must_use]
    pub fn beneath(mut self, name: &str) -> Problems {
        for problem in &mut self.shown {
            problem.path = format!("{name}.{}", problem.path);
        }
        self
    }

    /// Whether further problems are only counted, so that their reasons need not be found out.
    pub(super) fn is_full(&self) -> bool {
        self.shown.len() == MAX_SHOWN
    }

    pub(in crate::domain) fn add(&mut self, path: impl fmt::Display, reason: impl Into<String>) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.shown.push(Problem { path: path.to_string(), reason: reason.into() });
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.shown.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        if self.more > 0 { write!(f, "; and {} more", self.more) } else { Ok(()) }
    }
}

impl std::error::Error for Problems {}

/// What reading a document brings to light.
#[derive(Default)]
pub(super) struct Report {
    /// Why it is refused.
    pub(super) problems: Problems,
    /// What is allowed and probably not meant, if anybody asked: finding it takes its time.
    pub(super) warnings: Option<Problems>,
}

/// Where in a document a value is. Written out only for a problem.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    above: Option<&'a Path<'a>>,
    name: &'a str,
}

impl<'a> Path<'a> {
    /// A parameter of the whole document.
    pub(super) fn top(name: &'a str) -> Path<'a> {
        Path { above: None, name }
    }

    /// A part of the value at this path.
    pub(super) fn then(&'a self, name: &'a str) -> Path<'a> {
        Path { above: Some(self), name }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}.")?;
        }
        write!(f, "{}", self.name.chars().take(MAX_CHARACTERS).collect::<String>().escape_debug())
    }
}

/// A value as an error shows it.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => value.to_string(),
    };
    text.chars().take(MAX_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_problems_is_counted_beyond_a_hundred() {
        let mut problems = Problems::default();
        (0..123).for_each(|number| problems.add(number, "is odd"));
        let text = problems.to_string();
        assert!(text.starts_with("0: is odd; 1: is odd; "), "{text}");
        assert!(text.ends_with("; 99: is odd; and 23 more"), "{text}");
    }

    #[test]
    fn a_path_is_cut_and_breaks_no_line() {
        let name = format!("a\n{}", "b".repeat(1000));
        let path = Path::top("sip_lines").then(&name).to_string();
        assert!(path.starts_with("sip_lines.a\\nbbb") && path.len() < 80, "{path}");
    }
}
