//! `unrar PATTERN`: RAR archives. No library that may be used here reads them, so whichever program for them the machine has
//! is run: without input, for a limited time, as long as what it writes stays within the budget. What it wrote is looked at
//! before anything of it is taken; all files come to lie in one folder.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::extraction::Budget;
use super::failure::{StepError, at};
use super::tree::link_tree;

/// Longest time an archive may take.
const DEADLINE: Duration = Duration::from_mins(10);
/// Time between two looks at the program and at what it wrote.
const INTERVAL: Duration = Duration::from_millis(100);

/// A program, and its arguments: `ARCHIVE` and `FOLDER` stand for these.
type Program = (&'static str, &'static [&'static str]);

/// Those that can do it, the best first.
const PROGRAMS: [Program; 5] = [
    ("unrar", &["x", "-idq", "-o-", "-p-", "-y", "--", "ARCHIVE", "FOLDER/"]),
    ("unar", &["-quiet", "-no-directory", "-no-recursion", "-output-directory", "FOLDER", "ARCHIVE"]),
    ("bsdtar", &["-x", "-f", "ARCHIVE", "-C", "FOLDER"]),
    ("7z", &["x", "-y", "-bd", "-p", "-oFOLDER", "--", "ARCHIVE"]),
    ("7zz", &["x", "-y", "-bd", "-p", "-oFOLDER", "--", "ARCHIVE"]),
];

pub(super) fn extract(archive: &Path, name: &str, into: &Path, budget: &mut Budget) -> Result<(), StepError> {
    let folder = tempfile::tempdir_in(into.parent().unwrap_or(into)).map_err(at(into))?;
    let failed = |why: String| StepError::Archive { archive: name.to_owned(), why };
    let Some((program, child)) = start(archive, folder.path()).map_err(at(archive))? else {
        return Err(StepError::NoProgram { archive: name.to_owned() });
    };
    wait(child, program, folder.path(), *budget).map_err(failed)?;
    for file in written(folder.path()).map_err(failed)? {
        let size = file.symlink_metadata().map_err(at(&file))?.len();
        budget.bytes = budget.bytes.saturating_sub(size);
        budget.entries = budget.entries.saturating_sub(1);
        link_tree(&file, &into.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Starts the first program that is there.
fn start(archive: &Path, folder: &Path) -> io::Result<Option<(&'static str, Child)>> {
    for (program, arguments) in PROGRAMS {
        let arguments = arguments.iter().map(|argument| filled(argument, archive, folder));
        let started = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            started => return started.map(|child| Some((program, child))),
        }
    }
    Ok(None)
}

fn filled(argument: &str, archive: &Path, folder: &Path) -> OsString {
    match argument.split_once("FOLDER") {
        Some((before, after)) => {
            let mut filled = OsString::from(before);
            filled.push(folder);
            filled.push(after);
            filled
        }
        None if argument == "ARCHIVE" => archive.into(),
        None => argument.into(),
    }
}

/// Waits until the program has ended well. One that takes too long, or writes too much, is killed.
fn wait(mut child: Child, program: &str, folder: &Path, budget: Budget) -> Result<(), String> {
    let began = Instant::now();
    let why = loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return check(folder, budget),
            Ok(Some(status)) => return Err(format!("{program} could not unpack it: {status}")),
            Ok(None) => {}
            Err(error) => break format!("{program}: {error}"),
        }
        if began.elapsed() > DEADLINE {
            break format!("{program} did not unpack it within {} minutes", DEADLINE.as_secs() / 60);
        }
        if let Err(why) = check(folder, budget) {
            break why;
        }
        std::thread::sleep(INTERVAL);
    };
    // It may have ended meanwhile; either way it is gone then.
    let _ = child.kill();
    let _ = child.wait();
    Err(why)
}

fn check(folder: &Path, budget: Budget) -> Result<(), String> {
    let files = written(folder)?;
    let bytes: u64 =
        files.iter().filter_map(|file| file.symlink_metadata().ok()).map(|file| file.len()).sum();
    if bytes > budget.bytes || files.len() as u64 > budget.entries {
        return Err("more is in it than is unpacked: it is refused, whoever made it".to_owned());
    }
    Ok(())
}

/// All files below a folder. Anything but files and folders is refused.
fn written(root: &Path) -> Result<Vec<PathBuf>, String> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let entry = entry.map_err(|error| error.to_string())?;
            let kind = entry.file_type().map_err(|error| error.to_string())?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            } else {
                let name = entry.file_name().to_string_lossy().escape_debug().to_string();
                return Err(format!(
                    "`{name}` is neither a file nor a folder: it is refused, whoever made it"
                ));
            }
        }
    }
    files.sort();
    Ok(files)
}
