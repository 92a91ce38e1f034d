//! Reading a package, and refusing it unless it is exactly what it says it is.
//!
//! Nothing is written, and nothing larger than a package may be is kept, whatever the archive says.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest as _, Sha256};
use tar::{Archive, Entry, EntryType};
use thiserror::Error;

use super::contents::{Contents, InvalidContents, MOST_BYTES, Member, NAME};
use super::{Files, Manifest};

/// Largest file that says what is in the package, in bytes.
const LARGEST_HEAD: u64 = 4 * 1024 * 1024;
/// What an archive of the largest package has besides, in bytes: for each file a head and what fills its last block.
const FRAMES: u64 = LARGEST_HEAD + 10_010 * 1024;

/// A package whose every byte is what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// What it says.
    pub contents: Contents,
    /// The head of its `plugin.toml`.
    pub manifest: Manifest,
    /// Its files.
    pub files: Files,
}

/// Why something is no package, or none that can be believed.
#[derive(Debug, Error)]
pub enum PackageError {
    /// It is something else, or damaged.
    #[error("this is no package of a plugin, or it is damaged: {0}")]
    Unreadable(#[from] io::Error),
    /// Its first file does not say what is in it.
    #[error("this is no package of a plugin: its first file is not {NAME}, or not understood: {0}")]
    Head(String),
    /// What it says cannot be.
    #[error(transparent)]
    Contents(#[from] InvalidContents),
    /// A file is not what it says.
    #[error("{path}: {why}; the package is damaged, or somebody changed it")]
    Member {
        /// Which file.
        path: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It says other than its `plugin.toml`.
    #[error("plugin.toml: {0}")]
    Manifest(String),
}

/// Reads a package whole.
///
/// # Errors
///
/// The first thing that is not as it should be.
pub fn read(package: &[u8]) -> Result<Package, PackageError> {
    let mut archive = Archive::new(GzDecoder::new(package).take(MOST_BYTES + FRAMES));
    let (contents, files) = unpack(&mut archive)?;
    // To the very end, where gzip has a sum of all: what fills blocks has none of its own.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink())?;
    if !rest.into_inner().into_inner().is_empty() {
        return Err(io::Error::other("something follows its end, or it is too large").into());
    }
    let manifest = manifest(&contents, &files)?;
    Ok(Package { contents, manifest, files })
}

fn unpack(archive: &mut Archive<impl Read>) -> Result<(Contents, Files), PackageError> {
    // Raw: heads that lend the next file a longer name, or make a sparse file of it, are files like any other, and refused.
    let mut entries = archive.entries()?.raw(true);
    let contents = head(entries.next().transpose()?)?;
    contents.check()?;
    let mut files = Files::new();
    for member in &contents.files {
        let content = content(entries.next().transpose()?, member)?;
        files.insert(member.path.clone().into(), content);
    }
    if let Some(entry) = entries.next().transpose()? {
        return Err(wrong(&name_of(&entry), "it is not among those the package says it holds"));
    }
    Ok((contents, files))
}

fn head(entry: Option<Entry<'_, impl Read>>) -> Result<Contents, PackageError> {
    let entry = entry.ok_or_else(|| PackageError::Head("the archive is empty".to_owned()))?;
    let name = name_of(&entry);
    if name != NAME {
        return Err(PackageError::Head(format!("it is {name}")));
    }
    let mut text = Vec::new();
    entry.take(LARGEST_HEAD).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|error| PackageError::Head(error.to_string()))
}

fn content(entry: Option<Entry<'_, impl Read>>, member: &Member) -> Result<Vec<u8>, PackageError> {
    let refused = |why| Err(wrong(&member.path, why));
    let Some(mut entry) = entry else { return refused("it is missing") };
    if name_of(&entry) != member.path {
        return refused("another file is in its place");
    }
    if entry.header().entry_type() != EntryType::Regular {
        return refused("it is no regular file but a link or something else");
    }
    if entry.size() != member.size {
        return refused("its size is not what the package says");
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    if content.len() as u64 != member.size {
        return refused("it is cut off");
    }
    if !hex::encode(Sha256::digest(&content)).eq_ignore_ascii_case(&member.sha256) {
        return refused("its SHA-256 is not what the package says");
    }
    Ok(content)
}

fn manifest(contents: &Contents, files: &Files) -> Result<Manifest, PackageError> {
    let wrong = |why: &str| PackageError::Manifest(why.to_owned());
    let text = files.get(std::path::Path::new("plugin.toml")).map(Vec::as_slice).unwrap_or_default();
    let text = str::from_utf8(text).map_err(|_| wrong("it is not UTF-8"))?;
    let manifest = Manifest::parse(text).map_err(PackageError::Manifest)?;
    if !manifest.ids.contains(&contents.id) || manifest.version != contents.version {
        return Err(wrong("it names another plugin or version than the package"));
    }
    Ok(manifest)
}

fn name_of(entry: &Entry<'_, impl Read>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).escape_debug().to_string()
}

fn wrong(path: &str, why: &'static str) -> PackageError {
    PackageError::Member { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests;
