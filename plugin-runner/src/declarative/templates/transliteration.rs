//! Text for phones that cannot hold all of Unicode: letters become the nearest ones there are, `é` → `e`, `ß` → `ss`;
//! what has none becomes `?`.

use std::borrow::Cow;

fn nearest(character: char) -> Cow<'static, str> {
    match deunicode::deunicode_char(character) {
        Some(nearest) if nearest.is_ascii() => Cow::Borrowed(nearest),
        _ => Cow::Borrowed("?"),
    }
}

fn keeping(text: &str, fits: impl Fn(char) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        if fits(character) {
            kept.push(character);
        } else {
            kept.push_str(&nearest(character));
        }
    }
    kept
}

/// What fits ASCII.
pub(crate) fn to_ascii(text: &str) -> String {
    keeping(text, |character| character.is_ascii())
}

/// What fits ISO-8859-1: the first 256 characters of Unicode.
pub(crate) fn to_latin1(text: &str) -> String {
    keeping(text, |character| u8::try_from(u32::from(character)).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_become_the_nearest_ones() {
        assert_eq!(to_ascii("Élodie Nuñez, Straße, Łódź – “ok”"), "Elodie Nunez, Strasse, Lodz - \"ok\"");
        assert_eq!(to_ascii("a\u{e000}b"), "a?b");
        assert_eq!(to_latin1("Élodie Łódź"), "Élodie Lódz");
    }

    proptest! {
        #[test]
        fn everything_fits_afterwards(text in any::<String>()) {
            prop_assert!(to_ascii(&text).is_ascii());
            prop_assert!(to_latin1(&text).chars().all(|character| u32::from(character) < 256));
        }
    }
}
