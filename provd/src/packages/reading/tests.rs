//! What a stranger may put into an archive.

use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::{Builder, Header};

use super::*;
use crate::packages::write;

const MANIFEST: &str = "api = 1\nversion = '1.0.0'\n[[target]]\nid = 'a-1'\n[[target]]\nid = 'a-2'\n";

fn files() -> Files {
    let files = [("plugin.toml", MANIFEST), ("templates/a.j2", "{{ x }}"), ("bin/run", "#!/bin/sh\n")];
    files.into_iter().map(|(path, text)| (path.into(), text.into())).collect()
}

fn package() -> Vec<u8> {
    let mut package = Vec::new();
    let with_tests = files().into_iter().chain([("tests/case.toml".into(), b"x".to_vec())]).collect();
    write("a-2", &Manifest::parse(MANIFEST).unwrap(), &with_tests, &mut package).unwrap();
    package
}

fn sha256(content: &str) -> String {
    hex::encode(Sha256::digest(content))
}

fn promise(path: &str, content: &str) -> Value {
    json!({"path": path, "size": content.len(), "sha256": sha256(content)})
}

/// An archive made by hand: its first file, and others with their kinds.
fn archive(head: &Value, entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let text = head.to_string();
    for (path, kind, content) in [(NAME, EntryType::Regular, text.as_str())].iter().chain(entries) {
        let mut header = Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        if kind.is_symlink() {
            header.set_link_name("/etc/shadow").unwrap();
        }
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, content.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn head(files: &[Value]) -> Value {
    json!({"format": 1, "id": "a-1", "version": "1.0.0", "files": files})
}

fn refusal(package: &[u8]) -> String {
    read(package).unwrap_err().to_string()
}

#[test]
fn what_was_packed_is_read_and_packed_again_it_is_the_same() {
    let package = package();
    let read = read(&package).unwrap();
    assert_eq!((read.contents.id.as_str(), read.contents.version.as_str()), ("a-2", "1.0.0"));
    assert_eq!(read.files, files(), "all but the tests");
    assert_eq!(self::package(), package);
}

#[test]
fn one_bit_that_changed_is_noticed() {
    let package = package();
    for at in 0..package.len() {
        let mut changed = package.clone();
        changed[at] ^= 1;
        // The head of gzip has bytes that mean nothing to anybody.
        if let Ok(read) = read(&changed) {
            assert!(at < 10, "byte {at}");
            assert_eq!(read.files, files());
        }
    }
}

#[test]
fn one_byte_less_or_more_is_noticed() {
    let mut package = package();
    for length in 0..package.len() {
        assert!(read(&package[..length]).is_err(), "{length} bytes");
    }
    package.push(0);
    assert!(refusal(&package).contains("something follows"));
}

#[test]
fn what_is_not_promised_is_refused() {
    let toml = promise("plugin.toml", MANIFEST);
    let regular = EntryType::Regular;
    let (good, more) = (("plugin.toml", regular, MANIFEST), ("b", regular, "b"));
    let with = |member: Value| head(&[toml.clone(), member]);
    for (head, entries, said) in [
        (head(std::slice::from_ref(&toml)), vec![good, more], "b: it is not among"),
        (with(promise("b", "b")), vec![good], "b: it is missing"),
        (with(promise("b", "b")), vec![good, ("c", regular, "b")], "b: another file"),
        (with(promise("b", "c")), vec![good, more], "b: its SHA-256"),
        (with(promise("b", "bb")), vec![good, more], "b: its size"),
        (with(promise("b", "")), vec![good, ("b", EntryType::Symlink, "")], "b: it is no regular file"),
        (with(promise("b", "")), vec![good, ("b", EntryType::Link, "")], "b: it is no regular file"),
        (with(promise("b", "")), vec![good, ("b", EntryType::GNUSparse, "")], "b: it is no regular file"),
        (with(promise("b", "b")), vec![good, ("x", EntryType::GNULongName, "b"), more], "b: another file"),
        (
            with(promise("../b", "b")),
            vec![good, ("../b", regular, "b")],
            "file `../b`: expected a relative path",
        ),
        (with(promise("/b", "b")), vec![good, ("/b", regular, "b")], "file `/b`: expected a relative path"),
        (json!({"format": 1}), vec![good], "missing field"),
        (json!([[[1]]]), vec![good], "this is no package"),
    ] {
        let refused = refusal(&archive(&head, &entries));
        assert!(refused.contains(said), "{refused}");
    }
    let other = head(&[promise("plugin.toml", "api = 1\nversion = '1.0.0'\nid = 'b-1'")]);
    let refused =
        refusal(&archive(&other, &[("plugin.toml", regular, "api = 1\nversion = '1.0.0'\nid = 'b-1'")]));
    assert!(refused.contains("names another plugin"), "{refused}");
}

#[test]
fn what_is_no_archive_is_refused() {
    for (bytes, said) in
        [(&b""[..], "damaged"), (b"PK\x03\x04", "damaged"), (b"\x1f\x8b\x08\0junk", "damaged")]
    {
        let refused = refusal(bytes);
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn a_bomb_does_not_go_off() {
    // A gigabyte of nothing in a megabyte: of the file that says what is there, and of one that says it is small.
    let mut header = Header::new_ustar();
    header.set_path(NAME).unwrap();
    header.set_size(1 << 30);
    header.set_cksum();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(header.as_bytes()).unwrap();
    io::copy(&mut io::repeat(b' ').take(1 << 30), &mut bomb).unwrap();
    assert!(refusal(&bomb.finish().unwrap()).contains("not understood"));

    let toml = promise("plugin.toml", MANIFEST);
    let bomb = head(&[toml, json!({"path": "b", "size": 1u64 << 40, "sha256": ""})]);
    let refused = refusal(&archive(&bomb, &[("plugin.toml", EntryType::Regular, MANIFEST)]));
    assert!(refused.contains("larger than"), "{refused}");
}

#[test]
fn a_family_has_only_its_own_plugins() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let refused = write("b", &manifest, &files(), io::sink()).unwrap_err();
    assert_eq!(refused.to_string(), "the family has no plugin b");
    let mut files = files();
    files.remove(Path::new("plugin.toml"));
    assert!(write("a-1", &manifest, &files, io::sink()).unwrap_err().to_string().contains("no plugin.toml"));
}
