//! Two texts side by side, cut down to what a person needs to see the difference.

use std::fmt::Write as _;

/// Equal lines shown before the first difference.
const CONTEXT: usize = 2;

/// Differing lines shown from each text.
const SHOWN: usize = 8;

/// The first place where the texts differ, `-` being expected and `+` generated; nothing if they are equal.
pub(super) fn between(expected: &[u8], generated: &[u8]) -> Option<String> {
    if expected == generated {
        return None;
    }
    let (expected, generated) = (lines(expected), lines(generated));
    let start = expected.iter().zip(&generated).take_while(|(one, other)| one == other).count();
    let rest = expected.len().min(generated.len()) - start;
    let backwards = expected.iter().rev().zip(generated.iter().rev());
    let end = backwards.take(rest).take_while(|(one, other)| one == other).count();
    let mut shown = format!("from line {}:\n", start + 1);
    for line in &expected[start.saturating_sub(CONTEXT)..start] {
        let _ = writeln!(shown, "  {line}");
    }
    for (sign, lines) in
        [('-', &expected[start..expected.len() - end]), ('+', &generated[start..generated.len() - end])]
    {
        for line in lines.iter().take(SHOWN) {
            let _ = writeln!(shown, "{sign} {line}");
        }
        if lines.len() > SHOWN {
            let _ = writeln!(shown, "{sign} … {} lines more", lines.len() - SHOWN);
        }
    }
    Some(shown)
}

/// Lines with their ends made visible where they are not a plain line feed.
fn lines(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let pieces = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
        Some(line) => line.replace('\r', "␍"),
        None => format!("{line} (no line feed)"),
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_difference_is_shown() {
        assert_eq!(between(b"a\n", b"a\n"), None);
        let shown = between(b"a\nb\nc\nd\ne\n", b"a\nb\nc\nX\ne\n").unwrap();
        assert_eq!(shown, "from line 4:\n  b\n  c\n- d\n+ X\n");
    }

    #[test]
    fn ends_of_lines_are_visible() {
        assert_eq!(between(b"a\n", b"a\r\n").unwrap(), "from line 1:\n- a\n+ a␍\n");
        assert_eq!(between(b"a\n", b"a").unwrap(), "from line 1:\n- a\n+ a (no line feed)\n");
        assert_eq!(between(b"", b"a\n").unwrap(), "from line 1:\n+ a\n");
    }
}
