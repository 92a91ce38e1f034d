//! Text made safe inside XML and INI files.

/// Escapes `& < > " '` and drops the characters that XML 1.0 §2.2 does not allow.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

/// One line: control characters are dropped, and the rest is quoted if a reader would misunderstand it bare, that is
/// with white space at an end or one of `;#="` anywhere. Within quotes `"` and `\` carry a `\`.
pub(super) fn ini(text: &str) -> String {
    let line: String = text.chars().filter(|character| !character.is_control()).collect();
    if line.trim() == line && !line.contains([';', '#', '=', '"']) {
        return line;
    }
    format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn xml_keeps_what_it_can_hold() {
        assert_eq!(
            xml("<a b=\"c\">'&'</a>\n\tZoë"),
            "&lt;a b=&quot;c&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;\n\tZoë"
        );
        assert_eq!(xml("\0a\u{8}b\u{ffff}"), "ab");
    }

    #[test]
    fn ini_quotes_only_what_would_be_misread() {
        assert_eq!(ini("Zoë Müller"), "Zoë Müller");
        assert_eq!(ini("a;b"), "\"a;b\"");
        assert_eq!(ini(" a"), "\" a\"");
        assert_eq!(ini("say \"\\\""), "\"say \\\"\\\\\\\"\"");
        assert_eq!(ini("one\r\npassword=two"), "\"onepassword=two\"");
        assert_eq!(ini(""), "");
    }

    proptest! {
        #[test]
        fn nothing_escapes(text in any::<String>()) {
            prop_assert!(!xml(&text).contains(['<', '>', '"', '\'']));
            prop_assert!(!ini(&text).contains(char::is_control));
        }
    }
}
