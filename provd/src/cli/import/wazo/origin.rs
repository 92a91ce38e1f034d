//! Where the other server's files are: its storage, and what belongs to it elsewhere on the same disk, or on a copy of it.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// Where the storage is on every machine.
const STORAGE: &str = "var/lib/wazo-provd";
/// Where settings and downloaded packages of plugins are, unless something else is said.
const SETTINGS: &str = "etc/wazo-provd";
const CACHE: &str = "var/cache/wazo-provd";
/// What is in a storage, and nowhere else together.
const KNOWN: [&str; 3] = ["jsondb", "plugins", "app.json"];

/// The folders of the other server.
#[derive(Debug)]
pub(super) struct Origin {
    /// Devices, configs, parameters and plugins.
    pub(super) storage: PathBuf,
    /// Its settings, if they are there.
    pub(super) settings: Option<PathBuf>,
    /// Packages of plugins as they were downloaded, if they are there.
    pub(super) cache: Option<PathBuf>,
}

impl Origin {
    /// Looks where everything is. `settings` is where an administrator says that they are.
    ///
    /// # Errors
    ///
    /// There is no such server.
    pub(super) fn find(storage: &Path, settings: Option<&Path>) -> Result<Origin, Failure> {
        let absent = |path: &Path, why: String| Failure::File { path: path.to_owned(), why };
        let found = storage.canonicalize().map_err(|error| absent(storage, error.to_string()))?;
        if !KNOWN.iter().any(|name| found.join(name).exists()) {
            let why = format!("this holds none of {}; expected /{STORAGE} or a copy of it", KNOWN.join(", "));
            return Err(absent(storage, why));
        }
        if let Some(stated) = settings.filter(|stated| !stated.is_dir()) {
            return Err(absent(stated, format!("this is no folder; expected /{SETTINGS} or a copy of it")));
        }
        let settings = settings.map(Path::to_owned).or_else(|| beside(&found, SETTINGS));
        Ok(Origin { settings, cache: beside(&found, CACHE), storage: found })
    }
}

/// What is elsewhere on the same disk.
fn beside(storage: &Path, other: &str) -> Option<PathBuf> {
    let root = storage.ends_with(STORAGE).then(|| storage.ancestors().nth(3)).flatten()?;
    Some(root.join(other)).filter(|found| found.is_dir())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn settings_are_found_on_the_same_disk() {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        fs::create_dir_all(root.join(STORAGE).join("jsondb")).unwrap();
        fs::create_dir_all(root.join(SETTINGS)).unwrap();
        let origin = Origin::find(&root.join(STORAGE), None).unwrap();
        assert_eq!((origin.settings, origin.cache), (Some(root.join(SETTINGS)), None));
        let elsewhere = root.join("copy");
        fs::rename(root.join(STORAGE), &elsewhere).unwrap();
        assert_eq!(Origin::find(&elsewhere, None).unwrap().settings, None);
        let stated = Origin::find(&elsewhere, Some(&root.join(SETTINGS))).unwrap();
        assert_eq!(stated.settings, Some(root.join(SETTINGS)));
    }

    #[test]
    fn another_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (path, said) in
            [(folder.path().to_owned(), "jsondb"), (folder.path().join("none"), "No such file")]
        {
            let failure = Origin::find(&path, None).unwrap_err();
            assert!(failure.exit_code() == 2 && failure.to_string().contains(said), "{failure}");
        }
    }
}
