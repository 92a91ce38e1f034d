//! A file every device has one of.

use crate::declarative::spanned::Spanned;

use super::content::Content;
use crate::declarative::error::LoadError;
use crate::declarative::manifest::{FileEntry, Manifest};
use crate::declarative::source::Source;
use crate::declarative::templates::Text;

/// The file, its path still to be rendered for a device.
#[derive(Debug)]
pub(super) struct DeviceFile {
    pub(super) path: Text,
    pub(super) content: Content,
    /// Whether its fetch proves that the phone is up to date.
    pub(super) is_trigger: bool,
    /// What stands before and behind the parts of the path that depend on the device.
    ends: (String, String),
}

impl DeviceFile {
    pub(super) fn compile(
        entry: &FileEntry,
        source: &Source,
        path: Text,
        content: Content,
    ) -> Result<DeviceFile, LoadError> {
        if let Some(each_model) = &entry.each_model {
            let expected = "only files with scope = \"common\" can have this";
            return Err(source.invalid(each_model, "each_model", expected));
        }
        Ok(DeviceFile {
            path,
            content,
            is_trigger: trigger(entry).is_some(),
            ends: ends(entry.path.get_ref()),
        })
    }

    /// Whether some device may have its file under this path. May be true of more paths than there can be.
    pub(super) fn may_be_at(&self, path: &str) -> bool {
        let (before, behind) = &self.ends;
        path.starts_with(before) && path.ends_with(behind)
    }
}

/// A device has one trigger at most.
pub(super) fn check_trigger(manifest: &Manifest, source: &Source) -> Result<(), LoadError> {
    match manifest.files.iter().filter_map(|entry| trigger(entry.get_ref())).nth(1) {
        Some(second) => Err(source.invalid(second, "trigger", "only one file can be the trigger")),
        None => Ok(()),
    }
}

/// The text before the first and behind the last piece of template.
fn ends(path: &str) -> (String, String) {
    let before = path.split('{').next().unwrap_or_default();
    let behind = path.rsplit('}').next().unwrap_or_default();
    (before.to_owned(), behind.to_owned())
}

fn trigger(entry: &FileEntry) -> Option<&Spanned<bool>> {
    entry.trigger.as_ref().filter(|trigger| *trigger.get_ref())
}
