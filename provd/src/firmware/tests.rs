//! Packages from definition to what phones find, in folders of a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use sha2::{Digest as _, Sha256};

use super::Firmware;
use crate::provisioning::firmware::{
    FirmwareAdministration as _, FirmwareError, FirmwarePackage, FirmwareProxies, PluginFolders,
};

const PLUGIN: &str = "vendor-1";

/// One plugin, in a folder.
struct Folders(PathBuf);

impl PluginFolders for Folders {
    fn folder_of(&self, plugin: &str) -> Option<PathBuf> {
        (plugin == PLUGIN && self.0.is_dir()).then(|| self.0.clone())
    }

    fn plugins(&self) -> Vec<String> {
        vec![PLUGIN.to_owned()]
    }
}

/// A data directory and a plugin.
struct Bench {
    root: tempfile::TempDir,
    firmware: Firmware,
}

fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn package(id: &str, version: &str, content: &[u8], more: &str) -> String {
    format!(
        "[package.{id}]\nversion = '{version}'\ndescription = 'x'\nfiles = ['{id}']\n{more}\n\
         [file.{id}]\nurl = 'http://127.0.0.1:1/{id}.bin'\nsha256 = '{}'\nsize = {}\n",
        sha256(content),
        content.len()
    )
}

impl Bench {
    fn new(definition: &str) -> Bench {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("plugin");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("firmware.toml"), definition).unwrap();
        let firmware = Bench::open(root.path());
        Bench { root, firmware }
    }

    fn open(root: &Path) -> Firmware {
        Firmware::open(&root.join("data"), Arc::new(Folders(root.join("plugin")))).unwrap()
    }

    fn define(&self, definition: &str) {
        fs::write(self.root.path().join("plugin/firmware.toml"), definition).unwrap();
    }

    async fn bring(&self, content: &[u8]) -> Result<Vec<(String, String)>, FirmwareError> {
        let pieces: Vec<_> = content.chunks(3).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Ok(self.firmware.import(stream::iter(pieces).boxed()).await?.packages)
    }

    async fn change(&self, id: &str, is_upgrade: bool) -> Result<(), FirmwareError> {
        let prepared = self.firmware.prepare(PLUGIN, id, is_upgrade).await?;
        self.firmware.install(prepared, FirmwareProxies::default(), Arc::new(|_| {})).await
    }

    async fn install(&self, id: &str) -> Result<(), FirmwareError> {
        self.change(id, false).await
    }

    async fn packages(&self) -> Vec<FirmwarePackage> {
        self.firmware.packages(PLUGIN).await.unwrap()
    }

    fn data(&self, path: &str) -> PathBuf {
        self.root.path().join("data/firmware").join(path)
    }

    fn served(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.data("served").join(PLUGIN).join(path)).ok()
    }
}

#[tokio::test]
async fn a_file_that_was_brought_along_is_installed_and_found_until_it_is_removed() {
    let bench = Bench::new(&package("fw", "1", b"firmware", ""));
    let why = bench.bring(b"something else").await.unwrap_err().to_string();
    assert!(why.contains("no package of an installed plugin needs"), "{why}");
    assert_eq!(bench.bring(b"firmware").await.unwrap(), [(PLUGIN.to_owned(), "fw".to_owned())]);
    assert_eq!((bench.packages().await[0].missing(), bench.served("fw.bin")), (0, None));
    bench.install("fw").await.unwrap();
    assert_eq!(bench.served("fw.bin").unwrap(), b"firmware");
    let installed = bench.packages().await[0].installed.clone().unwrap();
    assert!(installed.is_current && installed.is_explicit);
    assert_eq!(installed.paths, ["fw.bin"]);

    let again = Bench::open(bench.root.path());
    assert!(again.packages(PLUGIN).await.unwrap()[0].installed.is_some());
    assert_eq!(bench.served("fw.bin").unwrap(), b"firmware");

    bench.firmware.uninstall(PLUGIN, "fw").await.unwrap();
    assert_eq!(bench.served("fw.bin"), None);
    assert!(bench.packages().await[0].installed.is_none());
    assert_eq!(fs::read_dir(bench.data("staging")).unwrap().count(), 0);
    assert!(matches!(bench.firmware.uninstall(PLUGIN, "fw").await, Err(FirmwareError::NotInstalled(_))));
}

#[tokio::test]
async fn what_a_package_needs_is_installed_first_and_goes_with_it() {
    let definition =
        package("fw", "1", b"firmware", "depends = ['lang']") + &package("lang", "1", b"words", "");
    let bench = Bench::new(&definition);
    bench.bring(b"firmware").await.unwrap();
    bench.bring(b"words").await.unwrap();
    bench.install("fw").await.unwrap();
    assert_eq!(bench.served("lang.bin").unwrap(), b"words");
    let why = bench.firmware.uninstall(PLUGIN, "lang").await.unwrap_err().to_string();
    assert!(why.contains("is needed by fw"), "{why}");
    bench.firmware.uninstall(PLUGIN, "fw").await.unwrap();
    assert_eq!(bench.served("lang.bin"), None);

    bench.install("lang").await.unwrap();
    bench.install("fw").await.unwrap();
    bench.firmware.uninstall(PLUGIN, "fw").await.unwrap();
    assert!(bench.served("lang.bin").is_some(), "somebody asked for it");
}

#[tokio::test]
async fn an_upgrade_takes_the_place_of_the_old_and_its_files_go() {
    let bench = Bench::new(&package("fw", "1", b"old", ""));
    bench.bring(b"old").await.unwrap();
    assert!(matches!(bench.change("fw", true).await, Err(FirmwareError::NotInstalled(_))));
    bench.install("fw").await.unwrap();
    bench.define(&package("fw", "2", b"newer", ""));
    assert!(!bench.packages().await[0].installed.clone().unwrap().is_current);
    let why = bench.change("fw", true).await.unwrap_err().to_string();
    assert!(why.contains("provd firmware import") && why.contains(&sha256(b"newer")), "{why}");
    assert_eq!(bench.served("fw.bin").unwrap(), b"old", "what is installed is served meanwhile");
    bench.bring(b"newer").await.unwrap();
    bench.change("fw", true).await.unwrap();
    assert_eq!(bench.served("fw.bin").unwrap(), b"newer");
    let kept = |content: &[u8]| {
        let digest = sha256(content);
        bench.data("sha256").join(&digest[..2]).join(digest).exists()
    };
    assert!(kept(b"newer") && !kept(b"old"));
    bench.define("");
    bench.firmware.uninstall(PLUGIN, "fw").await.unwrap();
    assert!(!kept(b"newer"));
}

#[tokio::test]
async fn two_packages_do_not_share_a_path() {
    let copy = "install = 'to'\n";
    let steps = "[install]\nto = [{ from = 'a', to = 'b', do = 'cp', with = ['*', 'one.bin'] }]\n";
    let definition = package("fw", "1", b"firmware", copy) + &package("lang", "1", b"words", copy) + steps;
    let bench = Bench::new(&definition);
    bench.bring(b"firmware").await.unwrap();
    bench.bring(b"words").await.unwrap();
    bench.install("fw").await.unwrap();
    let why = bench.install("lang").await.unwrap_err().to_string();
    assert!(why.contains("one.bin comes with package fw too"), "{why}");
    assert_eq!(bench.served("one.bin").unwrap(), b"firmware");
    assert!(bench.packages().await[1].installed.is_none());
}

#[tokio::test]
async fn a_file_where_another_package_has_a_folder_is_told_with_its_name() {
    let definition = package("fw", "1", b"firmware", "install = 'file'\n")
        + &package("lang", "1", b"words", "install = 'folder'\n")
        + "[install]\nfile = [{ from = 'a', to = 'b', do = 'cp', with = ['*', 'one'] }]\n\
           folder = [{ from = 'a', to = 'b', do = 'cp', with = ['*', 'one/'] }]\n";
    for (first, second, path) in [("fw", "lang", "one"), ("lang", "fw", "one/lang.bin")] {
        let bench = Bench::new(&definition);
        bench.bring(b"firmware").await.unwrap();
        bench.bring(b"words").await.unwrap();
        bench.install(first).await.unwrap();
        let why = bench.install(second).await.unwrap_err().to_string();
        assert!(why.contains(&format!("{path} comes with package {first} too")), "{why}");
    }
}

#[tokio::test]
async fn what_goes_while_a_package_is_on_its_way_leaves_nothing_half_installed() {
    let definition =
        package("fw", "1", b"firmware", "depends = ['lang']") + &package("lang", "1", b"words", "");
    let bench = Bench::new(&definition);
    bench.bring(b"firmware").await.unwrap();
    bench.bring(b"words").await.unwrap();
    bench.install("lang").await.unwrap();
    let prepared = bench.firmware.prepare(PLUGIN, "fw", false).await.unwrap();
    bench.firmware.uninstall(PLUGIN, "lang").await.unwrap();
    let install = |prepared| bench.firmware.install(prepared, FirmwareProxies::default(), Arc::new(|_| {}));
    let why = install(prepared).await.unwrap_err().to_string();
    assert!(why.contains("lang, which fw depends on, was removed meanwhile"), "{why}");
    assert_eq!(bench.served("fw.bin"), None);

    bench.install("lang").await.unwrap();
    let again = bench.firmware.prepare(PLUGIN, "lang", false).await.unwrap();
    let prepared = bench.firmware.prepare(PLUGIN, "fw", false).await.unwrap();
    drop(again);
    bench.firmware.forget_plugin(PLUGIN).await.unwrap();
    fs::remove_dir_all(bench.root.path().join("plugin")).unwrap();
    assert!(install(prepared).await.is_err());
    assert_eq!((bench.served("fw.bin"), bench.served("lang.bin")), (None, None));
}

#[tokio::test]
async fn one_package_is_changed_by_one_at_a_time() {
    let bench = Bench::new(&package("fw", "1", b"firmware", ""));
    let prepared = bench.firmware.prepare(PLUGIN, "fw", false).await.unwrap();
    assert!(matches!(bench.firmware.prepare(PLUGIN, "fw", false).await, Err(FirmwareError::Busy(_))));
    drop(prepared);
    assert!(bench.firmware.prepare(PLUGIN, "fw", false).await.is_ok());
    assert!(matches!(
        bench.firmware.prepare(PLUGIN, "none", false).await,
        Err(FirmwareError::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_definition_of_either_form_is_found_and_a_bad_one_is_told() {
    let bench = Bench::new(&package("fw", "1", b"firmware", ""));
    fs::create_dir(bench.root.path().join("plugin/pkgs")).unwrap();
    let old = "[pkg_old]\nversion: 2\ndescription: y\nfiles: f\n[file_f]\nurl: http://127.0.0.1:1/o.bin\nsize: 3\n\
               sha1sum: a9993e364706816aba3e25717850c26c9cd0d89d\n";
    fs::write(bench.root.path().join("plugin/pkgs/pkgs.db"), old).unwrap();
    assert_eq!(bench.packages().await.len(), 2);
    bench.bring(b"abc").await.unwrap();
    bench.install("old").await.unwrap();
    assert_eq!(bench.served("o.bin").unwrap(), b"abc");
    bench.define("[package.a]\nversion = 1");
    let why = bench.firmware.packages(PLUGIN).await.unwrap_err().to_string();
    assert!(why.contains(PLUGIN) && why.contains("line 2"), "{why}");
}
