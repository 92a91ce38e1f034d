//! An archive of a plugin, as those who keep such repositories publish it. Nothing is written while it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::{Budget, ForeignError};
use crate::packages::Files;

/// Most entries of an archive, folders included.
const MOST_ENTRIES: usize = 20_000;
/// Most bytes an archive has once it is decompressed, in bytes: what a package may hold, and a head for each entry.
const MOST_BYTES: u64 = super::MOST_BYTES + 20_000 * 2048;
/// Most links from one to the next.
const LONGEST_CHAIN: usize = 8;

/// The name of the plugin, its files and its folders.
pub(super) fn read(
    bytes: &[u8],
    is_taken: &dyn Fn(&Path) -> bool,
) -> Result<(String, Files, BTreeSet<PathBuf>), ForeignError> {
    let reader: Box<dyn Read> = match bytes {
        [b'B', b'Z', b'h', ..] => Box::new(MultiBzDecoder::new(bytes)),
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(bytes)),
        _ => Box::new(bytes),
    };
    let mut unpacked = Unpacked::default();
    unpacked.take_all(Archive::new(reader.take(MOST_BYTES)), is_taken)?;
    unpacked.follow_links(is_taken)?;
    let id = unpacked.root.ok_or_else(|| ForeignError::Other("the archive is empty".to_owned()))?;
    Ok((id, unpacked.files, unpacked.folders))
}

#[derive(Debug, Default)]
struct Unpacked {
    /// The folder all of it is in.
    root: Option<String>,
    files: Files,
    folders: BTreeSet<PathBuf>,
    /// Links by where they lead, both within the folder.
    links: BTreeMap<PathBuf, PathBuf>,
    budget: Budget,
}

impl Unpacked {
    fn take_all(
        &mut self,
        mut archive: Archive<impl Read>,
        is_taken: &dyn Fn(&Path) -> bool,
    ) -> Result<(), ForeignError> {
        for (number, entry) in archive.entries().map_err(unreadable)?.enumerate() {
            let mut entry = entry.map_err(unreadable)?;
            if number > MOST_ENTRIES {
                return Err(ForeignError::Other(format!("the archive has more than {MOST_ENTRIES} entries")));
            }
            let path = entry.path().map_err(unreadable)?.into_owned();
            let name = self.below_root(&path)?;
            let kind = entry.header().entry_type();
            if name.as_os_str().is_empty() || !is_taken(&name) {
                continue;
            }
            match kind {
                EntryType::Directory => {
                    self.folders.insert(name);
                }
                EntryType::Regular | EntryType::GNUSparse | EntryType::Continuous => {
                    self.budget.take(entry.size())?;
                    let mut content = Vec::new();
                    entry.read_to_end(&mut content).map_err(unreadable)?;
                    self.files.insert(name, content);
                }
                EntryType::Symlink | EntryType::Link => {
                    let target = entry.link_name().map_err(unreadable)?.unwrap_or_default().into_owned();
                    let target = if kind == EntryType::Link {
                        self.below_root(&target)?
                    } else {
                        resolve(&name, &target).ok_or_else(|| leads_out(&name))?
                    };
                    self.links.insert(name, target);
                }
                _ => {
                    return Err(ForeignError::Other(format!(
                        "{} is neither a file nor a link",
                        name.display()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Links become the files they lead to.
    fn follow_links(&mut self, is_taken: &dyn Fn(&Path) -> bool) -> Result<(), ForeignError> {
        for (name, first) in self.links.clone() {
            let mut target = first;
            for _ in 0..LONGEST_CHAIN {
                match self.links.get(&target) {
                    Some(next) => target = next.clone(),
                    None => break,
                }
            }
            let content = self.files.get(&target).filter(|_| is_taken(&target)).cloned();
            let content = content.ok_or_else(|| {
                ForeignError::Other(format!("{} is a link to what is no file of the plugin", name.display()))
            })?;
            self.budget.take(content.len() as u64)?;
            self.files.insert(name, content);
        }
        Ok(())
    }

    /// Where an entry is in the plugin's folder; what is elsewhere is refused.
    fn below_root(&mut self, path: &Path) -> Result<PathBuf, ForeignError> {
        let mut parts = Vec::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(part) => parts.push(part),
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(leads_out(path));
                }
            }
        }
        let Some((root, rest)) = parts.split_first() else { return Ok(PathBuf::new()) };
        let root = root.to_string_lossy().into_owned();
        let known = self.root.get_or_insert_with(|| root.clone());
        if *known != root {
            return Err(ForeignError::Other(format!(
                "the archive holds {known} and {root}; expected one folder, with the name of the plugin"
            )));
        }
        Ok(rest.iter().collect())
    }
}

/// Where a symbolic link leads within the folder; nothing if it leads out of it.
fn resolve(link: &Path, target: &Path) -> Option<PathBuf> {
    let mut at = link.parent()?.to_owned();
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => at.push(part),
            Component::ParentDir if at.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(at)
}

fn leads_out(path: &Path) -> ForeignError {
    ForeignError::Other(format!("{} leads out of its folder", path.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where errors are mapped")]
fn unreadable(error: io::Error) -> ForeignError {
    ForeignError::Other(format!("the archive is damaged, or none: {error}"))
}
