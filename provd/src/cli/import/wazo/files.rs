//! Sorting the files of a plugin's `var`: what administrators put there and what packages of firmware brought goes on, what the
//! plugin wrote itself does not, for it is written anew.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::generated::{Phones, Templates};
use super::report::{FileKind, Left};
use crate::packages::{Files, entries};

const TFTPBOOT: &str = "var/tftpboot";
const TEMPLATES: &str = "var/templates";
const INSTALLED: &str = "var/installed";
/// Folders as a whole.
const NOT_NEEDED: [(&str, &str); 2] = [
    ("var/cache", "downloads: `provd firmware import` takes what it needs of them"),
    (INSTALLED, "which packages of firmware were installed: their files are taken over one by one"),
];
const OF_PHONE: &str = "generated for one phone, and here anew";
const OF_ALL: &str = "generated from a template, and here anew";
const OF_PLUGIN: &str = "the plugin brings it along";
const TORN: &str = "left over from a write that did not end";
const NO_FILE: &str = "no file, or a link that leads out of the plugin's folder";

/// A file that is taken over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Where it is.
    pub(super) from: PathBuf,
    /// Where it goes, relative to the plugin's folder in `overrides`.
    pub(super) to: PathBuf,
    pub(super) kind: FileKind,
}

/// The files of a plugin.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) taken: Vec<Taken>,
    /// Paths relative to the plugin's folder, and why they are not taken.
    pub(super) left: Vec<Left>,
}

/// Sorts the files of a plugin's folder, which is given without links. `shipped` are the files that its package has.
pub(super) fn sort(plugin: &Path, phones: &Phones, shipped: &Files) -> Sorted {
    let mut sorted = Sorted::default();
    for path in below(plugin, TEMPLATES) {
        let name = Path::new(TEMPLATES).join(&path);
        match inside(plugin, &name) {
            Some(from) => sorted.take(from, Path::new("templates").join(path), FileKind::Template),
            None => sorted.leave(name, NO_FILE),
        }
    }
    let (firmware, templates) = (firmware(&plugin.join(INSTALLED)), Templates::of(plugin));
    for path in below(plugin, TFTPBOOT) {
        let name = Path::new(TFTPBOOT).join(&path);
        let Some(from) = inside(plugin, &name) else {
            sorted.leave(name, NO_FILE);
            continue;
        };
        let is_torn = path.extension().is_some_and(|end| end == "tmp");
        let target = Path::new("served").join(&path);
        if phones.are_named_in(&path) {
            sorted.leave(name, OF_PHONE);
        } else if firmware.contains(&path) {
            sorted.take(from, target, FileKind::Firmware);
        } else if shipped.contains_key(&name) {
            sorted.leave(name, OF_PLUGIN);
        } else if is_torn {
            sorted.leave(name, TORN);
        } else if templates.made(&from) {
            sorted.leave(name, OF_ALL);
        } else {
            sorted.take(from, target, FileKind::File);
        }
    }
    for (folder, why) in NOT_NEEDED.into_iter().filter(|(folder, _)| !below(plugin, folder).is_empty()) {
        sorted.leave(folder.into(), why);
    }
    sorted
}

impl Sorted {
    /// The same, relative to the other server's storage.
    pub(super) fn left_of(self, plugin: &str) -> impl Iterator<Item = Left> {
        let folder = Path::new("plugins").join(plugin);
        self.left.into_iter().map(move |left| Left { path: folder.join(left.path), ..left })
    }

    fn take(&mut self, from: PathBuf, to: PathBuf, kind: FileKind) {
        self.taken.push(Taken { from, to, kind });
    }

    fn leave(&mut self, path: PathBuf, why: &'static str) {
        self.left.push(Left { path, why });
    }
}

/// All that is below a folder, by path relative to it. Links to folders are not followed.
fn below(plugin: &Path, folder: &str) -> Vec<PathBuf> {
    let root = plugin.join(folder);
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder).unwrap_or_default() {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(&root).unwrap_or(&path).to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The file itself, if it is one, and in the plugin's folder: whoever could write there must not have others copied by whoever
/// runs this.
fn inside(plugin: &Path, name: &Path) -> Option<PathBuf> {
    let path = plugin.join(name).canonicalize().ok()?;
    let is_file = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
    (is_file && path.starts_with(plugin)).then_some(path)
}

/// What packages of firmware brought, as each says it.
fn firmware(records: &Path) -> HashSet<PathBuf> {
    let mut paths = HashSet::new();
    for record in entries(records).unwrap_or_default() {
        let record: Option<Value> =
            fs::read(record).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let files = record.as_ref().and_then(|record| record.get("files")).and_then(Value::as_array);
        paths.extend(files.into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from));
    }
    paths
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use serde_json::json;

    use super::super::documents::Document;
    use super::*;

    #[test]
    fn each_file_goes_where_it_belongs() {
        let parent = tempfile::tempdir().unwrap();
        let plugin = parent.path().canonicalize().unwrap().join("acme-1.0");
        let write = |name: &str, content: &str| {
            let path = plugin.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        write("templates/base.tpl", "# Acme\nserver = {{ url }}\n");
        write("var/templates/X1.tpl", "{% include 'base.tpl' %}");
        write("var/installed/fw", r#"{"files": ["firmware/", "firmware/x1.bin"]}"#);
        write("var/installed/torn", "{");
        write("var/cache/x1.zip", "z");
        write("var/tftpboot/firmware/x1.bin", "\0");
        write("var/tftpboot/02AC3E000001.cfg", "# Acme\nserver = a\n");
        write("var/tftpboot/common.cfg", "# Acme\nserver = a\n");
        write("var/tftpboot/common.cfg.tmp", "# Acme");
        write("var/tftpboot/ring.lang", "shipped");
        write("var/tftpboot/logo.bmp", "BM");
        fs::write(parent.path().join("shadow"), "secret").unwrap();
        symlink("../../../shadow", plugin.join("var/tftpboot/passwords")).unwrap();
        symlink("logo.bmp", plugin.join("var/tftpboot/logo2.bmp")).unwrap();
        let device = json!({"mac": "02:ac:3e:00:00:01"});
        let content = device.as_object().cloned().unwrap();
        let phones = Phones::of(&[Document { id: String::new(), content }]);
        let shipped = Files::from([("var/tftpboot/ring.lang".into(), b"shipped".to_vec())]);

        let sorted = sort(&plugin, &phones, &shipped);
        let taken: Vec<_> =
            sorted.taken.iter().map(|taken| (taken.to.to_str().unwrap(), taken.kind)).collect();
        let expected = [
            ("templates/X1.tpl", FileKind::Template),
            ("served/firmware/x1.bin", FileKind::Firmware),
            ("served/logo.bmp", FileKind::File),
            ("served/logo2.bmp", FileKind::File),
        ];
        assert_eq!(taken, expected);
        let left: Vec<_> = sorted.left.iter().map(|left| (left.path.to_str().unwrap(), left.why)).collect();
        let expected = [
            ("var/tftpboot/02AC3E000001.cfg", OF_PHONE),
            ("var/tftpboot/common.cfg", OF_ALL),
            ("var/tftpboot/common.cfg.tmp", TORN),
            ("var/tftpboot/passwords", NO_FILE),
            ("var/tftpboot/ring.lang", OF_PLUGIN),
            NOT_NEEDED[0],
            NOT_NEEDED[1],
        ];
        assert_eq!(left, expected);
    }
}
