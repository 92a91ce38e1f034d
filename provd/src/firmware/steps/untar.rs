//! `untar PATTERN`: tar archives, plain or compressed by gzip, bzip2 or xz, whatever they are called.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use tar::{Archive, EntryType};

use super::extraction::Extraction;
use super::failure::StepError;

/// Most memory for unpacking xz, in KiB: that of its highest level and no more.
const XZ_MEMORY: u32 = 128 * 1024;

pub(super) fn extract(mut file: File, into: &mut Extraction<'_>) -> Result<(), StepError> {
    let content = decompressed(&mut file).map_err(|error| into.damaged(&error))?;
    let mut archive = Archive::new(content);
    for entry in archive.entries().map_err(|error| into.damaged(&error))? {
        let mut entry = entry.map_err(|error| into.damaged(&error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let target = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
        match (entry.header().entry_type(), target) {
            (EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse, _) => {
                let stated = entry.size();
                into.file(&name, &mut entry, Some(stated))?;
            }
            (EntryType::Directory, _) => into.folder(&name)?,
            (EntryType::Symlink, Some(target)) => into.symbolic_link(&name, &target)?,
            (EntryType::Link, Some(target)) => into.hard_link(&name, &target)?,
            (EntryType::XGlobalHeader, _) => {}
            _ => return Err(into.something_else(&name)),
        }
    }
    Ok(())
}

/// What its first bytes say it is.
fn decompressed(file: &mut File) -> std::io::Result<Box<dyn Read + '_>> {
    let mut magic = Vec::new();
    Read::by_ref(file).take(6).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    let file = BufReader::new(file);
    Ok(match magic.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(file)),
        [b'B', b'Z', b'h', ..] => Box::new(MultiBzDecoder::new(file)),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Box::new(XzReader::new_mem_limit(file, true, XZ_MEMORY)),
        _ => Box::new(file),
    })
}
