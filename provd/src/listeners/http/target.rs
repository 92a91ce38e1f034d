//! The path of a request target, brought into the one form that everything behind the listener sees.
//!
//! Pure. Phones double slashes, encode them, and send backslashes; attackers send `..` and control characters, which
//! never get further than this.

use percent_encoding::percent_decode_str;
use thiserror::Error;

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum TargetError {
    /// `..` as a whole segment.
    #[error("the path must not contain \"..\" segments")]
    ParentSegment,
    /// NUL, a line feed or the like.
    #[error("the path must not contain control characters")]
    ControlCharacter,
}

/// Normalises a path: percent-decoded once, single slashes, no `.` segments, beginning with `/`.
///
/// An encoded slash is a slash. A `%` that encodes nothing stands for itself. Decoded bytes are UTF-8, or else Latin-1.
/// Backslashes are kept, since CIPC asks for `Communicator\` files, but count as separators when looking for `..`: a
/// plugin may well turn them into slashes.
pub(super) fn normalize(path: &str) -> Result<String, TargetError> {
    if is_normal(path) {
        return Ok(path.to_owned());
    }
    let decoded = decode(path);
    if decoded.chars().any(char::is_control) {
        return Err(TargetError::ControlCharacter);
    }
    if decoded.split(['/', '\\']).any(|segment| segment == "..") {
        return Err(TargetError::ParentSegment);
    }
    let mut normal = String::with_capacity(decoded.len() + 1);
    for segment in decoded.split('/').filter(|segment| !is_void(segment)) {
        normal.push('/');
        normal.push_str(segment);
    }
    if normal.is_empty() || decoded.rsplit('/').next().is_some_and(is_void) {
        normal.push('/');
    }
    Ok(normal)
}

/// Whether a path is in form beyond doubt, as those of nearly all phones are: none of its segments is empty or begins with a
/// dot, and nothing is encoded.
fn is_normal(path: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\');
    let bytes = path.as_bytes();
    bytes.first() == Some(&b'/')
        && bytes.iter().all(plain)
        && bytes.windows(2).all(|pair| pair[0] != b'/' || !matches!(pair[1], b'/' | b'.'))
}

fn is_void(segment: &str) -> bool {
    segment.is_empty() || segment == "."
}

fn decode(path: &str) -> String {
    let bytes = percent_decode_str(path).collect::<Vec<u8>>();
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_one_form_of_a_path() {
        for (path, normal) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a.cfg", "/a.cfg"),
            ("a.cfg", "/a.cfg"),
            ("//a.cfg", "/a.cfg"),
            ("/sub//a.cfg", "/sub/a.cfg"),
            ("/sub%2Fa.cfg", "/sub/a.cfg"),
            ("%2f%2Fa.cfg", "/a.cfg"),
            ("/./a/./b", "/a/b"),
            ("/a/", "/a/"),
            ("/a//", "/a/"),
            ("/a/.", "/a/"),
            ("/.", "/"),
            ("/...", "/..."),
            ("/a..b", "/a..b"),
            ("/%61%20b", "/a b"),
            ("/t%C3%A9l", "/tél"),
            ("/t%E9l", "/tél"),
            ("/tél", "/tél"),
            ("/100%", "/100%"),
            ("/%zz", "/%zz"),
            ("/%252F", "/%2F"),
            ("/Communicator\\a.cfg", "/Communicator\\a.cfg"),
            ("/Communicator%5Ca.cfg", "/Communicator\\a.cfg"),
        ] {
            assert_eq!(normalize(path).as_deref(), Ok(normal), "{path}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for path in
            ["/..", "/../a", "/a/..", "/%2e%2E/a", "/a%2F..", "..", "/..\\a", "/a\\..\\b", "/a%5c..%5Cb"]
        {
            assert_eq!(normalize(path), Err(TargetError::ParentSegment), "{path}");
        }
        for path in ["/a%00", "/%0d%0aa", "/a%7F", "/%85"] {
            assert_eq!(normalize(path), Err(TargetError::ControlCharacter), "{path}");
        }
    }

    proptest! {
        #[test]
        fn every_accepted_path_is_in_form(path in "(/|\\.|\\\\|%2[fFeE]|%5c|%00|%[0-9a-f]{2}|\\PC){0,30}") {
            if let Ok(normal) = normalize(&path) {
                prop_assert!(normal.starts_with('/'));
                prop_assert!(!normal.contains("//"));
                prop_assert!(!normal.chars().any(char::is_control));
                let mut segments = normal.split(['/', '\\']);
                prop_assert!(segments.all(|segment| segment != ".."));
                prop_assert!(normal.split('/').all(|segment| segment != "."));
            }
        }

        #[test]
        fn form_is_reached_at_once(path in "[/.a\\\\]{0,20}") {
            if let Ok(normal) = normalize(&path) {
                prop_assert_eq!(normalize(&normal), Ok(normal.clone()));
            }
        }
    }
}
