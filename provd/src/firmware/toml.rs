//! The form of definitions that new plugins use: `firmware.toml` in the plugin's folder, see `docs/plugins/firmware.md`. A
//! key that has no meaning is refused with its line.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::definition::{InvalidDefinition, Written, WrittenFile, WrittenPackage, WrittenStep};

/// Name of the file.
pub(super) const FILE: &str = "firmware.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    package: BTreeMap<String, Package>,
    #[serde(default)]
    file: BTreeMap<String, File>,
    #[serde(default)]
    install: BTreeMap<String, Vec<Step>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    version: String,
    description: String,
    #[serde(default)]
    descriptions: BTreeMap<String, String>,
    files: Vec<String>,
    install: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    depends: Vec<String>,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    hardware: Vec<String>,
    #[serde(default)]
    plugins: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    url: String,
    size: Option<u64>,
    sha256: Option<String>,
    sha1: Option<String>,
    name: Option<String>,
    #[serde(default)]
    protected: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    from: String,
    to: String,
    #[serde(rename = "do")]
    step: String,
    #[serde(default)]
    with: Vec<String>,
}

/// Reads the text of a `firmware.toml`.
pub(super) fn parse(text: &str) -> Result<Written, InvalidDefinition> {
    let wrong = |why: String| InvalidDefinition { place: format!("file {FILE}"), why };
    let document: Document = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let mut written = Written::default();
    for (id, package) in document.package {
        if package.install.is_none() && !package.arguments.is_empty() {
            return Err(wrong(format!("package {id}: arguments without an `install` that takes them")));
        }
        written.packages.insert(id, package.into());
    }
    written.files = document.file.into_iter().map(|(id, file)| (id, file.into())).collect();
    let steps = |steps: Vec<Step>| steps.into_iter().map(WrittenStep::from).collect();
    written.procedures = document.install.into_iter().map(|(id, list)| (id, steps(list))).collect();
    Ok(written)
}

impl From<Package> for WrittenPackage {
    fn from(package: Package) -> WrittenPackage {
        let Package { version, description, descriptions, files, install, arguments, .. } = package;
        let install = install.map(|procedure| (procedure, arguments));
        let Package { depends, models, hardware, plugins, .. } = package;
        WrittenPackage {
            version,
            description,
            descriptions,
            files,
            install,
            depends,
            models,
            hardware,
            plugins,
        }
    }
}

impl From<File> for WrittenFile {
    fn from(file: File) -> WrittenFile {
        let File { url, size, sha256, sha1, name, protected } = file;
        WrittenFile { url, size, sha256, sha1, name, is_protected: protected }
    }
}

impl From<Step> for WrittenStep {
    fn from(Step { from, to, step, with }: Step) -> WrittenStep {
        WrittenStep { from, to, words: std::iter::once(step).chain(with).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[package.6731i-fw]
version = "3.3.1"
description = "Firmware for Aastra 6731i"
files = ["fw"]
install = "aastra"
arguments = ["6731i"]
models = ["6731i"]
hardware = ["A0", "A1"]

[file.fw]
url = "https://vendor.example/fw.zip"
size = 2048
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"

[install]
aastra = [
    { from = "a", to = "b", do = "unzip", with = ["$FILE1"] },
    { from = "b", to = "c", do = "cp", with = ["$ARG1.st", "Aastra/"] },
]
"#;

    #[test]
    fn a_definition_is_read() {
        let definitions = parse(TEXT).unwrap().resolve("aastra").unwrap();
        let package = &definitions["6731i-fw"];
        assert_eq!((package.models.as_slice(), package.hardware.len()), (["6731i".to_owned()].as_slice(), 2));
        assert_eq!((package.files[0].size, package.graph.steps.len()), (Some(2048), 2));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let why = |from: &str, to: &str| parse(&TEXT.replace(from, to)).unwrap_err().to_string();
        assert!(why("size = 2048", "sise = 2048").contains("sise"));
        assert!(why("version = \"3.3.1\"", "").contains("version"));
        assert!(why("size = 2048", "size = 'x'").contains("line 13"));
        assert!(why("install = \"aastra\"", "").contains("arguments without"));
    }
}
