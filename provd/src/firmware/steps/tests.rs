//! Steps on archives that are made here, good ones and bad ones.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::*;

/// A folder to read from and one to fill.
struct Bench {
    root: tempfile::TempDir,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Bench {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        fs::create_dir(root.path().join("out")).unwrap();
        for (name, content) in files {
            let path = root.path().join("in").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Bench { root }
    }

    fn run_within(&self, step: &str, mut budget: Budget) -> Result<Vec<String>, String> {
        let words: Vec<String> = step.split(' ').map(str::to_owned).collect();
        let action = Action::new(&words, &Variables::default())?;
        let (from, into) = (self.root.path().join("in"), self.root.path().join("out"));
        action.run(&from, &into, &mut budget).map_err(|error| error.to_string())?;
        let files = files(&into).unwrap();
        Ok(files.iter().map(|path| path.to_str().unwrap().to_owned()).collect())
    }

    fn run(&self, step: &str) -> Result<Vec<String>, String> {
        self.run_within(step, Budget::default())
    }

    fn content(&self, path: &str) -> Vec<u8> {
        fs::read(self.root.path().join("out").join(path)).unwrap()
    }
}

/// A tar archive of `a/b.bin`, compressed by xz; the libraries are built without their writing halves.
const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a3e027ff00625d00308bc8430d2b2431ad817ac2da5515cc7c\
    127c6975bf9aa6d6c0326c33b2d6083e92065632e2b28fbcc64586c63fe9a2fdcf2e633f8e55f62d47bb59a942b26291\
    5b8b83c33bde0d121d41fbf8486f9c52857e0f8f3dc955e96973faa84baf95c40000000030ab6cd3bb3ce43f00017e80\
    500000005c079688b1c467fb020000000004595a";
/// A 7-Zip archive of `a/b.bin`.
const SEVEN_ZIP: &str = "377abcaf271c0004bee412cc0c000000000000004d00000000000000f3a80e1d0100076669726d776172650001040600\
    01090c00070b010001212101100c0800080a01c4d7ecd500000501190300000011110061002f0062002e00620069006e\
    000000140a010030c37157e879dd0115060100208080810000";
/// A 7-Zip archive of `../b.bin`.
const SEVEN_ZIP_OUTSIDE: &str = "377abcaf271c00043b71a11d0c000000000000004f000000000000005bb2e58b0100076669726d776172650001040600\
    01090c00070b010001212101100c0800080a01c4d7ecd50000050119030000001113002e002e002f0062002e00620069\
    006e000000140a0100506abc64e879dd0115060100208080810000";

/// An entry of a tar archive: its name, its kind, its link's target or its content.
type Entry<'a> = (&'a str, tar::EntryType, &'a str);

/// Names are written as they are: the library would refuse to write the bad ones.
fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        let content = if *kind == tar::EntryType::Regular { text.as_bytes() } else { b"" };
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name_literal(text).unwrap();
        }
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const FILE: tar::EntryType = tar::EntryType::Regular;
const SYMLINK: tar::EntryType = tar::EntryType::Symlink;
const HARD_LINK: tar::EntryType = tar::EntryType::Link;

#[test]
fn zip_archives_are_unpacked() {
    let archive = zip(&[("Aastra/6731i.st", b"firmware"), ("read.me", b""), ("win\\dows.bin", b"x")]);
    let bench = Bench::new(&[("fw.zip", &archive)]);
    assert_eq!(bench.run("unzip *.zip").unwrap(), ["Aastra/6731i.st", "read.me", "win/dows.bin"]);
    assert_eq!(bench.content("Aastra/6731i.st"), b"firmware");
    assert!(Bench::new(&[("fw.zip", b"no archive")]).run("unzip fw.zip").unwrap_err().contains("fw.zip: "));
    assert!(bench.run("unzip other.zip").unwrap_err().contains("nothing matches `other.zip`"));
}

#[test]
fn tar_archives_are_unpacked_however_they_are_compressed() {
    let plain = tar(&[("./", tar::EntryType::Directory, ""), ("./a/b.bin", FILE, "firmware")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&plain).unwrap();
    let xz = hex::decode(XZ).unwrap();
    for archive in [plain, gzip.finish().unwrap(), bzip2.finish().unwrap(), xz] {
        let bench = Bench::new(&[("fw", &archive)]);
        assert_eq!(bench.run("untar fw").unwrap(), ["a/b.bin"]);
        assert_eq!(bench.content("a/b.bin"), b"firmware");
    }
}

#[test]
fn seven_zip_archives_are_unpacked() {
    let bench = Bench::new(&[("fw.7z", &hex::decode(SEVEN_ZIP).unwrap())]);
    assert_eq!(bench.run("7z fw.7z").unwrap(), ["a/b.bin"]);
    assert_eq!(bench.content("a/b.bin"), b"firmware");
    let bench = Bench::new(&[("fw.7z", &hex::decode(SEVEN_ZIP_OUTSIDE).unwrap())]);
    assert!(bench.run("7z fw.7z").unwrap_err().contains("leads outside"));
}

#[test]
fn names_that_are_too_long_and_unreadable_archives_are_told_in_short() {
    for name in ["n".repeat(300), "d/".repeat(600) + "x"] {
        let why = Bench::new(&[("fw", &zip(&[(&name, b"x")]))]).run("unzip fw").unwrap_err();
        assert!(why.contains("longer") && why.chars().count() < 500, "{why}");
    }
    let mut damaged = tar(&[("a", FILE, "x")]);
    damaged[148..156].copy_from_slice(b"\x01\x02\x03zzz\x04\x05");
    let why = Bench::new(&[("fw", &damaged)]).run("untar fw").unwrap_err();
    assert!(why.starts_with("fw: ") && !why.chars().any(char::is_control), "{why:?}");
}

#[test]
fn links_lead_through_few_others() {
    let names: Vec<String> = (0..100).map(|number| format!("l{number:02}")).collect();
    let links = names.windows(2).map(|pair| (pair[0].as_str(), SYMLINK, pair[1].as_str()));
    let all = |hops: usize| {
        [("l99", FILE, "x")].into_iter().chain(links.clone().skip(99 - hops)).collect::<Vec<_>>()
    };
    assert_eq!(Bench::new(&[("fw", &tar(&all(40)))]).run("untar fw").unwrap().len(), 41);
    let why = Bench::new(&[("fw", &tar(&all(41)))]).run("untar fw").unwrap_err();
    assert!(why.contains("leads to no file"), "{why}");
}

#[test]
fn nothing_is_written_outside() {
    for name in ["../evil", "/tmp/evil", "a/../../evil"] {
        let bench = Bench::new(&[("fw", &tar(&[(name, FILE, "x")]))]);
        assert!(bench.run("untar fw").unwrap_err().contains("leads outside"), "{name}");
        assert!(!bench.root.path().join("evil").exists());
        let bench = Bench::new(&[("fw", &zip(&[(name, b"x")]))]);
        assert!(bench.run("unzip fw").unwrap_err().contains("leads outside"), "{name}");
    }
    let bench = Bench::new(&[("fw", &zip(&[("..\\evil", b"x")]))]);
    assert!(bench.run("unzip fw").unwrap_err().contains("leads outside"));
}

#[test]
fn links_become_files_or_are_refused() {
    let archive =
        tar(&[("l", SYMLINK, "d/m"), ("d/m", SYMLINK, "../f"), ("f", FILE, "x"), ("h", HARD_LINK, "f")]);
    let bench = Bench::new(&[("fw", &archive)]);
    assert_eq!(bench.run("untar fw").unwrap(), ["d/m", "f", "h", "l"]);
    assert!(bench.root.path().join("out/l").symlink_metadata().unwrap().is_file());
    for (kind, target) in [
        (SYMLINK, "/etc/passwd"),
        (SYMLINK, "../secret"),
        (SYMLINK, "nothing"),
        (SYMLINK, "."),
        (HARD_LINK, "../secret"),
        (HARD_LINK, "/etc/passwd"),
    ] {
        let bench = Bench::new(&[("fw", &tar(&[("l", kind, target)]))]);
        assert!(bench.run("untar fw").unwrap_err().contains("is a link to"), "{target}");
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let archive = tar(&[("d", SYMLINK, "/tmp"), ("d/evil", FILE, "x")]);
    assert!(Bench::new(&[("fw", &archive)]).run("untar fw").unwrap_err().contains("outside the archive"));
    let archive = tar(&[("x/y/up", SYMLINK, "../.."), ("x/y/out", SYMLINK, "up/../secret"), ("f", FILE, "")]);
    assert!(Bench::new(&[("fw", &archive)]).run("untar fw").is_err());
}

#[test]
fn devices_are_refused() {
    for kind in [tar::EntryType::Block, tar::EntryType::Char, tar::EntryType::Fifo] {
        let bench = Bench::new(&[("fw", &tar(&[("dev", kind, "")]))]);
        assert!(bench.run("untar fw").unwrap_err().contains("neither a file nor a folder"));
    }
}

#[test]
fn bombs_are_refused_before_they_fill_the_disk() {
    let zeros = vec![0; 100_000];
    let archive = zip(&[("a", &zeros), ("b", &zeros)]);
    let bench = Bench::new(&[("fw", &archive)]);
    let why = bench.run_within("unzip fw", Budget { entries: 9, bytes: 150_000 }).unwrap_err();
    assert!(why.contains("more is in it than is unpacked (8 GiB"), "{why}");
    assert!(!bench.root.path().join("out/b").exists());
    let why = bench.run_within("unzip fw", Budget { entries: 1, bytes: 1 << 20 }).unwrap_err();
    assert!(why.contains("50000 files"), "{why}");
}

#[test]
fn sizes_that_lie_are_refused() {
    let mut archive = zip(&[("a", b"firmware")]);
    // The size in the central directory, APPNOTE.TXT §4.3.12: 24 bytes after its signature.
    let central = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    archive[central + 24] = 3;
    assert!(Bench::new(&[("fw", &archive)]).run("unzip fw").is_err());
}

#[test]
fn files_are_copied_to_where_phones_ask() {
    let files: [(&str, &[u8]); 3] = [("x/6731i.st", b"1"), ("x/y/6757i.st", b"2"), ("read.me", b"3")];
    assert_eq!(
        Bench::new(&files).run("cp x read.me Aastra/").unwrap(),
        ["Aastra/read.me", "Aastra/x/6731i.st", "Aastra/x/y/6757i.st"]
    );
    assert_eq!(Bench::new(&files).run("cp x/*.st Aastra/new.st").unwrap(), ["Aastra/new.st"]);
    assert_eq!(Bench::new(&files).run("cp x/*/*.st ./").unwrap(), ["6757i.st"]);
    assert!(Bench::new(&files).run("cp read.me ../up").unwrap_err().contains("leads outside"));
    assert!(Bench::new(&files).run("cp x/* new.st").is_ok(), "a folder is no file");
    assert!(Bench::new(&[("a", b""), ("b", b"")]).run("cp ? one").unwrap_err().contains("matches 2 files"));
    let twice = Bench::new(&[("a/f", b""), ("b/f", b"")]).run("cp */f out/").unwrap_err();
    assert!(twice.contains("two files would be"), "{twice}");
}

#[test]
fn part_of_a_folder_is_taken() {
    let files: [(&str, &[u8]); 3] = [("x/a.st", b"1"), ("x/y/b.st", b"2"), ("read.me", b"3")];
    assert_eq!(Bench::new(&files).run("include x/y *.me").unwrap(), ["read.me", "x/y/b.st"]);
    assert_eq!(Bench::new(&files).run("exclude x/y *.me").unwrap(), ["x/a.st"]);
    assert_eq!(Bench::new(&files).run("include none").unwrap(), Vec::<String>::new());
    assert_eq!(Bench::new(&files).run("null").unwrap(), Vec::<String>::new());
}

#[test]
fn a_signature_is_taken_from_the_front() {
    let signed = [&b"signature of a vendor"[..], &[0x1f, 0x8b, 8, 1, 2]].concat();
    let bench = Bench::new(&[("cmterm.cop.sgn", &signed)]);
    assert_eq!(bench.run("unsign *.sgn fw.cop").unwrap(), ["fw.cop"]);
    assert_eq!(bench.content("fw.cop"), [0x1f, 0x8b, 8, 1, 2]);
    let why = Bench::new(&[("a", b"nothing signed")]).run("unsign a b").unwrap_err();
    assert!(why.contains("no signed file of Cisco's"), "{why}");
}

#[test]
fn a_rar_archive_that_is_none_is_refused_by_whoever_reads_them() {
    let why = Bench::new(&[("fw.rar", b"no archive")]).run("unrar fw.rar").unwrap_err();
    assert!(why.contains("could not unpack it") || why.contains("install one of these programs"), "{why}");
}

#[test]
fn steps_without_sense_are_refused() {
    let why = |step: &str| Bench::new(&[]).run(step).unwrap_err();
    assert!(why("unzip").contains("expected one pattern"));
    assert!(why("unzip a b").contains("expected one pattern"));
    assert!(why("unsign a").contains("expected a pattern and the name"));
    assert!(why("cp a").contains("at least one pattern"));
    assert!(why("null a").contains("no arguments"));
    assert!(why("rm -rf").contains("expected unzip, untar"));
    assert!(why("unzip /etc/*").contains("in the folder"));
    assert!(!Path::new("/tmp/evil").exists());
}
