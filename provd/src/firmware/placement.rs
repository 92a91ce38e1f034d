//! Where packages lie: each in a folder of its own, and what phones find of all of a plugin's in one tree.
//!
//! Whatever changes is made beside its place and put there by one rename, when it is on disk. A start makes the trees anew
//! from the packages, should the last server have ended between the two renames.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;
use thiserror::Error;

use super::definition::Package;
use super::graph::SOURCE;
use super::record::{RECORD, Record, fingerprint};
use super::steps::{Budget, StepError, files, link_tree, make_folder};
use super::store::Kept;
use crate::packages::entries;

/// Folder of a package's files for phones, beside its record.
const FILES: &str = "files";

/// Why a package did not come to its place, or leave it.
#[derive(Debug, Error)]
pub(super) enum PlacementError {
    /// A step was not done.
    #[error(transparent)]
    Step(#[from] StepError),
    /// Nothing came of it.
    #[error("its procedure leaves no files for phones: the vendor's file is not what the plugin expects")]
    Empty,
    /// Two packages have the same file.
    #[error("{path} comes with package {other} too; remove that first")]
    Taken { path: String, other: String },
    /// A file could not be read or written.
    #[error("{}: {cause}", path.display())]
    Io { path: PathBuf, cause: io::Error },
}

/// The folders.
#[derive(Debug, Clone)]
pub(super) struct Placement {
    root: PathBuf,
}

/// A package that was made, and is not in its place.
#[derive(Debug)]
pub(super) struct Made {
    folder: TempDir,
    record: Record,
}

impl Placement {
    /// Folders below this one. What an earlier server left half-made is removed, and what phones find is made anew.
    pub(super) fn open(root: &Path) -> Result<Placement, PlacementError> {
        let placement = Placement { root: root.to_owned() };
        let staging = placement.staging();
        clear(&staging).map_err(at(&staging))?;
        for folder in [staging, root.join("packages"), root.join("served")] {
            fs::create_dir_all(&folder).map_err(at(&folder))?;
        }
        let plugins: BTreeSet<String> =
            ["served", "packages"].iter().flat_map(|kind| names(&root.join(kind))).collect();
        for plugin in plugins {
            // What was there before is better than no server.
            if let Err(error) = placement.serve(&plugin) {
                tracing::error!("Phones of plugin {plugin} may not find all firmware: {error}");
            }
        }
        Ok(placement)
    }

    /// Installed packages of a plugin, by id. One whose record cannot be read is left out, and the log says why.
    pub(super) fn records(&self, plugin: &str) -> BTreeMap<String, Record> {
        let folder = self.root.join("packages").join(plugin);
        let mut records = BTreeMap::new();
        for id in names(&folder) {
            match Record::read(&folder.join(&id)) {
                Ok(record) => {
                    records.insert(id, record);
                }
                Err(error) => tracing::error!("Package {id} of plugin {plugin} has no record: {error}"),
            }
        }
        records
    }

    /// Plugins that have packages.
    pub(super) fn plugins(&self) -> Vec<String> {
        names(&self.root.join("packages"))
    }

    /// Makes a package of the vendors' files.
    pub(super) fn make(
        &self,
        package: &Package,
        kept: &[Kept],
        is_explicit: bool,
    ) -> Result<Made, PlacementError> {
        let staging = self.staging();
        let folder = tempfile::tempdir_in(&staging).map_err(at(&staging))?;
        let work = folder.path().join("work");
        let result = folder.path().join(FILES);
        run(package, kept, &work, &result)?;
        fs::remove_dir_all(&work).map_err(at(&work))?;
        let paths: Vec<String> =
            files(&result)?.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        if paths.is_empty() {
            return Err(PlacementError::Empty);
        }
        let record = Record {
            version: package.version.clone(),
            description: package.description.clone(),
            descriptions: package.descriptions.clone(),
            fingerprint: fingerprint(package),
            is_explicit,
            depends: package.depends.clone(),
            models: package.models.clone(),
            hardware: package.hardware.clone(),
            at: SystemTime::now(),
            sources: kept.iter().map(|kept| kept.sha256.clone()).collect(),
            paths,
        };
        write_record(folder.path(), &record).map_err(at(folder.path()))?;
        sync_tree(folder.path())?;
        Ok(Made { folder, record })
    }

    /// Puts a package where phones find it, in place of another version of it.
    pub(super) fn place(&self, plugin: &str, id: &str, made: Made) -> Result<(), PlacementError> {
        let mut others = self.records(plugin);
        others.remove(id);
        let paths: BTreeSet<&str> = made.record.paths.iter().map(String::as_str).collect();
        for (other, record) in &others {
            if let Some(path) = record.paths.iter().find(|path| is_taken(path, &paths)) {
                return Err(PlacementError::Taken { path: path.clone(), other: other.clone() });
            }
        }
        // Made before anything is changed, should it not be possible.
        let new = BTreeMap::from([(id.to_owned(), Some(made.folder.path().join(FILES)))]);
        let tree = self.tree(plugin, &new)?;
        let target = self.root.join("packages").join(plugin).join(id);
        put(made.folder, &target)?;
        self.exchange(plugin, tree)
    }

    /// Takes packages away from phones, and then altogether.
    pub(super) fn remove(&self, plugin: &str, ids: &[String]) -> Result<(), PlacementError> {
        let gone = ids.iter().map(|id| (id.clone(), None)).collect();
        let tree = self.tree(plugin, &gone)?;
        let staging = self.staging();
        let away = tempfile::tempdir_in(&staging).map_err(at(&staging))?;
        let folder = self.root.join("packages").join(plugin);
        for id in ids {
            fs::rename(folder.join(id), away.path().join(id)).map_err(at(&folder.join(id)))?;
        }
        sync(&folder)?;
        self.exchange(plugin, tree)
    }

    fn serve(&self, plugin: &str) -> Result<(), PlacementError> {
        let tree = self.tree(plugin, &BTreeMap::new())?;
        self.exchange(plugin, tree)
    }

    /// What phones find of all packages of a plugin, with changes: folders of files by package, or that it is gone. Nothing if
    /// there are none.
    fn tree(
        &self,
        plugin: &str,
        changes: &BTreeMap<String, Option<PathBuf>>,
    ) -> Result<Option<TempDir>, PlacementError> {
        let folder = self.root.join("packages").join(plugin);
        let mut folders: BTreeMap<String, Option<PathBuf>> = self
            .records(plugin)
            .into_keys()
            .map(|id| (id.clone(), Some(folder.join(id).join(FILES))))
            .collect();
        folders.extend(changes.clone());
        let folders: Vec<PathBuf> = folders.into_values().flatten().collect();
        if folders.is_empty() {
            return Ok(None);
        }
        let staging = self.staging();
        let tree = tempfile::tempdir_in(&staging).map_err(at(&staging))?;
        for files in folders {
            link_tree(&files, tree.path())?;
        }
        Ok(Some(tree))
    }

    /// From now on phones find this.
    fn exchange(&self, plugin: &str, tree: Option<TempDir>) -> Result<(), PlacementError> {
        let served = self.root.join("served").join(plugin);
        if let Some(tree) = tree {
            return put(tree, &served);
        }
        let staging = self.staging();
        let away = tempfile::tempdir_in(&staging).map_err(at(&staging))?;
        match fs::rename(&served, away.path().join("served")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&served)(error)),
            _ => Ok(()),
        }
    }

    /// For what is not in its place yet; cleared when the server starts.
    pub(super) fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }
}

/// Runs the steps of a package, each folder of its procedure below `work`.
fn run(package: &Package, kept: &[Kept], work: &Path, result: &Path) -> Result<(), PlacementError> {
    let source = work.join(SOURCE);
    make_folder(&source)?;
    for (file, kept) in package.files.iter().zip(kept) {
        link_tree(&kept.path, &source.join(&file.name))?;
    }
    let mut budget = Budget::default();
    for step in &package.graph.steps {
        let into = work.join(&step.to);
        make_folder(&into)?;
        step.action.run(&work.join(&step.from), &into, &mut budget)?;
    }
    make_folder(result)?;
    for folder in &package.graph.results {
        link_tree(&work.join(folder), result)?;
    }
    Ok(())
}

/// Whether a file cannot be beside these: one of them is the same, or one is where the other needs a folder.
fn is_taken(path: &str, paths: &BTreeSet<&str>) -> bool {
    let folder = format!("{path}/");
    let mut below = paths.range::<str, _>((Bound::Excluded(folder.as_str()), Bound::Unbounded));
    paths.contains(path)
        || path.match_indices('/').any(|(end, _)| paths.contains(&path[..end]))
        || below.next().is_some_and(|first| first.starts_with(&folder))
}

/// Moves a folder to its place by one rename, in exchange for what is there, which is removed.
fn put(folder: TempDir, target: &Path) -> Result<(), PlacementError> {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = at(target);
    let parent = target.parent().unwrap_or(target);
    fs::create_dir_all(parent).map_err(at(parent))?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(at(folder.path()))?;
    if target.exists() {
        // What is exchanged for it is removed with the temporary folder.
        renameat_with(CWD, folder.path(), CWD, target, RenameFlags::EXCHANGE)
            .map_err(|error| failed(error.into()))?;
        return sync(parent);
    }
    fs::rename(folder.path(), target).map_err(failed)?;
    let _moved = folder.keep();
    sync(parent)
}

fn write_record(folder: &Path, record: &Record) -> io::Result<()> {
    fs::write(folder.join(RECORD), serde_json::to_vec_pretty(record)?)
}

/// Has all of a folder on disk.
fn sync_tree(root: &Path) -> Result<(), PlacementError> {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in
            entries(&folder).map_err(|error| PlacementError::Io { path: error.path, cause: error.cause })?
        {
            if path.is_dir() {
                folders.push(path);
            } else {
                sync(&path)?;
            }
        }
        sync(&folder)?;
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), PlacementError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Names of what is in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let paths = entries(folder).unwrap_or_default();
    paths.iter().filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect()
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PlacementError {
    let path = path.to_owned();
    move |cause| PlacementError::Io { path, cause }
}
