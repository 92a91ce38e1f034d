//! Folders of plugins to install: copies of those in the repository, and made up ones that run the rogue plugin.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Puts a copy of a family of the repository into a folder of families.
pub fn copy_family(family: &str, into: &Path) -> Result<PathBuf> {
    let from = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins")).join(family);
    let to = into.join(family);
    copy_folder(&from, &to).with_context(|| format!("copying {}", from.display()))?;
    Ok(to)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Makes a family of one plugin that is a program: `id` in version 1.0.0, ready within two seconds or not at all.
pub(crate) fn write_program(id: &str, command: &[&str], into: &Path) -> Result<PathBuf> {
    let folder = into.join(id);
    fs::create_dir_all(&folder)?;
    let manifest = format!(
        "api = 1\nid = {id:?}\nversion = \"1.0.0\"\ndescription = \"For tests\"\ncommand = {command:?}\n\
         start_deadline = \"2s\"\n"
    );
    fs::write(folder.join("plugin.toml"), manifest)?;
    Ok(folder)
}
