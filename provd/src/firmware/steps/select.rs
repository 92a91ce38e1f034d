//! `include PATTERN…` and `exclude PATTERN…`: part of a folder, each file where it was. A folder that matches brings all
//! that is in it.

use std::path::Path;

use super::failure::StepError;
use super::pattern::Pattern;
use super::tree::{files, link_tree};

pub(super) fn include(patterns: &[Pattern], from: &Path, into: &Path) -> Result<(), StepError> {
    select(|path| is_among(patterns, path), from, into)
}

pub(super) fn exclude(patterns: &[Pattern], from: &Path, into: &Path) -> Result<(), StepError> {
    select(|path| !is_among(patterns, path), from, into)
}

fn select(is_wanted: impl Fn(&Path) -> bool, from: &Path, into: &Path) -> Result<(), StepError> {
    let wanted = files(from)?.into_iter().filter(|path| is_wanted(path));
    wanted.into_iter().try_for_each(|path| link_tree(&from.join(&path), &into.join(&path)))
}

/// Whether a file, or a folder it is in, matches.
fn is_among(patterns: &[Pattern], path: &Path) -> bool {
    path.ancestors().any(|part| patterns.iter().any(|pattern| pattern.matches(part)))
}
