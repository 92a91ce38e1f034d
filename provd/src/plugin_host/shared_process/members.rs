//! Who may be in a shared process: the plugins of one family, and walls that hold all of them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::plugin_host::generation::{Plan, StartError};
use crate::plugin_host::invocation::{command, search_path};
use crate::plugin_host::sandbox::{Belongings, Enclosure, Kernel};

/// Who may be in a process, as far as its walls let them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) family: String,
    pub(super) ids: BTreeSet<String>,
    /// Overrides that are there.
    pub(super) overrides: Vec<PathBuf>,
}

impl Members {
    /// All plugins of the family whose folders are beside this one's.
    pub(super) fn of(plan: &Plan) -> io::Result<Members> {
        let family = family_of(&plan.id);
        let homes = plan.folder.parent().and_then(Path::parent).unwrap_or(&plan.folder);
        let names = std::fs::read_dir(homes)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut ids: BTreeSet<String> = names.filter(|name| family_of(name) == family).collect();
        ids.insert(plan.id.clone());
        let overrides =
            ids.iter().map(|id| plan.overrides.with_file_name(id)).filter(|folder| folder.exists()).collect();
        Ok(Members { family, ids, overrides })
    }

    /// Walls that hold all of them.
    pub(super) fn enclosure(&self, plan: &Plan, sockets: Option<&Path>) -> Result<Enclosure, StartError> {
        let beside = |folder: &Path| self.ids.iter().map(|id| folder.with_file_name(id)).collect::<Vec<_>>();
        let homes = beside(plan.folder.parent().unwrap_or(&plan.folder));
        let libraries = plan.python.libraries().map_err(|error| failed("the libraries of Python", &error))?;
        let given: Vec<PathBuf> =
            homes.into_iter().chain([libraries]).chain(plan.python.readable()).collect();
        let scratch = beside(&plan.scratch);
        for folder in &scratch {
            std::fs::create_dir_all(folder).map_err(|error| failed("no scratch folder", &error))?;
        }
        let command = command(plan);
        let path = search_path();
        let own = Belongings {
            id: &plan.id,
            program: command.first().map_or(Path::new(""), Path::new),
            search: OsStr::new(&path),
            folder: &plan.folder,
            libraries: &given,
            overrides: &self.overrides,
            scratch: &scratch,
            socket_folder: sockets,
        };
        let enclosure = Enclosure::new(Kernel::this(), &plan.sandbox, plan.manifest.needs, &own);
        match enclosure.refusal {
            Some(refusal) => Err(StartError::Hopeless(refusal)),
            None => Ok(enclosure),
        }
    }
}

/// The family of a plugin: what its id says before the first number of a version or model, `wazo-yealink` of `wazo-yealink-v86`.
fn family_of(id: &str) -> String {
    let has_digit = |part: &&str| part.contains(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = id.split('-').take_while(|part| !has_digit(part)).collect();
    if parts.is_empty() { id.to_owned() } else { parts.join("-") }
}

pub(super) fn failed(what: &str, error: &io::Error) -> StartError {
    StartError::Failed(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::family_of;

    #[test]
    fn a_family_is_what_its_variants_have_in_common() {
        for (id, family) in [
            ("wazo-yealink-v86", "wazo-yealink"),
            ("wazo-cisco-sip-11.3.1", "wazo-cisco-sip"),
            ("wazo-gigaset-N870-83.v2.39.0", "wazo-gigaset"),
            ("wazo-grandstream-1.0.3.2x-android", "wazo-grandstream"),
            ("wazo-cisco-sccp-legacy", "wazo-cisco-sccp-legacy"),
            ("3cx", "3cx"),
        ] {
            assert_eq!(family_of(id), family);
        }
    }
}
