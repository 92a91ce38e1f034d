//! Patterns of files in a folder: `*` and `?` stand for anything within one name, `[a-c]` for one sign of those. They lead
//! nowhere outside the folder.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::failure::StepError;
use super::tree::{Found, found};

/// A pattern of relative paths.
#[derive(Debug, Clone)]
pub(in crate::firmware) struct Pattern {
    text: String,
    regex: Regex,
}

/// Text that stands for itself in a pattern.
pub(super) fn quote(text: &str) -> String {
    text.chars().fold(String::new(), |quoted, sign| match sign {
        '*' | '?' | '[' => quoted + "[" + &sign.to_string() + "]",
        sign => quoted + &sign.to_string(),
    })
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Pattern, String> {
        let path = text.trim_start_matches("./").trim_end_matches('/');
        if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(format!("`{text}`: expected a pattern of files in the folder"));
        }
        let regex = Regex::new(&expression(path)).map_err(|_| format!("`{text}`: it is no pattern"))?;
        Ok(Pattern { text: text.to_owned(), regex })
    }

    /// Whether a relative path, its parts parted by `/`, is one of these.
    pub(super) fn matches(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| self.regex.is_match(path))
    }

    /// Files and folders in a folder, in order; at least one.
    pub(super) fn all(&self, folder: &Path) -> Result<Vec<Found>, StepError> {
        let mut matching = found(folder)?;
        matching.retain(|found| self.matches(&found.path));
        if matching.is_empty() { Err(StepError::NoMatch(self.text.clone())) } else { Ok(matching) }
    }

    /// Files in a folder, in order; at least one.
    pub(super) fn files(&self, folder: &Path) -> Result<Vec<PathBuf>, StepError> {
        let files = self.all(folder)?.into_iter().filter(|found| !found.is_folder);
        let files: Vec<PathBuf> = files.map(|found| found.path).collect();
        if files.is_empty() { Err(StepError::NoMatch(self.text.clone())) } else { Ok(files) }
    }

    /// The only file in a folder.
    pub(super) fn only_file(&self, folder: &Path) -> Result<PathBuf, StepError> {
        let mut files = self.files(folder)?;
        match files.pop() {
            Some(file) if files.is_empty() => Ok(file),
            _ => Err(StepError::Several { pattern: self.text.clone(), found: files.len() + 1 }),
        }
    }
}

/// The regular expression that says the same.
fn expression(pattern: &str) -> String {
    let mut expression = "^(?s)".to_owned();
    let mut rest = pattern;
    while let Some(sign) = rest.chars().next() {
        rest = &rest[sign.len_utf8()..];
        match sign {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => match class(rest) {
                Some((signs, after)) => {
                    expression.push_str(&signs);
                    rest = after;
                }
                None => expression.push_str(r"\["),
            },
            sign => expression.push_str(&regex::escape(&sign.to_string())),
        }
    }
    expression + "$"
}

/// What is in brackets, and what follows them. A `]` that comes first is a sign of its own.
fn class(text: &str) -> Option<(String, &str)> {
    let (not, text) = text.strip_prefix('!').map_or(("", text), |text| ("^/", text));
    let first = text.chars().next()?;
    let end = text[first.len_utf8()..].find(']')? + first.len_utf8();
    let signs = text[..end].replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]").replace('^', r"\^");
    let signs = signs.replace("&&", r"&\&").replace("~~", r"~\~");
    Some((format!("[{not}{signs}]"), &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_match(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(Path::new(path))
    }

    #[test]
    fn a_pattern_stays_within_one_name() {
        for (pattern, path) in [
            ("*.bin", "a.bin"),
            ("*/a?.bin", "x/a1.bin"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("a.b/", "a.b"),
            ("./a", "a"),
            ("[]]", "]"),
            ("[^]", "^"),
            ("[", "["),
        ] {
            assert!(is_match(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("*.bin", "x/a.bin"), ("a.b", "axb"), ("[a-c]x", "dx"), ("[!a]x", "/x"), ("*", "a/b")]
        {
            assert!(!is_match(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for wrong in ["", "/", "/etc/passwd", "../a", "a/../b", "a/.."] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn quoted_text_matches_itself_and_any_text_is_survived(text in "[a-z*?\\[\\]^!&~\\\\-]{1,12}") {
            prop_assert!(is_match(&quote(&text), &text), "{}", quote(&text));
            let _ = Pattern::new(&text);
        }
    }
}
