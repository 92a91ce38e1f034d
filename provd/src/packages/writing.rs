//! Building a package: the same files always become the same bytes, whoever builds it, whenever and wherever.

use std::io::{self, Write};
use std::path::PathBuf;

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};
use thiserror::Error;

use super::contents::{Contents, FORMAT, InvalidContents, Member, NAME};
use super::{Files, Manifest, is_program};

/// In the head of a gzip file: no operating system in particular (RFC 1952 §2.3.1).
const NO_SYSTEM: u8 = 255;

/// A plugin of which no package can be made.
#[derive(Debug, Error)]
pub enum Unpackable {
    /// The family has no such plugin.
    #[error("the family has no plugin {0}")]
    NoTarget(String),
    /// The name of a file is no text.
    #[error("{0}: the name is not UTF-8")]
    Name(PathBuf),
    /// Its files cannot be in a package.
    #[error(transparent)]
    Contents(#[from] InvalidContents),
    /// It could not be written.
    #[error("it cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// Writes the package of one plugin of a family, with all its files but its tests, and says what is in it.
///
/// # Errors
///
/// The family has no such plugin, or files that no package may hold; or it cannot be written.
pub fn write(id: &str, manifest: &Manifest, files: &Files, into: impl Write) -> Result<Contents, Unpackable> {
    if !manifest.ids.iter().any(|known| known == id) {
        return Err(Unpackable::NoTarget(id.to_owned()));
    }
    let mut members = Vec::new();
    let files: Vec<_> = files.iter().filter(|(path, _)| !path.starts_with("tests")).collect();
    for (path, content) in &files {
        let path = path.to_str().ok_or_else(|| Unpackable::Name((*path).clone()))?;
        let sha256 = hex::encode(Sha256::digest(content));
        members.push(Member { path: path.to_owned(), size: content.len() as u64, sha256 });
    }
    let contents = Contents {
        format: FORMAT,
        id: id.to_owned(),
        version: manifest.version.clone(),
        description: manifest.description.clone(),
        files: members,
    };
    contents.check()?;
    let head = serde_json::to_vec_pretty(&contents).map_err(io::Error::from)?;
    let compressed = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(into, Compression::best());
    let mut archive = Builder::new(compressed);
    append(&mut archive, NAME, &head)?;
    for (member, (_, content)) in contents.files.iter().zip(&files) {
        append(&mut archive, &member.path, content)?;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(contents)
}

fn append(archive: &mut Builder<impl Write>, path: &str, content: &[u8]) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(path)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(content.len() as u64);
    header.set_mode(if is_program(content) { 0o755 } else { 0o644 });
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    archive.append(&header, content)
}
