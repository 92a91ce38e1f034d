//! Writing what archives say they hold: inside one folder, as much as is allowed, and nothing but files and folders.
//!
//! Links are never made. One that leads to a file of the same archive becomes that file, at the end; any other is refused.
//! So there is nothing a later entry could write through.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::failure::{StepError, at};
use super::tree::{link_tree, make_folder};

/// Most files and folders unpacked for one package.
const MOST_ENTRIES: u64 = 50_000;
/// Most links that a link may lead through.
const MOST_HOPS: u32 = 40;
/// Longest path of an entry, and longest name in it, in bytes.
const LONGEST_PATH: usize = 1024;
const LONGEST_NAME: usize = 255;
/// How much is told of what an archive says, in characters.
const SHOWN: usize = 200;
/// Most bytes unpacked for one package.
const MOST_BYTES: u64 = 8 << 30;

/// How much may still be unpacked for a package.
#[derive(Debug, Clone, Copy)]
pub(in crate::firmware) struct Budget {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { entries: MOST_ENTRIES, bytes: MOST_BYTES }
    }
}

/// An archive being unpacked.
#[derive(Debug)]
pub(super) struct Extraction<'a> {
    archive: String,
    root: &'a Path,
    budget: &'a mut Budget,
    /// What is a link, and the file of the archive it leads to.
    links: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Extraction<'a> {
    /// `archive` is its name, for words.
    pub(super) fn new(archive: String, root: &'a Path, budget: &'a mut Budget) -> Extraction<'a> {
        Extraction { archive, root, budget, links: Vec::new() }
    }

    /// A folder.
    pub(super) fn folder(&mut self, entry: &str) -> Result<(), StepError> {
        self.count()?;
        if is_root(entry) {
            return Ok(());
        }
        let path = inside(entry).map_err(|why| self.refused(entry, &why))?;
        make_folder(&self.root.join(path))
    }

    /// A file; `stated` is the size the archive states, which must be true.
    pub(super) fn file(
        &mut self,
        entry: &str,
        content: &mut dyn Read,
        stated: Option<u64>,
    ) -> Result<(), StepError> {
        self.count()?;
        let path = inside(entry).map_err(|why| self.refused(entry, &why))?;
        let path = self.root.join(path);
        if let Some(parent) = path.parent() {
            make_folder(parent)?;
        }
        if stated.is_some_and(|stated| stated > self.budget.bytes) {
            return Err(self.too_many_bytes());
        }
        let longest = stated.unwrap_or(self.budget.bytes);
        let mut file = create(&path)?;
        let mut limited = content.take(longest.saturating_add(1));
        let written = io::copy(&mut limited, &mut file).map_err(|error| self.broken(entry, &path, error))?;
        match stated {
            Some(stated) if written != stated => {
                let why = format!("is not of the {stated} bytes that the archive states");
                Err(self.refused(entry, &why))
            }
            None if written > longest => Err(self.too_many_bytes()),
            _ => {
                self.budget.bytes -= written;
                Ok(())
            }
        }
    }

    /// A link by path, relative to the folder it is in.
    pub(super) fn symbolic_link(&mut self, entry: &str, target: &str) -> Result<(), StepError> {
        let folder = entry.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder);
        if target.starts_with('/') {
            return Err(self.refused(entry, &format!("is a link to {target}, outside the archive")));
        }
        self.link(entry, &format!("{folder}/{target}"))
    }

    /// A link to another file of the archive.
    pub(super) fn hard_link(&mut self, entry: &str, target: &str) -> Result<(), StepError> {
        self.link(entry, target)
    }

    fn link(&mut self, entry: &str, target: &str) -> Result<(), StepError> {
        self.count()?;
        let path = inside(entry).map_err(|why| self.refused(entry, &why))?;
        let outside = || format!("is a link to {target}, outside the archive");
        let target = normal(target).ok_or_else(|| self.refused(entry, &outside()))?;
        self.links.push((path, target));
        Ok(())
    }

    /// What is neither file, folder nor link.
    pub(super) fn something_else(&self, entry: &str) -> StepError {
        self.refused(entry, "is neither a file nor a folder")
    }

    /// The archive is damaged, or no such archive.
    pub(super) fn damaged(&self, why: &dyn Display) -> StepError {
        StepError::Archive { archive: self.archive.clone(), why: shown(&why.to_string()) }
    }

    /// Makes files of links, which may lead to each other.
    pub(super) fn finish(mut self) -> Result<(), StepError> {
        for hop in 1.. {
            let before = self.links.len();
            let mut waiting = Vec::new();
            for (path, target) in std::mem::take(&mut self.links) {
                if self.root.join(&target).is_file() {
                    link_tree(&self.root.join(&target), &self.root.join(&path))?;
                } else {
                    waiting.push((path, target));
                }
            }
            let Some((path, target)) = waiting.first() else { break };
            if waiting.len() == before || hop == MOST_HOPS {
                let why = format!("is a link to {}, which leads to no file of the archive", target.display());
                return Err(self.refused(&path.to_string_lossy(), &why));
            }
            self.links = waiting;
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), StepError> {
        let left = self.budget.entries.checked_sub(1);
        self.budget.entries = left.ok_or_else(|| StepError::TooMuch {
            archive: self.archive.clone(),
            limit: format!("{MOST_ENTRIES} files for one package"),
        })?;
        Ok(())
    }

    fn too_many_bytes(&self) -> StepError {
        let limit = format!("{} GiB for one package", MOST_BYTES >> 30);
        StepError::TooMuch { archive: self.archive.clone(), limit }
    }

    fn refused(&self, entry: &str, why: &str) -> StepError {
        StepError::Refused { archive: self.archive.clone(), entry: shown(entry), why: shown(why) }
    }

    /// Reading or writing went wrong; what the system says of the disk names the file.
    fn broken(&self, entry: &str, path: &Path, error: io::Error) -> StepError {
        if error.raw_os_error().is_some() {
            return at(path)(error);
        }
        self.damaged(&format!("`{}`: {error}", shown(entry)))
    }
}

fn create(path: &Path) -> Result<File, StepError> {
    match File::create_new(path) {
        // The later one counts, as it does for every program that unpacks.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_file() => {
            fs::remove_file(path).and_then(|()| File::create_new(path)).map_err(at(path))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(StepError::Collision(path.to_owned()))
        }
        created => created.map_err(at(path)),
    }
}

fn is_root(entry: &str) -> bool {
    entry.split('/').all(|part| part.is_empty() || part == ".") && !entry.starts_with('/')
}

/// What an archive says, fit to be shown: libraries repeat in their errors what they could not read.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for sign in text.chars().take(SHOWN) {
        if sign.is_control() {
            shown.extend(sign.escape_default());
        } else {
            shown.push(sign);
        }
    }
    if text.chars().nth(SHOWN).is_some() { shown + "…" } else { shown }
}

/// The path of an entry, if it leads to something inside the folder it is unpacked to.
pub(super) fn inside(entry: &str) -> Result<PathBuf, String> {
    if entry.chars().any(char::is_control) {
        return Err("has signs in its name that cannot be seen".to_owned());
    }
    if entry.len() > LONGEST_PATH || entry.split('/').any(|name| name.len() > LONGEST_NAME) {
        return Err(format!(
            "has a longer name than {LONGEST_NAME} bytes, or a longer path than {LONGEST_PATH}"
        ));
    }
    let mut path = PathBuf::new();
    for component in Path::new(entry).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return Err(format!("leads outside: `{}`", shown(entry))),
        }
    }
    if path.as_os_str().is_empty() { Err("has no name".to_owned()) } else { Ok(path) }
}

/// The target of a link with its `..` taken away; nothing if it leads outside, or nowhere.
fn normal(target: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in Path::new(target.trim_start_matches("./").trim_start_matches('/')).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return None,
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}
