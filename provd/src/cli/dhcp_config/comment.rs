//! Comments in a DHCP server's configuration. Nothing in one can end it: printable ASCII alone, in short lines.
//!
//! Short, because dnsmasq takes what a line holds beyond 1,024 characters for the next line.

/// Longest line.
const WIDTH: usize = 100;

/// Text as lines that each begin with `mark`.
pub(super) fn comment(mark: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_ascii_whitespace() {
        for piece in pieces(&printable(word)) {
            if !line.is_empty() && line.len() + 1 + piece.len() > WIDTH {
                end(&mut lines, mark, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(piece);
        }
    }
    end(&mut lines, mark, &line);
    lines
}

fn end(lines: &mut String, mark: &str, line: &str) {
    lines.extend([mark, if line.is_empty() { "" } else { " " }, line, "\n"]);
}

/// A word in pieces that fit into a line.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    (0..word.len()).step_by(WIDTH).map(move |from| &word[from..word.len().min(from + WIDTH)])
}

fn printable(word: &str) -> String {
    word.chars().map(|character| if character.is_ascii_graphic() { character } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_text_is_wrapped() {
        let text = format!("one {} two", "x".repeat(150));
        let expected = format!("# one\n# {}\n# {} two\n", "x".repeat(100), "x".repeat(50));
        assert_eq!(comment("#", &text), expected);
        assert_eq!(comment("//", ""), "//\n");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_comment(text in "\\PC{0,300}|.{0,300}") {
            for line in comment("#", &text).split_terminator('\n') {
                prop_assert!(line.starts_with('#') && line.len() <= 110, "{line}");
                prop_assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
            }
        }
    }
}
