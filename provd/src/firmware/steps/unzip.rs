//! `unzip PATTERN`: ZIP archives, stored or deflated, without passwords.

use std::fs::File;
use std::io::{BufReader, Read as _};

use zip::ZipArchive;

use super::extraction::Extraction;
use super::failure::StepError;

/// Longest target of a link, in bytes.
const LONGEST_TARGET: u64 = 4096;

pub(super) fn extract(file: File, into: &mut Extraction<'_>) -> Result<(), StepError> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| into.damaged(&error))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| into.damaged(&error))?;
        let name = entry.name().map_err(|error| into.damaged(&error))?;
        // Some programs for Windows write its separators.
        let name = name.replace('\\', "/");
        if entry.is_dir() || name.ends_with('/') {
            into.folder(&name)?;
        } else if entry.is_symlink() {
            let mut target = String::new();
            let read = entry.take(LONGEST_TARGET).read_to_string(&mut target);
            read.map_err(|error| into.damaged(&error))?;
            into.symbolic_link(&name, &target)?;
        } else if entry.unix_mode().is_some_and(is_special) {
            return Err(into.something_else(&name));
        } else {
            let stated = entry.size();
            into.file(&name, &mut entry, Some(stated))?;
        }
    }
    Ok(())
}

/// Whether a mode, inode(7), is that of a device, a socket or a pipe.
fn is_special(mode: u32) -> bool {
    !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000 | 0o120_000)
}
