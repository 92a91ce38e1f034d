//! Two texts side by side, as a unified difference.

use similar::TextDiff;

/// Equal lines shown around a difference.
const CONTEXT: usize = 2;
/// Most lines shown.
const SHOWN: usize = 60;

/// How what is generated differs from what is expected; nothing if it does not.
pub(super) fn between(path: &str, expected: &[u8], generated: &[u8]) -> Option<String> {
    if expected == generated {
        return None;
    }
    let (expected, generated) = (readable(expected), readable(generated));
    let difference = TextDiff::from_lines(&expected, &generated);
    let shown = difference
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("{path} (expected)"), &format!("{path} (generated)"))
        .to_string();
    let lines: Vec<&str> = shown.lines().collect();
    let rest = lines.len().saturating_sub(SHOWN);
    let more = if rest > 0 { format!("\n… {rest} lines more") } else { String::new() };
    Some(lines[..lines.len() - rest].join("\n") + &more)
}

/// What cannot be seen is made visible: carriage returns, and bytes that are not UTF-8.
fn readable(content: &[u8]) -> String {
    let mut text = String::with_capacity(content.len());
    for chunk in content.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\r', "␍"));
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_difference_is_shown() {
        assert_eq!(between("a", b"a\n", b"a\n"), None);
        let shown = between("f.cfg", b"a\nb\nc\nd\ne\nf\ng\n", b"a\nb\nc\nX\ne\nf\ng\n").unwrap();
        let expected = "--- f.cfg (expected)\n+++ f.cfg (generated)\n@@ -2,5 +2,5 @@\n b\n c\n-d\n+X\n e\n f";
        assert_eq!(shown, expected);
    }

    #[test]
    fn ends_of_lines_and_other_encodings_are_visible() {
        assert!(between("f", b"a\n", b"a\r\n").unwrap().ends_with("-a\n+a␍"));
        assert!(between("f", b"a\n", b"a").unwrap().contains("No newline"));
        assert!(between("f", "é\n".as_bytes(), b"\xe9\n").unwrap().ends_with("-é\n+\\xe9"));
    }

    #[test]
    fn a_long_difference_is_cut() {
        let long = "line\n".repeat(500);
        let shown = between("f", b"", long.as_bytes()).unwrap();
        assert_eq!(shown.lines().count(), SHOWN + 1);
        assert!(shown.ends_with("lines more"), "{shown}");
    }
}
