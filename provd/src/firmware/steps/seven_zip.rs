//! `7z PATTERN`: 7-Zip archives without passwords.

use std::fs::File;
use std::io::{BufReader, Read};

use sevenz_rust2::{ArchiveEntry, ArchiveReader, Password};

use super::extraction::Extraction;
use super::failure::StepError;

/// A file of Windows that is a link, and the mark of attributes of Unix in those of Windows.
const REPARSE_POINT: u32 = 0x400;
const UNIX: u32 = 0x8000;

pub(super) fn extract(file: File, into: &mut Extraction<'_>) -> Result<(), StepError> {
    let mut archive = ArchiveReader::new(BufReader::new(file), Password::empty())
        .map_err(|error| into.damaged(&describe(&error)))?;
    let mut outcome = Ok(());
    let read = archive.for_each_entries(|entry, content| {
        outcome = one(entry, content, into);
        Ok(outcome.is_ok())
    });
    outcome?;
    read.map_err(|error| into.damaged(&describe(&error)))
}

fn one(entry: &ArchiveEntry, content: &mut dyn Read, into: &mut Extraction<'_>) -> Result<(), StepError> {
    let name = entry.name().replace('\\', "/");
    if entry.is_directory() {
        into.folder(&name)
    } else if entry.is_anti_item() || is_special(entry.windows_attributes()) {
        Err(into.something_else(&name))
    } else {
        into.file(&name, content, Some(entry.size()))
    }
}

fn is_special(attributes: u32) -> bool {
    let kind = (attributes >> 16) & 0o170_000;
    attributes & REPARSE_POINT != 0 || (attributes & UNIX != 0 && !matches!(kind, 0 | 0o100_000))
}

fn describe(error: &sevenz_rust2::Error) -> String {
    format!("it is no 7z archive that can be read: {error}")
}
