//! The head of a SIP message (RFC 3261, section 7): its first line and its headers. What a phone sends is read with
//! limits, and what is no message is none, never a panic.

/// Longest head, in bytes.
pub(super) const LONGEST_HEAD: usize = 16 * 1024;

/// First line and headers, folded lines (section 7.3.1) joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) first_line: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head without the empty line that ends it. Absent if it is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Head> {
        if bytes.len() > LONGEST_HEAD {
            return None;
        }
        // Phones put what they like into display names and reasons.
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let first_line = lines.next().filter(|line| is_clean(line) && !line.is_empty())?.to_owned();
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines.take_while(|line| !line.is_empty()) {
            if !is_clean(line) {
                return None;
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut()?;
                value.push(' ');
                value.push_str(line.trim());
            } else {
                let (name, value) = line.split_once(':')?;
                headers.push((name.trim_end().to_owned(), value.trim().to_owned()));
            }
        }
        Some(Head { first_line, headers })
    }

    /// All values of a header, by its name or its compact form.
    pub(super) fn values<'a>(&'a self, name: &'a str, compact: &'a str) -> impl Iterator<Item = &'a str> {
        let is_named = move |known: &str| {
            known.eq_ignore_ascii_case(name) || (!compact.is_empty() && known.eq_ignore_ascii_case(compact))
        };
        self.headers.iter().filter(move |(known, _)| is_named(known)).map(|(_, value)| value.as_str())
    }

    /// Length of the body, in bytes: 0 if not said, absent if not understood.
    pub(super) fn content_length(&self) -> Option<usize> {
        self.values("Content-Length", "l").next().map_or(Some(0), |value| value.parse().ok())
    }
}

/// Where a head ends and its body begins, if it ends here.
pub(super) fn end(bytes: &[u8]) -> Option<(usize, usize)> {
    let line_feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    line_feeds.into_iter().find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some((at + 1, at + 2)),
        [b'\r', b'\n', ..] => Some((at + 1, at + 3)),
        _ => None,
    })
}

fn is_clean(line: &str) -> bool {
    !line.contains(|character: char| character.is_control() && character != '\t')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_is_read_as_phones_write_it() {
        let text = b"SIP/2.0 200 OK\r\nVia : a,\r\n  b\r\nv: c\nl: 5\r\nX:\r\n\r\nhello";
        let (head, body) = end(text).unwrap();
        assert_eq!(&text[body..], b"hello");
        let head = Head::parse(&text[..head]).unwrap();
        assert_eq!(head.values("via", "v").collect::<Vec<_>>(), ["a, b", "c"]);
        assert_eq!((head.content_length(), head.values("X", "").next()), (Some(5), Some("")));
        assert_eq!(end(b"SIP/2.0 200 OK\r\nVia: a\r\n"), None);
    }

    #[test]
    fn what_is_no_head_is_none() {
        for text in ["", "\r\n\r\n", "OPTIONS\r\n folded", "OK\r\nno colon", "OK\r\na: b\0c", "a\rb"] {
            assert_eq!(Head::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(Head::parse(&vec![b'a'; LONGEST_HEAD + 1]), None);
        assert_eq!(Head::parse(b"OK\r\nContent-Length: -1").unwrap().content_length(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_us_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (end(&bytes), Head::parse(&bytes));
        }
    }
}
