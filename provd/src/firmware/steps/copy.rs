//! `cp PATTERN… DESTINATION`: files and folders to another place. A destination that ends in `/` is a folder; else it is the
//! new name of one file.

use std::path::{Path, PathBuf};

use super::extraction::inside;
use super::failure::StepError;
use super::pattern::Pattern;
use super::tree::{link_tree, make_folder};

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::firmware) enum Destination {
    Folder(PathBuf),
    File(PathBuf),
}

impl Destination {
    pub(super) fn new(text: &str) -> Result<Destination, String> {
        let is_top = ["/", "./", "."].contains(&text);
        let path = if is_top { PathBuf::new() } else { inside(text)? };
        Ok(if is_top || text.ends_with('/') { Destination::Folder(path) } else { Destination::File(path) })
    }
}

pub(super) fn copy(
    patterns: &[Pattern],
    destination: &Destination,
    from: &Path,
    into: &Path,
) -> Result<(), StepError> {
    match destination {
        Destination::File(path) => {
            let [pattern] = patterns else {
                return Err(StepError::Several {
                    pattern: format!("cp … {}", path.display()),
                    found: patterns.len(),
                });
            };
            link_tree(&from.join(pattern.only_file(from)?), &into.join(path))
        }
        Destination::Folder(path) => {
            let folder = into.join(path);
            make_folder(&folder)?;
            for pattern in patterns {
                for found in pattern.all(from)? {
                    let name = found.path.file_name().unwrap_or_default();
                    link_tree(&from.join(&found.path), &folder.join(name))?;
                }
            }
            Ok(())
        }
    }
}
