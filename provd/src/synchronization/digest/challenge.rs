//! Challenges as they are written (RFC 9110, section 11.6.1): several schemes, each with parameters, all separated by
//! commas. Whatever is not understood is skipped.

use std::iter::Peekable;
use std::str::Chars;

/// One scheme with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// In lower case.
    pub(super) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// A parameter; the case of its name does not matter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The challenges of one header value, in order.
pub(super) fn parse(text: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut characters = text.chars().peekable();
    while characters.peek().is_some() {
        skip(&mut characters, |c| c == ',' || c.is_whitespace());
        let word = take(&mut characters, |c| !c.is_whitespace() && !matches!(c, ',' | '=' | '"'));
        skip(&mut characters, char::is_whitespace);
        match (characters.peek(), challenges.last_mut()) {
            (Some('='), Some(challenge)) => {
                characters.next();
                let value = value(&mut characters);
                challenge.parameters.push((word, value));
            }
            _ if !word.is_empty() => {
                challenges.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
            }
            // A separator out of place.
            _ => _ = characters.next(),
        }
    }
    challenges
}

/// A token, or what is between quotes.
fn value(characters: &mut Peekable<Chars<'_>>) -> String {
    skip(characters, char::is_whitespace);
    if characters.next_if_eq(&'"').is_none() {
        return take(characters, |c| c != ',' && !c.is_whitespace());
    }
    let mut value = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    value
}

fn skip(characters: &mut Peekable<Chars<'_>>, is_skipped: impl Fn(char) -> bool) {
    while characters.next_if(|character| is_skipped(*character)).is_some() {}
}

fn take(characters: &mut Peekable<Chars<'_>>, is_taken: impl Fn(char) -> bool) -> String {
    let mut taken = String::new();
    while let Some(character) = characters.next_if(|character| is_taken(*character)) {
        taken.push(character);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_challenges_may_share_a_header() {
        let challenges =
            parse(" Basic realm=\"a, b\" ,Digest REALM = \"c\\\"d\", nonce=e,,stale=TRUE, Other");
        assert_eq!(challenges.len(), 3, "{challenges:?}");
        assert_eq!(challenges[0].get("realm"), Some("a, b"));
        assert_eq!((challenges[1].get("realm"), challenges[1].get("nonce")), (Some("c\"d"), Some("e")));
        assert_eq!((challenges[2].scheme.as_str(), challenges[2].get("realm")), ("other", None));
    }
}
