use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use bzip2::Compression;
use bzip2::write::BzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;
use crate::domain::sandbox::Needs;
use crate::packages::Engine;

const INFO_TEXT: &str = r#"{"version": "1.4.1", "description": "Acme phones", "capabilities": {}}"#;

fn plugin(parent: &Path) -> PathBuf {
    let folder = parent.join("acme-1.2");
    for (name, content) in [
        ("entry.py", "import pexpect\nfrom urllib import request\n"),
        ("plugin-info", INFO_TEXT),
        ("templates/base.tpl", "x"),
        ("var/tftpboot/i18n/fr.xml", "fr"),
        ("var/tftpboot/001122334455.cfg", "password"),
        ("var/cache/fw.zip", "x"),
        ("var/templates/A10.tpl", "mine"),
        ("__pycache__/entry.pyc", "x"),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::create_dir_all(folder.join("var/tftpboot/Acme/logs")).unwrap();
    symlink("fr.xml", folder.join("var/tftpboot/i18n/default.xml")).unwrap();
    folder
}

fn names(foreign: &Foreign) -> Vec<&str> {
    foreign.files.keys().map(|path| path.to_str().unwrap()).collect()
}

#[test]
fn a_folder_becomes_a_plugin_of_provd() {
    let parent = tempfile::tempdir().unwrap();
    let folder = plugin(parent.path());
    assert!(is_foreign(&folder));
    let foreign = Foreign::in_folder(&folder, Tftpboot::Used).unwrap();
    let kept = ["var/tftpboot/Acme/logs/.keep", "var/tftpboot/i18n/.keep"];
    let expected =
        [["entry.py", "plugin-info", "plugin.toml", "templates/base.tpl"].as_slice(), &kept].concat();
    assert_eq!(names(&foreign), expected);
    let Manifest { ids, version, engine, needs, .. } = &foreign.manifest;
    assert_eq!((foreign.id.as_str(), ids.as_slice()), ("acme-1.2", ["acme-1.2".to_owned()].as_slice()));
    assert_eq!((version.as_str(), engine), ("1.4.1", &Engine::WazoProvd));
    assert_eq!(*needs, Needs { network: true, processes: true, memory: None });
    let published = Foreign::in_folder(&folder, Tftpboot::Published).unwrap();
    assert_eq!(published.files[Path::new("var/tftpboot/i18n/default.xml")], b"fr");
    assert!(names(&published).contains(&"var/tftpboot/001122334455.cfg"));
}

#[test]
fn what_is_imported_is_what_is_needed() {
    let needs = |code: &str| {
        let files: Files = [("entry.py".into(), code.as_bytes().to_vec())].into_iter().collect();
        (imports(&files, &NETWORK), imports(&files, &PROCESSES))
    };
    assert_eq!(needs("import socketserver\nimport urllib.parse\n# import socket"), (false, false));
    assert_eq!(needs("    from urllib import request"), (true, false));
    assert_eq!(needs("import urllib.request as r"), (true, false));
    assert_eq!(needs("import subprocess"), (false, true));
}

#[test]
fn a_link_out_of_the_folder_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = plugin(parent.path());
    fs::write(parent.path().join("secret"), "s").unwrap();
    symlink("../../secret", folder.join("templates/out.tpl")).unwrap();
    let why = Foreign::in_folder(&folder, Tftpboot::Published).unwrap_err().to_string();
    assert!(why.contains("out.tpl is a link out of its folder"), "{why}");
}

#[test]
fn what_is_no_such_plugin_says_why() {
    let parent = tempfile::tempdir().unwrap();
    let folder = plugin(parent.path());
    let why = |info: &str| {
        fs::write(folder.join(INFO), info).unwrap();
        Foreign::in_folder(&folder, Tftpboot::Used).unwrap_err().to_string()
    };
    assert!(why("{").starts_with("plugin-info: "));
    assert!(why("{}").contains("version"));
    assert!(why(r#"{"version": "../1"}"#).contains("../1"));
    assert!(why(r#"{"version": "1", "plugin_iface_version_min": 9}"#).contains("version 9"));
    fs::remove_file(folder.join("entry.py")).unwrap();
    assert!(why(INFO_TEXT).contains("there is no entry.py"));
}

fn entry(archive: &mut Builder<impl std::io::Write>, kind: EntryType, path: &str, content: &str) {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
    if is_link {
        header.set_link_name(content).unwrap();
    }
    let content = if is_link { "" } else { content };
    header.set_size(content.len() as u64);
    header.set_cksum();
    archive.append(&header, content.as_bytes()).unwrap();
}

fn packed(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
    let mut archive = Builder::new(BzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, path, content) in entries {
        entry(&mut archive, *kind, path, content);
    }
    let mut compressed = archive.into_inner().unwrap();
    compressed.flush().unwrap();
    compressed.finish().unwrap()
}

const PLUGIN: [(EntryType, &str, &str); 5] = [
    (EntryType::Directory, "acme-1.2/", ""),
    (EntryType::Directory, "acme-1.2/var/tftpboot/Acme/", ""),
    (EntryType::Regular, "acme-1.2/entry.py", "pass"),
    (EntryType::Regular, "acme-1.2/plugin-info", INFO_TEXT),
    (EntryType::Symlink, "acme-1.2/templates/A20.tpl", "../entry.py"),
];

#[test]
fn an_archive_is_read_as_it_is_published() {
    let foreign = Foreign::in_archive(&packed(&PLUGIN)).unwrap();
    assert_eq!(foreign.id, "acme-1.2");
    assert_eq!(foreign.files[Path::new("templates/A20.tpl")], b"pass");
    assert!(foreign.files.contains_key(Path::new("var/tftpboot/Acme/.keep")));
    assert_eq!(foreign.manifest.needs, Needs::default());
}

#[test]
fn an_archive_that_leads_elsewhere_is_refused() {
    let why = |kind, path: &str, content: &str| {
        let with = [PLUGIN.as_slice(), &[(kind, path, content)]].concat();
        Foreign::in_archive(&packed(&with)).unwrap_err().to_string()
    };
    assert!(why(EntryType::Regular, "../x", "x").contains("leads out"));
    assert!(why(EntryType::Regular, "/etc/x", "x").contains("leads out"));
    assert!(why(EntryType::Regular, "other/x", "x").contains("one folder"));
    assert!(why(EntryType::Symlink, "acme-1.2/a", "../../etc/passwd").contains("leads out"));
    assert!(why(EntryType::Symlink, "acme-1.2/a", "/etc/passwd").contains("leads out"));
    assert!(why(EntryType::Symlink, "acme-1.2/a", "a").contains("no file of the plugin"));
    assert!(why(EntryType::Fifo, "acme-1.2/a", "").contains("neither"));
    assert!(Foreign::in_archive(b"<html>").unwrap_err().to_string().contains("archive"));
    assert!(Foreign::in_archive(&packed(&PLUGIN)[..100]).is_err());
}
