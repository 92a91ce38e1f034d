//! `provd plugin new`: a small plugin that is complete, with its cases, for its author to change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use include_dir::{Dir, include_dir};

use super::arguments::NewArguments;
use super::say;
use crate::packages::is_program;

/// Text in files and in their names, for which something is put in.
const NAME: &str = "NAME";
const VENDOR: &str = "VENDOR";
const SDK: &str = "SDK";
/// End of the name of a file that would mean something to cargo here.
const DISGUISE: &str = ".in";

static DECLARATIVE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/authoring/new/declarative");
static PYTHON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/authoring/new/python");
static RUST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/authoring/new/rust");

/// Writes what was asked for, and says what to do with it.
pub(super) fn execute(arguments: &NewArguments) -> io::Result<ExitCode> {
    let name = &arguments.name;
    if let Err(why) = check_name(name) {
        eprintln!("provd: `{name}`: {why}");
        return Ok(ExitCode::from(2));
    }
    let folder = arguments.into.join(name);
    if folder.symlink_metadata().is_ok() {
        eprintln!(
            "provd: {} is there already; choose another name, or another folder with --into",
            folder.display()
        );
        return Ok(ExitCode::from(2));
    }
    let shown = folder.display();
    if let Some(sdk) = &arguments.sdk {
        let Some(sdk) = source_of(sdk) else {
            eprintln!(
                "provd: {}: expected the folder of provd's source, with plugin-runner in it",
                sdk.display()
            );
            return Ok(ExitCode::from(2));
        };
        write(&RUST, &folder, &[(SDK, &sdk.to_string_lossy()), (VENDOR, &vendor(name)), (NAME, name)])?;
        say(&format!(
            "{shown} is written. Next:\n\n  {shown}/build.sh\n{}",
            next_steps(&format!("{shown}/plugin"))
        ))?;
    } else {
        let from = if arguments.python { &PYTHON } else { &DECLARATIVE };
        write(from, &folder, &[(VENDOR, &vendor(name)), (NAME, name)])?;
        say(&format!("{shown} is written. Next:\n\n{}", next_steps(&shown.to_string())))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn next_steps(plugin: &str) -> String {
    ["test", "check", "run"].map(|step| format!("  provd plugin {step} {plugin}")).join("\n")
}

/// A name that can be part of an identifier, of a path and of a regular expression.
fn check_name(name: &str) -> Result<(), &'static str> {
    let begins_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if begins_well && name.len() <= 32 && name.bytes().all(fits) && !name.ends_with('-') {
        return Ok(());
    }
    Err("expected up to 32 lower-case letters, digits and hyphens, a letter first: acme")
}

fn vendor(name: &str) -> String {
    name.split_at(1).0.to_uppercase() + name.split_at(1).1
}

/// The folder of provd's source, if that is what it is.
fn source_of(folder: &Path) -> Option<PathBuf> {
    let is_source =
        ["plugin-runner/Cargo.toml", "proto/Cargo.toml"].iter().all(|file| folder.join(file).is_file());
    folder.canonicalize().ok().filter(|_| is_source)
}

fn write(from: &Dir<'_>, into: &Path, words: &[(&str, &str)]) -> io::Result<()> {
    let filled = |text: &str| words.iter().fold(text.to_owned(), |text, (word, by)| text.replace(word, by));
    for file in from.files() {
        let name = filled(&file.path().to_string_lossy());
        let path = into.join(name.strip_suffix(DISGUISE).unwrap_or(&name));
        let parent = path.parent().unwrap_or(into);
        let why = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", parent.display()));
        fs::create_dir_all(parent).map_err(why)?;
        // They are all text: a test sees to that.
        let text = filled(&String::from_utf8_lossy(file.contents()));
        fs::write(&path, &text)?;
        if is_program(text.as_bytes()) {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
    }
    from.dirs().try_for_each(|folder| write(folder, into, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_files_a_vendor_and_an_identifier() {
        assert!(check_name("acme-7").is_ok());
        for name in ["", "Acme", "7up", "a b", "a/b", "a-", "..", &"a".repeat(33)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert_eq!(vendor("acme"), "Acme");
    }

    #[test]
    fn everything_is_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        for from in [&DECLARATIVE, &PYTHON, &RUST] {
            write(from, folder.path(), &[(SDK, "/source"), (VENDOR, "Acme"), (NAME, "acme")]).unwrap();
        }
        let files = crate::packages::read_folder(folder.path()).unwrap();
        assert!(files.len() > 10);
        for (path, content) in files {
            let text = String::from_utf8(content).unwrap();
            let path = path.to_string_lossy();
            assert!(!path.contains("VENDOR") && !path.ends_with(DISGUISE), "{path}");
            assert!(
                ![" NAME", "\"NAME", "\"VENDOR", "SDK/"].iter().any(|word| text.contains(word)),
                "{path}"
            );
        }
    }
}
