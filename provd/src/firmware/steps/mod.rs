//! The steps of which procedures are made: each reads one folder and fills another, which is empty before.
//!
//! Whatever archives say, nothing is written outside that folder, nothing in it is a link, and there are limits to how much
//! it is.

mod copy;
mod extraction;
mod failure;
mod pattern;
mod select;
mod seven_zip;
mod tree;
mod unrar;
mod unsign;
mod untar;
mod unzip;

use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) use extraction::Budget;
pub(super) use failure::StepError;
pub(super) use tree::{files, link_tree, make_folder};

use super::variables::Variables;
use extraction::Extraction;
use failure::at;
use pattern::{Pattern, quote};

/// What is done, with its arguments.
#[derive(Debug, Clone)]
pub(super) enum Action {
    /// Takes archives apart.
    Extract(Archive, Pattern),
    /// Takes the vendor's signature from the front of a file.
    Unsign(Pattern, PathBuf),
    /// Takes what matches.
    Include(Vec<Pattern>),
    /// Takes what does not match.
    Exclude(Vec<Pattern>),
    /// Copies to another place.
    Copy(Vec<Pattern>, copy::Destination),
    /// Fills nothing.
    Null,
}

/// A kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Archive {
    Zip,
    Tar,
    Rar,
    SevenZip,
}

impl Action {
    /// Reads a step and its arguments, and replaces the variables in them.
    pub(super) fn new(words: &[String], variables: &Variables) -> Result<Action, String> {
        let Some((name, arguments)) = words.split_first() else { return Err("expected a step".to_owned()) };
        let pattern = |word: &String| Pattern::new(&variables.replace(word, quote)?);
        let patterns = |words: &[String]| match words {
            [] => Err(format!("{name}: expected at least one pattern")),
            words => words.iter().map(pattern).collect::<Result<Vec<_>, _>>(),
        };
        let plain = |word: &String| variables.replace(word, str::to_owned);
        let extract = |archive| match arguments {
            [one] => Ok(Action::Extract(archive, pattern(one)?)),
            _ => Err(format!("{name}: expected one pattern")),
        };
        match (name.as_str(), arguments) {
            ("unzip", _) => extract(Archive::Zip),
            ("untar", _) => extract(Archive::Tar),
            ("unrar", _) => extract(Archive::Rar),
            ("7z", _) => extract(Archive::SevenZip),
            ("unsign", [from, to]) => Ok(Action::Unsign(pattern(from)?, extraction::inside(&plain(to)?)?)),
            ("unsign", _) => Err("unsign: expected a pattern and the name of what it makes".to_owned()),
            ("include", patterns_of) => Ok(Action::Include(patterns(patterns_of)?)),
            ("exclude", patterns_of) => Ok(Action::Exclude(patterns(patterns_of)?)),
            ("cp", [from @ .., to]) => {
                Ok(Action::Copy(patterns(from)?, copy::Destination::new(&plain(to)?)?))
            }
            ("cp", []) => Err("cp: expected patterns and where to".to_owned()),
            ("null", []) => Ok(Action::Null),
            ("null", _) => Err("null: it takes no arguments".to_owned()),
            (other, _) => Err(format!(
                "`{other}`: expected unzip, untar, unrar, 7z, unsign, cp, include, exclude or null"
            )),
        }
    }

    /// Fills a folder from another. Takes as long as it takes: not for where others wait.
    pub(super) fn run(&self, from: &Path, into: &Path, budget: &mut Budget) -> Result<(), StepError> {
        match self {
            Action::Extract(archive, pattern) => {
                let archives = pattern.files(from)?;
                archives.iter().try_for_each(|name| archive.extract(&from.join(name), into, budget))
            }
            Action::Unsign(pattern, to) => {
                unsign::unsign(&from.join(pattern.only_file(from)?), &into.join(to))
            }
            Action::Include(patterns) => select::include(patterns, from, into),
            Action::Exclude(patterns) => select::exclude(patterns, from, into),
            Action::Copy(patterns, destination) => copy::copy(patterns, destination, from, into),
            Action::Null => Ok(()),
        }
    }
}

impl Archive {
    fn extract(self, archive: &Path, into: &Path, budget: &mut Budget) -> Result<(), StepError> {
        let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if self == Archive::Rar {
            return unrar::extract(archive, &name, into, budget);
        }
        let file = File::open(archive).map_err(at(archive))?;
        let mut extraction = Extraction::new(name, into, budget);
        match self {
            Archive::Zip => unzip::extract(file, &mut extraction)?,
            Archive::Tar => untar::extract(file, &mut extraction)?,
            Archive::SevenZip | Archive::Rar => seven_zip::extract(file, &mut extraction)?,
        }
        extraction.finish()
    }
}

#[cfg(test)]
mod tests;
