//! Which file answers a request: one that was generated, or a static one; under the path asked for, else under the
//! rewritten one.
//!
//! Only names are decided here. The core opens what is named, beneath the folder it belongs to.

use std::path::PathBuf;

use minijinja::Value;
use provd_proto::mac::canonical_path;
use provd_proto::v1::serve_file_response::Answer;
use provd_proto::v1::{Device, GeneratedReference, Memory, ServeFileResponse, ServedReference, request};
use regex::Regex;

use super::error::LoadError;
use super::files::Files;
use super::manifest::{Kind, Manifest, RewriteEntry};
use super::paths;
use super::source::Source;
use super::templates::Templates;
use crate::PluginError;

/// Rewrites and static files.
#[derive(Debug)]
pub(crate) struct Serving {
    rewrites: Vec<Rewrite>,
    /// Folders of static files, the first that holds a file being the one it is served from.
    folders: Vec<PathBuf>,
}

#[derive(Debug)]
struct Rewrite {
    kind: Option<Kind>,
    path: Regex,
    to: String,
}

impl Serving {
    /// Compiles the rewrites.
    pub(crate) fn compile(
        manifest: &Manifest,
        source: &Source,
        folders: Vec<PathBuf>,
    ) -> Result<Serving, LoadError> {
        let rewrites = manifest.rewrites.iter().map(|entry| rewrite(entry, source));
        Ok(Serving { rewrites: rewrites.collect::<Result<_, _>>()?, folders })
    }

    /// The file that answers a request of a device.
    pub(crate) fn serve(
        &self,
        files: &Files,
        templates: &Templates,
        (device, identity): (&Device, &Value),
        request: &request::Kind,
    ) -> Result<ServeFileResponse, PluginError> {
        let named = |path: &String| self.find(files, templates, (device, identity), path);
        let paths = self.paths(request)?;
        let found = paths.iter().find_map(named);
        found.ok_or_else(|| PluginError::NotFound("there is no such file".to_owned()))
    }

    /// The file of exactly this path.
    fn find(
        &self,
        files: &Files,
        templates: &Templates,
        (device, identity): (&Device, &Value),
        path: &str,
    ) -> Option<ServeFileResponse> {
        let canonical = canonical_path(path);
        let names = |candidate: &str| canonical_path(candidate) == canonical;
        let of_device = files.device_paths(templates, device, identity);
        if let Some(own) = of_device.into_iter().find(|candidate| names(candidate)) {
            return Some(generated(own, Memory::ByDevice));
        }
        if let Some(common) = files.common_paths().find(|candidate| names(candidate)) {
            return Some(generated(common.to_owned(), Memory::ByPath));
        }
        // One look at a local folder, far cheaper than handing it to another thread.
        if self.folders.iter().any(|folder| folder.join(path).is_file()) {
            // For the device that has a generated file under this path, the answer is another.
            let memory = if files.may_be_of_a_device(path) { Memory::ByDevice } else { Memory::ByPath };
            return Some(served(path.to_owned(), memory));
        }
        None
    }

    /// The paths a request may be about, tidied: the one asked for, then what it is rewritten to.
    fn paths(&self, request: &request::Kind) -> Result<Vec<String>, PluginError> {
        let (kind, path) = match request {
            request::Kind::Http(http) => (Kind::Http, http.path.as_str()),
            request::Kind::Tftp(tftp) => (Kind::Tftp, tftp.filename.as_str()),
            request::Kind::Dhcp(_) => {
                return Err(PluginError::InvalidArgument("a DHCP request asks for no file".to_owned()));
            }
        };
        let path = path.trim_start_matches('/');
        let applies =
            |rewrite: &&Rewrite| rewrite.kind.is_none_or(|only| only == kind) && rewrite.path.is_match(path);
        let rewritten =
            self.rewrites.iter().find(applies).map(|rewrite| rewrite.path.replace(path, rewrite.to.as_str()));
        let rewritten = rewritten.and_then(|rewritten| paths::requested(&rewritten));
        Ok(paths::requested(path).into_iter().chain(rewritten).collect())
    }
}

fn generated(path: String, memory: Memory) -> ServeFileResponse {
    ServeFileResponse { answer: Some(Answer::Generated(GeneratedReference { path })), memory: memory.into() }
}

fn served(path: String, memory: Memory) -> ServeFileResponse {
    let answer = Answer::Served(ServedReference { path, media_type: String::new() });
    ServeFileResponse { answer: Some(answer), memory: memory.into() }
}

fn rewrite(entry: &RewriteEntry, source: &Source) -> Result<Rewrite, LoadError> {
    if let Some(kind) = entry.kind.as_ref().filter(|kind| *kind.get_ref() == Kind::Dhcp) {
        return Err(source.invalid(kind, "kind", "expected \"http\" or \"tftp\""));
    }
    let after_slash = entry.path.get_ref().strip_prefix("^/");
    if after_slash.is_some_and(|rest| !rest.starts_with(['*', '?'])) {
        return Err(source.invalid(
            &entry.path,
            "path",
            "leading slashes are removed before: drop the `/` after `^`",
        ));
    }
    let path = source.regex(&entry.path, "path")?;
    let to = entry.to.get_ref();
    if let Some(unknown) = unknown_group(&path, to) {
        return Err(source.invalid(&entry.to, "to", format!("`path` has no group `{unknown}`")));
    }
    Ok(Rewrite { kind: entry.kind.as_ref().map(|kind| *kind.get_ref()), path, to: to.clone() })
}

/// The first `${group}` that the expression does not have.
fn unknown_group<'t>(path: &Regex, to: &'t str) -> Option<&'t str> {
    let names = to.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let known = |name: &str| match name.parse::<usize>() {
        Ok(number) => number < path.captures_len(),
        Err(_) => path.capture_names().flatten().any(|group| group == name),
    };
    names.into_iter().find(|name| !known(name))
}
