//! Quotes of a table that do not match, RFC 4180 §2. Readers take what follows such a quote for one long cell: the rows in
//! it would be lost without a word.

/// Where reading has come to.
enum Place {
    /// Before the first character of a cell.
    Begin,
    /// In a cell that did not begin with a quote: quotes in it mean themselves.
    Plain,
    /// In a cell that did.
    Quoted,
    /// Behind a quote in such a cell: its end, or the first of two that stand for one.
    Quote,
    /// Behind its end.
    End,
}

/// The line in which the first cell begins whose quotes do not match, and what is wrong with it.
pub(super) fn mismatch(text: &str, separator: u8) -> Option<(u64, &'static str)> {
    let mut place = Place::Begin;
    let (mut line, mut opened) = (1, 1);
    for byte in text.bytes() {
        place = match (place, byte) {
            (Place::Quoted, b'"') => Place::Quote,
            (Place::Quoted, _) | (Place::Quote, b'"') => Place::Quoted,
            (Place::Begin, b'"') => {
                opened = line;
                Place::Quoted
            }
            (_, b'\r' | b'\n') => Place::Begin,
            (_, byte) if byte == separator => Place::Begin,
            (Place::Quote | Place::End, b' ') => Place::End,
            (Place::Quote | Place::End, _) => {
                return Some((opened, "a cell that begins with a quote goes on behind its end"));
            }
            (Place::Begin | Place::Plain, _) => Place::Plain,
        };
        line += u64::from(byte == b'\n');
    }
    matches!(place, Place::Quoted).then_some((opened, "a cell begins with a quote and does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_match_or_the_line_of_the_first_that_does_not_is_told() {
        for (text, line) in [
            ("a;\"b;\"\"c\n\"\n\"\";d", None),
            ("a;\"b\" ;c\r\n", None),
            ("5\" phone;\"x\"\n;\"\"\"\"", None),
            ("\"a\nb", Some(1)),
            ("a\n\nb;\"c\nd\n", Some(3)),
            ("a\nb;\"c\nd;\"e\"\n", Some(2)),
            ("a\nb;\"c\" d\n", Some(2)),
        ] {
            assert_eq!(mismatch(text, b';').map(|(line, _)| line), line, "{text:?}");
        }
    }
}
