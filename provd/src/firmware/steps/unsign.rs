//! `unsign PATTERN NAME`: takes the signature from the front of a file that Cisco signed, a gzip archive behind a header.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::failure::{StepError, at};
use super::tree::make_folder;

/// Where gzip begins at the latest, in bytes.
const LONGEST_HEADER: u64 = 512;
/// How gzip begins, RFC 1952 §2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub(super) fn unsign(from: &Path, to: &Path) -> Result<(), StepError> {
    let mut file = File::open(from).map_err(at(from))?;
    let mut head = Vec::new();
    file.by_ref().take(LONGEST_HEADER).read_to_end(&mut head).map_err(at(from))?;
    let Some(begin) = head.windows(GZIP.len()).position(|bytes| bytes == GZIP) else {
        let archive = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let why = "it is no signed file of Cisco's: no gzip archive follows its header".to_owned();
        return Err(StepError::Archive { archive, why });
    };
    file.seek(SeekFrom::Start(begin as u64)).map_err(at(from))?;
    if let Some(parent) = to.parent() {
        make_folder(parent)?;
    }
    let mut unsigned = File::create_new(to).map_err(at(to))?;
    io::copy(&mut file, &mut unsigned).map(drop).map_err(at(to))
}
