//! What a plugin declares: packages, the files they are made of, and how those become what phones fetch.
//!
//! Both written forms end here. A definition is checked whole: what is refused when a package is installed was not wrong when
//! its plugin was read.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::Url;

use super::graph::Graph;
use super::variables::Variables;
use crate::downloads::Digest;

/// Packages by their identifiers.
pub(super) type Definitions = BTreeMap<String, Package>;

/// Firmware or a language of phones, as it can be installed.
#[derive(Debug, Clone)]
pub(super) struct Package {
    /// Its identifier within the plugin.
    pub(super) id: String,
    /// Version of what is in it.
    pub(super) version: String,
    /// One line about it.
    pub(super) description: String,
    /// The same in other languages, by `fr` or `fr_FR`.
    pub(super) descriptions: BTreeMap<String, String>,
    /// What is downloaded, in the order of `$FILE1`, `$FILE2`.
    pub(super) files: Vec<RemoteFile>,
    /// What becomes of it.
    pub(super) graph: Graph,
    /// Packages of the same plugin that are installed with it.
    pub(super) depends: Vec<String>,
    /// Models it is for; empty: unknown.
    pub(super) models: Vec<String>,
    /// Hardware revisions it is for; empty: all, or unknown.
    pub(super) hardware: Vec<String>,
}

/// A file of a vendor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteFile {
    /// Its name while it is worked on.
    pub(super) name: String,
    /// Where it is.
    pub(super) url: Url,
    /// Its size in bytes, if it is stated.
    pub(super) size: Option<u64>,
    /// What it is.
    pub(super) digest: Digest,
    /// Whether its vendor wants a name and a password, which only a person has.
    pub(super) is_protected: bool,
}

impl RemoteFile {
    /// Where it is, for people to read.
    pub(super) fn without_password(&self) -> Url {
        let mut url = self.url.clone();
        // A URL over HTTP can do without both.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        url
    }
}

/// Why a definition is refused: the section, and what is wrong there.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{place}: {why}")]
pub struct InvalidDefinition {
    /// `file firmware.toml`, `package 6731i-fw`
    pub place: String,
    /// What is wrong, in words that say what is expected.
    pub why: String,
}

/// What is written, in either form, before anything that it refers to was looked for.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) packages: BTreeMap<String, WrittenPackage>,
    pub(super) files: BTreeMap<String, WrittenFile>,
    pub(super) procedures: BTreeMap<String, Vec<WrittenStep>>,
}

#[derive(Debug, Default)]
pub(super) struct WrittenPackage {
    pub(super) version: String,
    pub(super) description: String,
    pub(super) descriptions: BTreeMap<String, String>,
    pub(super) files: Vec<String>,
    /// The procedure and its arguments; none: the files are what phones fetch.
    pub(super) install: Option<(String, Vec<String>)>,
    pub(super) depends: Vec<String>,
    pub(super) models: Vec<String>,
    pub(super) hardware: Vec<String>,
    /// Plugins of the family that have it; empty: all.
    pub(super) plugins: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct WrittenFile {
    pub(super) url: String,
    pub(super) size: Option<u64>,
    pub(super) sha256: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) name: Option<String>,
    pub(super) is_protected: bool,
}

/// `from-to: step argument argument`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenStep {
    pub(super) from: String,
    pub(super) to: String,
    /// The step and its arguments, variables not replaced.
    pub(super) words: Vec<String>,
}

impl Written {
    /// Takes what another file of the same plugin says. What both define is refused.
    pub(super) fn join(&mut self, other: Written) -> Result<(), InvalidDefinition> {
        join(&mut self.packages, other.packages, "package")?;
        join(&mut self.files, other.files, "file")?;
        join(&mut self.procedures, other.procedures, "install")
    }

    /// Checks everything, and gives the packages that one plugin of the family has.
    pub(super) fn resolve(&self, plugin: &str) -> Result<Definitions, InvalidDefinition> {
        let mut definitions = Definitions::new();
        for (id, written) in &self.packages {
            let package = self.package(id, written).map_err(at("package", id))?;
            if written.plugins.is_empty() || written.plugins.iter().any(|has| has == plugin) {
                definitions.insert(id.clone(), package);
            }
        }
        for package in definitions.values() {
            for needed in &package.depends {
                if !definitions.contains_key(needed) {
                    return Err(at("package", &package.id)(format!(
                        "it depends on {needed}, which is no package of this plugin"
                    )));
                }
            }
        }
        Ok(definitions)
    }

    fn package(&self, id: &str, written: &WrittenPackage) -> Result<Package, String> {
        check_name(id)?;
        let files = written.files.iter().map(|file| self.file(file)).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() {
            return Err("files: expected at least one file".to_owned());
        }
        let mut names = BTreeSet::new();
        if let Some(twice) = files.iter().find(|file| !names.insert(file.name.clone())) {
            return Err(format!("two of its files are called {}; give one another name", twice.name));
        }
        Ok(Package {
            id: id.to_owned(),
            version: written.version.clone(),
            description: written.description.clone(),
            descriptions: written.descriptions.clone(),
            graph: self.graph(written, &files)?,
            files,
            depends: written.depends.clone(),
            models: written.models.clone(),
            hardware: written.hardware.clone(),
        })
    }

    fn graph(&self, written: &WrittenPackage, files: &[RemoteFile]) -> Result<Graph, String> {
        let Some((procedure, arguments)) = &written.install else { return Ok(Graph::default()) };
        let steps = self.procedures.get(procedure);
        let steps = steps.ok_or_else(|| format!("install: there is no procedure {procedure}"))?;
        let names = files.iter().map(|file| file.name.as_str());
        Graph::new(steps, &Variables::new(names, arguments))
            .map_err(|why| format!("install {procedure}: {why}"))
    }

    fn file(&self, id: &str) -> Result<RemoteFile, String> {
        let written = self.files.get(id).ok_or_else(|| format!("files: there is no file {id}"))?;
        resolve_file(written).map_err(|why| format!("file {id}: {why}"))
    }
}

fn resolve_file(written: &WrittenFile) -> Result<RemoteFile, String> {
    let url = Url::parse(&written.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| format!("url: `{}`: expected http:// or https://", written.url))?;
    let digest = match (&written.sha256, &written.sha1) {
        (Some(sha256), _) => {
            Digest::Sha256(hexadecimal(sha256, 64).ok_or("sha256: expected 64 hexadecimal digits")?)
        }
        (None, Some(sha1)) => {
            Digest::Sha1(hexadecimal(sha1, 40).ok_or("sha1: expected 40 hexadecimal digits")?)
        }
        (None, None) => return Err("expected its sha256, or at least its sha1".to_owned()),
    };
    let of_url = || {
        let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        percent_decode_str(last).decode_utf8_lossy().into_owned()
    };
    let name = written.name.clone().unwrap_or_else(of_url);
    check_name(&name).map_err(|why| format!("name: {why}"))?;
    Ok(RemoteFile { name, url, size: written.size, digest, is_protected: written.is_protected })
}

fn hexadecimal(text: &str, length: usize) -> Option<String> {
    let is_right = text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_right.then(|| text.to_ascii_lowercase())
}

/// What becomes the name of a file or folder must lead nowhere else, and fit.
fn check_name(name: &str) -> Result<(), String> {
    let is_wrong = name.is_empty()
        || name.starts_with('.')
        || name.len() > 150
        || name.chars().any(|character| character == '/' || character == '\\' || character.is_control());
    if is_wrong {
        return Err(format!("`{}` is not usable as the name of a file", name.escape_debug()));
    }
    Ok(())
}

fn join<T>(
    into: &mut BTreeMap<String, T>,
    from: BTreeMap<String, T>,
    kind: &str,
) -> Result<(), InvalidDefinition> {
    for (id, value) in from {
        if into.contains_key(&id) {
            return Err(at(kind, &id)("it is defined twice".to_owned()));
        }
        into.insert(id, value);
    }
    Ok(())
}

fn at<'a>(kind: &'a str, id: &'a str) -> impl Fn(String) -> InvalidDefinition + 'a {
    move |why| InvalidDefinition { place: format!("{kind} {id}"), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Written {
        let file = WrittenFile {
            url: "https://vendor.example/a%20b.zip".to_owned(),
            sha1: Some("A".repeat(40)),
            ..WrittenFile::default()
        };
        let package = WrittenPackage { files: vec!["f".to_owned()], ..WrittenPackage::default() };
        let mut written = Written::default();
        written.files.insert("f".to_owned(), file);
        written.packages.insert("p".to_owned(), package);
        written
    }

    fn why(change: impl FnOnce(&mut WrittenPackage, &mut WrittenFile)) -> String {
        let mut written = written();
        change(written.packages.get_mut("p").unwrap(), written.files.get_mut("f").unwrap());
        written.resolve("x").unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_called_as_its_url_ends() {
        let definitions = written().resolve("x").unwrap();
        let file = &definitions["p"].files[0];
        assert_eq!((file.name.as_str(), &file.digest), ("a b.zip", &Digest::Sha1("a".repeat(40))));
        let url = Url::parse("https://u:secret@vendor.example/f?v=1").unwrap();
        let shown = RemoteFile { url, ..file.clone() }.without_password();
        assert_eq!(shown.as_str(), "https://vendor.example/f?v=1");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(why(|package, _| package.files.clear()).contains("at least one file"));
        assert!(why(|package, _| package.files.push("g".to_owned())).contains("there is no file g"));
        assert!(why(|package, _| package.files.push("f".to_owned())).contains("two of its files"));
        assert!(why(|package, _| package.depends.push("q".to_owned())).contains("depends on q"));
        assert!(
            why(|package, _| package.install = Some(("i".to_owned(), vec![]))).contains("no procedure i")
        );
        assert!(why(|_, file| file.url = "ftp://a/b".to_owned()).contains("http://"));
        assert!(why(|_, file| file.url = "https://a/".to_owned()).contains("name"));
        assert!(why(|_, file| file.name = Some("../x".to_owned())).contains("../x"));
        assert!(why(|_, file| file.sha1 = None).contains("sha256"));
        assert!(why(|_, file| file.sha1 = Some("12".to_owned())).contains("40"));
    }

    #[test]
    fn a_family_may_give_packages_to_some_of_its_plugins() {
        let mut written = written();
        written.packages.get_mut("p").unwrap().plugins = vec!["x".to_owned()];
        assert_eq!((written.resolve("x").unwrap().len(), written.resolve("y").unwrap().len()), (1, 0));
    }

    #[test]
    fn two_files_do_not_define_the_same() {
        assert!(written().join(written()).unwrap_err().to_string().contains("twice"));
    }
}
