//! Finding the definitions in a plugin's version folder: `firmware.toml`, and all of `pkgs/`.

use std::fs;
use std::io;
use std::path::Path;

use super::definition::{Definitions, InvalidDefinition, Written};
use super::{ini, toml};
use crate::packages::entries;

/// Folder of the definitions of 0.2.
const PKGS: &str = "pkgs";
/// Longest definition, in bytes.
const LONGEST: u64 = 1 << 20;

/// All packages that a plugin of a family has; none if it declares none.
pub(super) fn read(folder: &Path, plugin: &str) -> Result<Definitions, InvalidDefinition> {
    let mut written = Written::default();
    if let Some(text) = text(&folder.join(toml::FILE))? {
        written.join(toml::parse(&text)?)?;
    }
    for path in entries(&folder.join(PKGS)).unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if let Some(text) = text(&path)? {
            written.join(ini::parse(&name, &text)?)?;
        }
    }
    written.resolve(plugin)
}

fn text(path: &Path) -> Result<Option<String>, InvalidDefinition> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let wrong = |why: String| InvalidDefinition { place: format!("file {name}"), why };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(metadata) if metadata.len() > LONGEST => {
            return Err(wrong(format!("it is longer than {LONGEST} bytes")));
        }
        _ => {}
    }
    fs::read_to_string(path).map(Some).map_err(|error| wrong(error.to_string()))
}
