//! The patterns of a token, and what they grant: those of wazo-auth.
//!
//! In a pattern `*` stands for any characters within one word, `#` for any characters across words; all others stand for
//! themselves. A pattern that begins with `!` denies what it matches, whatever others grant.

use thiserror::Error;

/// Longest pattern, in bytes.
const LONGEST: usize = 255;

/// Patterns that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidPermissions {
    /// There is none that grants anything.
    #[error("expected at least one pattern such as provd.dev_mgr.#.read that grants something")]
    Nothing,
    /// One is none.
    #[error("`{0}`: expected words of up to {LONGEST} bytes joined by dots, such as provd.dev_mgr.#.read")]
    Pattern(String),
}

/// A pattern somebody may not grant.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotCovered {
    /// It grants what he does not have.
    #[error("`{0}` grants more than your own token does")]
    Grants(String),
    /// He is denied what he does not deny.
    #[error("your own token is denied `{0}`: deny it too, by `!{0}`")]
    Denies(String),
}

/// What a token grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    granted: Vec<String>,
    denied: Vec<String>,
}

impl Permissions {
    /// Permits everything.
    pub fn all() -> Permissions {
        Permissions { granted: vec!["#".to_owned()], denied: Vec::new() }
    }

    /// Takes patterns as somebody wrote them.
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Permissions, InvalidPermissions> {
        let mut permissions = Permissions::default();
        for pattern in patterns.iter().map(AsRef::as_ref) {
            let (patterns, words) = match pattern.strip_prefix('!') {
                Some(words) => (&mut permissions.denied, words),
                None => (&mut permissions.granted, pattern),
            };
            if !is_sound(words) {
                return Err(InvalidPermissions::Pattern(pattern.escape_debug().to_string()));
            }
            patterns.push(words.to_owned());
        }
        if permissions.granted.is_empty() {
            return Err(InvalidPermissions::Nothing);
        }
        Ok(permissions)
    }

    /// The patterns, those that deny last.
    pub fn patterns(&self) -> Vec<String> {
        let denied = self.denied.iter().map(|pattern| format!("!{pattern}"));
        self.granted.iter().cloned().chain(denied).collect()
    }

    /// Whether they grant a permission.
    pub fn grant(&self, permission: &str) -> bool {
        let matches = |pattern: &String| matches(pattern.as_bytes(), permission.as_bytes(), b".");
        self.granted.iter().any(matches) && !self.denied.iter().any(matches)
    }

    /// Checks that others grant nothing that these do not. Each pattern must be within one of these, and what these deny
    /// must be denied: so somebody may be refused what is harmless, and never permitted what is not.
    pub fn cover(&self, others: &Permissions) -> Result<(), NotCovered> {
        if let Some(pattern) = others.granted.iter().find(|pattern| !is_within_one(pattern, &self.granted)) {
            return Err(NotCovered::Grants(pattern.clone()));
        }
        match self.denied.iter().find(|pattern| !is_within_one(pattern, &others.denied)) {
            Some(pattern) => Err(NotCovered::Denies(pattern.clone())),
            None => Ok(()),
        }
    }
}

fn is_sound(words: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control());
    words.len() <= LONGEST && words.split('.').all(is_word) && !words.starts_with('!')
}

/// Whether all that a pattern matches is matched by one of the others: its wildcards are taken for characters that only a
/// wildcard matches, and `#`, which is more than one word, not by `*`.
fn is_within_one(pattern: &str, others: &[String]) -> bool {
    others.iter().any(|other| matches(other.as_bytes(), pattern.as_bytes(), b".#"))
}

/// Whether a pattern matches a text; `*` matches no character that `ends` a word. The last wildcard that could match more is
/// tried again: a `#` once it was reached makes all wildcards before it final, so nothing else need be.
fn matches(pattern: &[u8], text: &[u8], ends: &[u8]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    // Where to go on if what follows a wildcard does not match: behind it in the pattern, and in the text.
    let mut word: Option<(usize, usize)> = None;
    let mut words = None;
    while in_text < text.len() || at < pattern.len() {
        match (pattern.get(at), text.get(in_text)) {
            (Some(b'#'), _) => {
                (word, words) = (None, Some((at + 1, in_text)));
                at += 1;
            }
            (Some(b'*'), _) => {
                word = Some((at + 1, in_text));
                at += 1;
            }
            (Some(expected), Some(found)) if expected == found => (at, in_text) = (at + 1, in_text + 1),
            _ => {
                let longer = |(behind, from): (usize, usize)| (behind, from + 1);
                let more_of_word =
                    word.filter(|(_, from)| text.get(*from).is_some_and(|c| !ends.contains(c)));
                if let Some(again) = more_of_word.map(longer) {
                    word = Some(again);
                    (at, in_text) = again;
                } else if let Some(again) = words.filter(|(_, from)| *from < text.len()).map(longer) {
                    (word, words) = (None, Some(again));
                    (at, in_text) = again;
                } else {
                    return false;
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn permissions(patterns: &[&str]) -> Permissions {
        Permissions::parse(patterns).unwrap()
    }

    #[test]
    fn a_star_is_within_a_word_and_a_hash_across_words() {
        for (pattern, permission, granted) in [
            ("provd.read", "provd.read", true),
            ("provd.read", "provd.reads", false),
            ("#", "provd.dev_mgr.devices.read", true),
            ("provd.#", "provd.read", true),
            ("provd.#", "provd", false),
            ("provd.#.read", "provd.dev_mgr.devices.a.read", true),
            ("provd.#.read", "provd.read", false),
            ("provd.#.read", "provd.dev_mgr.devices.a.update", false),
            ("provd.dev_mgr.devices.*.read", "provd.dev_mgr.devices.a.read", true),
            ("provd.dev_mgr.devices.*.read", "provd.dev_mgr.devices.a.raw.read", false),
            ("provd.dev_mgr.devices.*", "provd.dev_mgr.devices.read", true),
            ("provd.*.*.*", "provd.dev_mgr.devices.read", true),
            ("provd.*.*", "provd.dev_mgr.devices.read", false),
            ("provd.cfg_mgr.configs.ab*.*", "provd.cfg_mgr.configs.abc.read", true),
            ("provd.cfg_mgr.configs.ab*.*", "provd.cfg_mgr.configs.bc.read", false),
            ("confd.#", "provd.read", false),
            ("provd.*.a*b.#.read", "provd.x.aab.c.read.read", true),
        ] {
            assert_eq!(permissions(&[pattern]).grant(permission), granted, "{pattern} {permission}");
        }
    }

    #[test]
    fn what_is_denied_is_denied_whatever_grants_it() {
        for patterns in [["provd.#", "!provd.tokens.#"], ["!provd.tokens.#", "provd.#"]] {
            let permissions = permissions(&patterns);
            assert!(permissions.grant("provd.read") && !permissions.grant("provd.tokens.create"));
            assert_eq!(permissions.patterns(), ["provd.#", "!provd.tokens.#"]);
        }
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        for wrong in ["", "provd..read", ".", "provd.", "a b", "!", "!!a", "a\n"] {
            let error = Permissions::parse(&["provd.#", wrong]).unwrap_err();
            assert_eq!(error, InvalidPermissions::Pattern(wrong.escape_debug().to_string()));
        }
        assert!(Permissions::parse(&["a".repeat(LONGEST + 1)]).is_err());
        assert_eq!(Permissions::parse(&["!provd.#"]), Err(InvalidPermissions::Nothing));
    }

    #[test]
    fn nobody_grants_what_he_does_not_have() {
        for (own, granted, covered) in [
            (&["#"] as &[_], &["#", "provd.#"] as &[_], true),
            (&["provd.#"], &["provd.dev_mgr.#.read", "provd.*"], true),
            (&["provd.#"], &["#"], false),
            (&["provd.*.read"], &["provd.#.read"], false),
            (&["provd.*.read"], &["provd.*.read", "provd.a*.read", "provd.a.read"], true),
            (&["provd.*.read"], &["provd.*.*.read"], false),
            (&["provd.a.read", "provd.b.read"], &["provd.*.read"], false),
            (&["provd.#.read"], &["provd.dev_mgr.*.read", "provd.*.#.read"], true),
            (&["provd.#", "!provd.tokens.#"], &["provd.#"], false),
            (&["provd.#", "!provd.tokens.#"], &["provd.#", "!provd.tokens.#"], true),
            (&["provd.#", "!provd.tokens.#"], &["provd.#", "!#.tokens.#"], true),
            (&["provd.#", "!provd.tokens.#"], &["provd.#", "!provd.#"], true),
            (&["provd.#", "!provd.*.read"], &["provd.#", "!provd.a.read"], false),
        ] {
            assert_eq!(permissions(own).cover(&permissions(granted)).is_ok(), covered, "{own:?} {granted:?}");
        }
        assert!(Permissions::default().cover(&permissions(&["provd.read"])).is_err());
    }

    fn regex_of(pattern: &str) -> Regex {
        let escaped = regex::escape(pattern).replace(r"\*", "[^.]*").replace(r"\#", "(?s:.*)");
        Regex::new(&format!("^{escaped}$")).unwrap()
    }

    proptest! {
        #[test]
        fn patterns_match_as_expressions_do(pattern in "[ab.*#]{0,8}", text in "[ab.]{0,10}") {
            let found = matches(pattern.as_bytes(), text.as_bytes(), b".");
            prop_assert_eq!(found, regex_of(&pattern).is_match(&text));
        }

        #[test]
        fn what_is_covered_grants_no_more(
            own in prop::collection::vec("!?[ab*#](\\.[ab*#]){0,3}", 1..3),
            others in prop::collection::vec("!?[ab*#](\\.[ab*#]){0,3}", 1..3),
            permission in "[ab](\\.[ab]){0,3}",
        ) {
            let (Ok(own), Ok(others)) = (Permissions::parse(&own), Permissions::parse(&others)) else {
                return Ok(());
            };
            if own.cover(&others).is_ok() && others.grant(&permission) {
                prop_assert!(own.grant(&permission));
            }
        }
    }
}
