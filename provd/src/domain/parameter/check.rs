//! What the text of a parameter must look like. The rules are those existing clients were tested against, so they are
//! laxer than RFC 3986: whether a URL leads anywhere shows when it is used.

/// Scheme, host with what belongs to it, and the rest of a text that has all three. The rest may be empty.
fn split_url(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, after) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one));
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (host, rest) = after.split_at(end);
    (is_scheme && !host.is_empty()).then_some((scheme, host, rest))
}

pub(super) fn is_url(text: &str) -> bool {
    split_url(text).is_some()
}

pub(super) fn is_no_url(text: &str) -> bool {
    !text.is_empty() && !is_url(text)
}

pub(super) fn is_proxy(text: &str) -> bool {
    split_url(text).is_some_and(|(_, _, rest)| rest.is_empty())
}

/// `ll` or `lll`, optionally followed by `_CC` or `_CCC`.
pub(super) fn is_locale(text: &str) -> bool {
    let (language, country) = text.split_once('_').map_or((text, None), |(one, two)| (one, Some(two)));
    let fits = |word: &str, is_letter: fn(&u8) -> bool| {
        (2..=3).contains(&word.len()) && word.as_bytes().iter().all(is_letter)
    };
    fits(language, u8::is_ascii_lowercase)
        && country.is_none_or(|country| fits(country, u8::is_ascii_uppercase))
}

pub(super) fn is_switch(text: &str) -> bool {
    ["0", "1"].contains(&text)
}

pub(super) fn is_key(text: &str) -> bool {
    (8..=256).contains(&text.len())
        && text.bytes().all(|one| one.is_ascii_alphanumeric() || b"-$~.".contains(&one))
}
