//! The other server's plugins: each folder becomes a package, which is installed as any other. A plugin of the same id and version
//! that is here already stays, and so does a family of provd's own.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::origin::Origin;
use super::report::{Outcome, PluginLine, Problem};
use crate::cli::client::{Client, segment};
use crate::cli::failure::Failure;
use crate::cli::operation::{follow, has_failed};
use crate::cli::table::{field, items};
use crate::packages::{
    self, BUNDLED, Files, Foreign, Manifest, SigningKey, Tftpboot, compare_versions, entries,
};

const TFTPBOOT: &str = "var/tftpboot";
/// Where the password of a key is, if it has one.
const PASSWORD: &str = "PROVD_KEY_PASSWORD";

/// A folder of a plugin.
#[derive(Debug)]
pub(super) struct Plugin {
    pub(super) id: String,
    /// Without links.
    pub(super) folder: PathBuf,
    /// What it is, or why it is none.
    pub(super) foreign: Result<Foreign, String>,
}

impl Plugin {
    /// The files that its package has.
    pub(super) fn files(&self) -> Files {
        self.foreign.as_ref().map(|foreign| foreign.files.clone()).unwrap_or_default()
    }
}

/// All folders of plugins, by id.
pub(super) fn read(origin: &Origin) -> Vec<Plugin> {
    let folders = entries(&origin.storage.join("plugins")).unwrap_or_default();
    let mut plugins = Vec::new();
    for folder in folders.into_iter().filter_map(|folder| folder.canonicalize().ok()) {
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !folder.is_dir() || id.starts_with('.') {
            continue;
        }
        let foreign = Foreign::in_folder(&folder, Tftpboot::Used).map_err(|error| error.to_string());
        let foreign = foreign.map(|foreign| with_shipped(foreign, &folder, origin.cache.as_deref()));
        plugins.push(Plugin { id, folder, foreign });
    }
    plugins
}

/// Files of `var/tftpboot` that the plugin was published with, as its downloaded package says, if they are still as they were.
fn with_shipped(mut foreign: Foreign, folder: &Path, cache: Option<&Path>) -> Foreign {
    let archive =
        cache.map(|cache| cache.join(format!("{}-{}.tar.bz2", foreign.id, foreign.manifest.version)));
    let bytes = archive.and_then(|archive| fs::read(archive).ok());
    let Some(published) = bytes.and_then(|bytes| Foreign::in_archive(&bytes).ok()) else { return foreign };
    if published.id == foreign.id && published.manifest.version == foreign.manifest.version {
        let is_shipped = |path: &Path, content: &[u8]| {
            path.starts_with(TFTPBOOT) && fs::read(folder.join(path)).is_ok_and(|here| here == content)
        };
        foreign.files.extend(published.files.into_iter().filter(|(path, content)| is_shipped(path, content)));
    }
    foreign
}

/// The plugins of this server.
pub(super) struct Plugins<'a> {
    client: &'a Client,
    /// Versions by id.
    installed: HashMap<String, String>,
    key: Option<SigningKey>,
}

impl<'a> Plugins<'a> {
    /// Asks which there are. `key` signs packages.
    pub(super) async fn of(client: &'a Client, key: Option<&Path>) -> Result<Plugins<'a>, Failure> {
        let document = client.get("/pg_mgr/install/installed").await?;
        let packages = document.get("pkgs").and_then(Value::as_object);
        let packages = packages.ok_or_else(|| client.not_provd("it lists no plugins"))?;
        let installed =
            packages.iter().map(|(id, package)| (id.clone(), field(package, "version"))).collect();
        Ok(Plugins { client, installed, key: key.map(signing_key).transpose()? })
    }

    /// Their ids.
    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.installed.keys()
    }

    /// Installs a plugin if it is not here, unless it is but a trial.
    pub(super) async fn take(&self, plugin: &Plugin, dry_run: bool) -> Result<PluginLine, Failure> {
        let line = |version: Option<&str>, outcome, reason| PluginLine {
            id: plugin.id.clone(),
            version: version.map(str::to_owned),
            outcome,
            reason,
        };
        let foreign = match &plugin.foreign {
            Ok(foreign) => foreign,
            Err(why) => return Ok(line(None, Outcome::Failed, Some(why.clone()))),
        };
        let version = Some(foreign.manifest.version.as_str());
        let (outcome, reason) = self.decide(foreign);
        if outcome == Outcome::Present {
            return Ok(line(version, outcome, reason));
        }
        let installed = match self.package(foreign) {
            Err(why) => Err(why),
            Ok(_) if dry_run => Ok(()),
            Ok((package, signature)) => self.install(package, signature).await?,
        };
        Ok(match installed {
            Ok(()) => line(version, outcome, reason),
            Err(why) => line(version, Outcome::Failed, Some(why)),
        })
    }

    fn decide(&self, foreign: &Foreign) -> (Outcome, Option<String>) {
        let Some(here) = self.installed.get(&foreign.id) else { return (Outcome::New, None) };
        let instead = || Some(format!("version {here} is here"));
        match compare_versions(&foreign.manifest.version, here) {
            _ if is_bundled(&foreign.id) => (Outcome::Present, Some("it is one of provd's own".to_owned())),
            Ordering::Equal => (Outcome::Present, None),
            Ordering::Less => (Outcome::Present, instead()),
            Ordering::Greater => (Outcome::Replaced, instead()),
        }
    }

    /// The bytes of a package, and its signature if there is a key.
    fn package(&self, foreign: &Foreign) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
        let Foreign { id, manifest, files } = foreign;
        let mut bytes = Vec::new();
        packages::write(id, manifest, files, &mut bytes).map_err(|error| error.to_string())?;
        let name = format!("{id}_{}{}", manifest.version, packages::EXTENSION);
        let signature = self.key.as_ref().map(|key| key.sign(&bytes, &name)).transpose();
        let signature = signature.map_err(|error| error.to_string())?.map(String::into_bytes);
        Ok((bytes, signature))
    }

    async fn install(
        &self,
        package: Vec<u8>,
        signature: Option<Vec<u8>>,
    ) -> Result<Result<(), String>, Failure> {
        let sent = self.client.send_package("/pg_mgr/install/package", package, signature).await;
        let operation = match sent {
            Ok(path) => follow(&path, self.client).await?,
            Err(refusal @ Failure::Refused { .. }) => return Ok(Err(refusal.to_string())),
            Err(failure) => return Err(failure),
        };
        Ok(if has_failed(&operation) { Err(field(&operation, "reason")) } else { Ok(()) })
    }

    /// Has a plugin whose templates changed generate its files anew.
    pub(super) async fn restart(&self, id: &str) -> Result<Option<Problem>, Failure> {
        match self.client.post(&format!("/pg_mgr/plugins/{}/restart", segment(id)), &json!({})).await {
            Ok(_) => Ok(None),
            Err(refusal @ Failure::Refused { .. }) => {
                let why = format!("its templates are taken over, but it could not be restarted: {refusal}");
                Ok(Some(Problem::refused("plugin", id, why)))
            }
            Err(failure) => Err(failure),
        }
    }

    /// What the plugins of these lines need to be permitted.
    pub(super) async fn denied(&self, lines: &[PluginLine]) -> Result<Vec<Problem>, Failure> {
        let document = self.client.get("/pg_mgr/states").await?;
        let mut problems = Vec::new();
        for state in items(&document, "states") {
            let id = field(state, "id");
            let denied = state.get("sandbox").map(|sandbox| items(sandbox, "denied")).unwrap_or_default();
            if denied.is_empty() || !lines.iter().any(|line| line.id == id) {
                continue;
            }
            let names: Vec<&str> = denied.iter().filter_map(Value::as_str).collect();
            let why =
                format!("it asks for {}, which [sandbox] of the settings does not grant", names.join(", "));
            problems.push(Problem::taken("plugin", &id, why));
        }
        Ok(problems)
    }
}

fn is_bundled(id: &str) -> bool {
    let manifests = BUNDLED.dirs().filter_map(|family| family.get_file(family.path().join("plugin.toml")));
    let mut manifests = manifests.filter_map(|file| Manifest::parse(file.contents_utf8()?).ok());
    manifests.any(|manifest| manifest.ids.iter().any(|known| known == id))
}

fn signing_key(file: &Path) -> Result<SigningKey, Failure> {
    let wrong = |why: String| Failure::File { path: file.to_owned(), why };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    SigningKey::parse(&text, std::env::var(PASSWORD).ok()).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use bzip2::Compression;
    use bzip2::write::BzEncoder;

    use super::*;

    const INFO: &str = r#"{"version": "1.2.1", "description": "Acme", "capabilities": {}}"#;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(BzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        let mut compressed = archive.into_inner().unwrap();
        compressed.flush().unwrap();
        compressed.finish().unwrap()
    }

    #[test]
    fn what_a_plugin_was_published_with_is_part_of_it() {
        let disk = tempfile::tempdir().unwrap();
        let folder = disk.path().join("plugins/acme-1.0");
        fs::create_dir_all(folder.join(TFTPBOOT).join("Acme/logs")).unwrap();
        fs::create_dir(disk.path().join("plugins/half")).unwrap();
        let (entry, info) = (("entry.py", "pass"), ("plugin-info", INFO));
        let served = [("var/tftpboot/ring.lang", "ring"), ("var/tftpboot/logo.bmp", "mine")];
        for (name, content) in [entry, info].iter().chain(&served) {
            fs::write(folder.join(name), content).unwrap();
        }
        let published = archive(&[
            ("acme-1.0/entry.py", "pass"),
            ("acme-1.0/plugin-info", INFO),
            ("acme-1.0/var/tftpboot/ring.lang", "ring"),
            ("acme-1.0/var/tftpboot/logo.bmp", "theirs"),
        ]);
        fs::write(disk.path().join("acme-1.0-1.2.1.tar.bz2"), published).unwrap();
        let origin = |cache| Origin { storage: disk.path().to_owned(), settings: None, cache };
        let read = |cache| super::read(&origin(cache));
        let plugins = read(Some(disk.path().to_owned()));
        let names: Vec<_> = plugins[0].files().into_keys().filter(|path| path.starts_with("var")).collect();
        let expected = ["var/tftpboot/Acme/logs/.keep", "var/tftpboot/ring.lang"];
        assert_eq!(names, expected.map(Path::new), "folders are, what somebody changed is not");
        assert!(plugins[1].foreign.as_ref().is_err_and(|why| why.contains("entry.py")), "{plugins:?}");
        assert!(!read(None)[0].files().contains_key(Path::new("var/tftpboot/ring.lang")));
    }

    #[test]
    fn families_of_this_program_are_known() {
        assert!(is_bundled("aastra-3.2.2.1136") && !is_bundled("wazo-aastra-3.3.1-SP4"));
    }
}
