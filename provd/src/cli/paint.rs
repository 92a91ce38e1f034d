//! Text outside of tables: colours where the terminal has them, headings, and lines of files.

use super::table::{Style, harmless};

/// How text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// A heading.
    Strong,
    /// Beside the point.
    Faint,
    /// As it should be, or more than before.
    Green,
    /// As it should not be, or no longer there.
    Red,
    /// Where in a file.
    Cyan,
}

/// Text in its colour. It must be harmless already.
pub(super) fn paint(style: Style, paint: Paint, text: &str) -> String {
    let code = match paint {
        Paint::Strong => "1",
        Paint::Faint => "2",
        Paint::Green => "32",
        Paint::Red => "31",
        Paint::Cyan => "36",
    };
    if style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Text under a heading.
pub(super) fn section(style: Style, heading: &str, text: &str) -> String {
    format!("{}\n{text}", paint(style, Paint::Strong, heading))
}

/// A line of a file. A terminal is kept from control characters other than tabs; whatever else reads gets it as it is.
pub(super) fn file_line(style: Style, line: &str) -> String {
    if style.width.is_none() {
        return line.to_owned();
    }
    line.split('\t').map(harmless).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let style = Style { width: Some(80), colour: true };
        assert_eq!(section(style, "Files", "none"), "\u{1b}[1mFiles\u{1b}[0m\nnone");
        assert_eq!(section(Style { colour: false, ..style }, "Files", "none"), "Files\nnone");
    }

    #[test]
    fn a_file_cannot_control_the_terminal_but_reaches_a_pipe_unchanged() {
        let line = "a\tb\u{1b}[2J\r";
        assert_eq!(file_line(Style { width: Some(80), colour: true }, line), "a\tb\\u{1b}[2J\\r");
        assert_eq!(file_line(Style { width: None, colour: false }, line), line);
    }
}
