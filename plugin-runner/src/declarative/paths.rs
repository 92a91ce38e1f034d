//! Paths of files as the contract has them: relative, with `/`, and never out of their folder.

/// Longest path, in bytes.
const LONGEST: usize = 255;

/// Why a path cannot be that of a generated file.
pub(crate) fn defect(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.len() > LONGEST {
        return Some("it is longer than 255 bytes");
    }
    if path.chars().any(|character| character.is_control() || character == '\\') {
        return Some("it holds a backslash or control character");
    }
    let bad_segment = |segment: &str| segment.is_empty() || segment == "." || segment == "..";
    path.split('/').any(bad_segment).then_some("it has an empty segment, `.` or `..`")
}

/// A requested path without leading, doubled and trailing slashes and without `.`; nothing if it climbs, or cannot be a
/// path.
pub(crate) fn requested(path: &str) -> Option<String> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => return None,
            _ => segments.push(segment),
        }
    }
    let path = segments.join("/");
    (!path.is_empty() && !path.contains('\0')).then_some(path)
}

/// The part after the last slash.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn generated_paths_stay_in_their_folder() {
        assert_eq!(defect("Aastra/00085D237429.cfg"), None);
        let long = "x".repeat(256);
        for path in ["", "/a", "a//b", "a/../b", "./a", "a/", "a\\b", "a\nb", &long] {
            assert!(defect(path).is_some(), "{path}");
        }
    }

    #[test]
    fn requested_paths_are_tidied() {
        assert_eq!(requested("//Aastra/./aastra.cfg").as_deref(), Some("Aastra/aastra.cfg"));
        for path in ["/", "", "a/../b", "..", "/../etc/passwd", "a\0b"] {
            assert_eq!(requested(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_requested_path_climbs(path in "[a./\\\\\0]{0,12}") {
            if let Some(path) = requested(&path) {
                let stays = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(stays, "{path}");
            }
        }
    }
}
