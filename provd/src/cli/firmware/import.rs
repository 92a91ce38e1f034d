//! Bringing along vendors' files. What they are is computed here, and only what the server needs is sent.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Style, field, harmless, is_true, items};
use super::show;

const FILES: &str = "/firmware/files";
const BAR: &str = "[{bar:30}] {bytes}/{total_bytes} {elapsed} {wide_msg}";

pub(super) async fn import(paths: &[PathBuf], client: &Client, _: Style) -> Result<Output, Failure> {
    let needed = needed(client).await?;
    let (mut taken, mut here) = (Vec::new(), BTreeSet::new());
    for path in paths {
        for file in files(path)? {
            let Some((sha256, found)) = among(&file, &needed)? else { continue };
            if is_true(found, "present") || !here.insert(sha256) {
                continue;
            }
            let document = send(&file, client).await?;
            taken.push(json!({"path": file.display().to_string(), "file": document.get("file")}));
        }
    }
    let missing: Vec<Value> = if taken.is_empty() { needed } else { self::needed(client).await? };
    let missing: Vec<Value> = missing.into_iter().filter(|file| !is_true(file, "present")).collect();
    let text = render(&taken, &missing);
    Ok(Output::Document { document: json!({"taken": taken, "missing": missing}), text })
}

async fn needed(client: &Client) -> Result<Vec<Value>, Failure> {
    let document = client.get(FILES).await?;
    match document.get("files") {
        Some(Value::Array(files)) => Ok(files.clone()),
        _ => Err(client.not_provd("it lists no files")),
    }
}

/// The SHA-256 of a file, and the one of the server's that is the same. Others of its size make it worth a look.
fn among<'a>(file: &Path, needed: &'a [Value]) -> Result<Option<(String, &'a Value)>, Failure> {
    let unreadable = |error: io::Error| Failure::File { path: file.to_owned(), why: error.to_string() };
    let length = fs::metadata(file).map_err(unreadable)?.len();
    let fits = |one: &&Value| one.get("size").and_then(Value::as_u64).is_none_or(|size| size == length);
    if !needed.iter().any(|one| fits(&one)) {
        return Ok(None);
    }
    let (sha256, sha1) = digests(file).map_err(unreadable)?;
    let is_it = |one: &&Value| field(one, "sha256") == sha256 || field(one, "sha1") == sha1;
    Ok(needed.iter().find(is_it).map(|one| (sha256.clone(), one)))
}

fn digests(path: &Path) -> io::Result<(String, String)> {
    let mut file = File::open(path)?;
    let (mut sha256, mut sha1, mut buffer) = (Sha256::new(), Sha1::new(), vec![0; 1 << 18]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(sha256.finalize()), hex::encode(sha1.finalize())));
        }
        sha256.update(&buffer[..read]);
        sha1.update(&buffer[..read]);
    }
}

/// A file, or all files below a folder, in order. Links below a folder are not followed.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable =
        |path: &Path, error: io::Error| Failure::File { path: path.to_owned(), why: error.to_string() };
    if !fs::metadata(path).map_err(|error| unreadable(path, error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut files, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

async fn send(file: &Path, client: &Client) -> Result<Value, Failure> {
    let length = fs::metadata(file).map_or(0, |metadata| metadata.len());
    let bar = ProgressBar::new(length).with_finish(ProgressFinish::AndClear);
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = bar.with_style(style.progress_chars("=> ")).with_message(harmless(&file.display().to_string()));
    client.upload(FILES, file, move |bytes| bar.inc(bytes)).await
}

fn render(taken: &[Value], missing: &[Value]) -> String {
    let mut lines = match taken.len() {
        0 => vec!["None of these files is needed.".to_owned()],
        1 => vec!["1 file is taken in:".to_owned()],
        count => vec![format!("{count} files are taken in:")],
    };
    for one in taken {
        let packages = one.get("file").map(|file| items(file, "packages")).unwrap_or_default();
        let names = packages.iter().map(|name| format!("{}/{}", field(name, "plugin"), field(name, "id")));
        let names = names.collect::<Vec<_>>().join(", ");
        lines.push(harmless(&format!("  {} for {names}", field(one, "path"))));
    }
    if !missing.is_empty() {
        lines.push(format!("Not here yet: {}", missing.len()));
        lines.extend(missing.iter().map(|file| format!("  {}", show::file(file))));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/any name"), "abc").unwrap();
        fs::write(folder.path().join("other"), "abd").unwrap();
        let needed = [json!({"sha1": "a9993e364706816aba3e25717850c26c9cd0d89d", "size": 3})];
        let all = files(folder.path()).unwrap();
        assert_eq!(all.len(), 2);
        let found = |path: &Path| among(path, &needed).unwrap().is_some();
        assert_eq!(all.iter().filter(|path| found(path)).count(), 1);
        assert!(found(&folder.path().join("sub/any name")));
        assert!(files(&folder.path().join("none")).is_err());
    }

    #[test]
    fn what_is_still_missing_is_said() {
        let missing = json!({"name": "fw.zip", "present": false, "sha256": "aa", "url": "https://v/fw.zip"});
        let taken = json!({"path": "/tmp/x", "file": {"packages": [{"plugin": "p", "id": "fw"}]}});
        assert_eq!(
            render(&[taken], &[missing]),
            "1 file is taken in:\n  /tmp/x for p/fw\nNot here yet: 1\n  fw.zip (not here, SHA-256 aa) https://v/fw.zip"
        );
        assert_eq!(render(&[], &[]), "None of these files is needed.");
    }
}
