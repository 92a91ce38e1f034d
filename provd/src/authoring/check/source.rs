//! What is to be checked: a folder, as its author has it, or a package.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::subject::Subject;
use crate::authoring::test::CaseFile;
use crate::packages::{self, Files, Foreign, Manifest, Tftpboot, is_foreign, read_folder};
use crate::plugin_host::workbench::Workbench;

/// A plugin as it would be installed, and the cases beside it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) manifest: Manifest,
    files: Files,
    cases: Vec<CaseFile>,
    /// What is in the folder and would not be installed.
    links: Vec<PathBuf>,
    /// Where a package's cases are, while they are needed.
    _unpacked: Option<TempDir>,
}

impl Source {
    /// Reads a folder or a package.
    ///
    /// # Errors
    ///
    /// It is no plugin, or its cases are not understood.
    pub(super) fn read(path: &Path) -> Result<Source, String> {
        if is_foreign(path) {
            let foreign = Foreign::in_folder(path, Tftpboot::Published);
            return foreign.map(Source::foreign).map_err(|error| error.to_string());
        }
        if path.is_dir() { Source::folder(path) } else { Source::package(path) }
    }

    /// A plugin of wazo-provd has no cases.
    fn foreign(foreign: Foreign) -> Source {
        let Foreign { manifest, files, .. } = foreign;
        Source { manifest, files, cases: Vec::new(), links: Vec::new(), _unpacked: None }
    }

    fn folder(path: &Path) -> Result<Source, String> {
        let manifest = Manifest::read(path).map_err(|error| error.to_string())?;
        let files = read_folder(path).map_err(|error| error.to_string())?;
        let links = links(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Source { manifest, files, cases: CaseFile::beside(&path)?, links, _unpacked: None })
    }

    fn package(path: &Path) -> Result<Source, String> {
        let at = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let bytes = fs::read(path).map_err(|error| at(&error))?;
        let package = packages::read(&bytes).map_err(|error| at(&error))?;
        let unpacked = unpack(&package.files).map_err(|error| at(&error))?;
        let manifest = Manifest { ids: vec![package.contents.id], ..package.manifest };
        let cases = CaseFile::beside(unpacked.path())?;
        Ok(Source { manifest, files: package.files, cases, links: Vec::new(), _unpacked: Some(unpacked) })
    }

    /// One of its plugins, installed to be checked.
    pub(super) fn subject(&self, id: &str) -> io::Result<Subject> {
        let workbench = Workbench::new()?;
        let subject = Subject::new(workbench, id, &self.manifest, &self.files, &self.cases)?;
        Ok(subject.without(self.links.clone()))
    }
}

/// The paths of a package were checked when it was read: they lead nowhere else.
fn unpack(files: &Files) -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, content)?;
    }
    Ok(folder)
}

/// Links below a folder, which are not followed when it is installed.
fn links(root: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut links, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_symlink() {
                links.push(entry.path());
            }
        }
    }
    links.sort();
    Ok(links)
}
