//! What there is to install of a plugin, and what is installed.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Definitions, Package, RemoteFile};
use super::installation::{Firmware, in_background};
use super::record::{Record, fingerprint};
use super::store::Store;
use crate::downloads::Digest;
use crate::provisioning::firmware::{FirmwareError, FirmwareFile, FirmwarePackage, InstalledFirmware};

impl Firmware {
    /// All packages of a plugin, by id.
    pub(super) async fn listed(&self, plugin: &str) -> Result<Vec<FirmwarePackage>, FirmwareError> {
        let (definitions, records) = (self.definitions(plugin).await?, self.records(plugin).await?);
        let (store, plugin) = (self.store.clone(), plugin.to_owned());
        in_background(move || list(&store, &plugin, &definitions, &records)).await
    }
}

fn list(
    store: &Store,
    plugin: &str,
    definitions: &Definitions,
    records: &BTreeMap<String, Record>,
) -> Vec<FirmwarePackage> {
    let ids: BTreeSet<&String> = definitions.keys().chain(records.keys()).collect();
    let describe = |id: &String| {
        let (offered, record) = (definitions.get(id), records.get(id));
        let described = match (offered, record) {
            (Some(package), _) => offer(store, plugin, package),
            (None, Some(record)) => kept(plugin, id, record),
            (None, None) => return None,
        };
        let installed = record.map(|record| InstalledFirmware {
            version: record.version.clone(),
            at: record.at,
            is_explicit: record.is_explicit,
            is_current: offered.is_some_and(|package| fingerprint(package) == record.fingerprint),
            paths: record.paths.clone(),
        });
        Some(FirmwarePackage { installed, ..described })
    };
    ids.into_iter().filter_map(describe).collect()
}

fn offer(store: &Store, plugin: &str, package: &Package) -> FirmwarePackage {
    FirmwarePackage {
        plugin: plugin.to_owned(),
        id: package.id.clone(),
        offered: Some(package.version.clone()),
        installed: None,
        description: package.description.clone(),
        descriptions: package.descriptions.clone(),
        files: package.files.iter().map(|file| describe(store, file)).collect(),
        depends: package.depends.clone(),
        models: package.models.clone(),
        hardware: package.hardware.clone(),
    }
}

/// What is installed, and not offered any more.
fn kept(plugin: &str, id: &str, record: &Record) -> FirmwarePackage {
    FirmwarePackage {
        plugin: plugin.to_owned(),
        id: id.to_owned(),
        offered: None,
        installed: None,
        description: record.description.clone(),
        descriptions: record.descriptions.clone(),
        files: Vec::new(),
        depends: record.depends.clone(),
        models: record.models.clone(),
        hardware: record.hardware.clone(),
    }
}

fn describe(store: &Store, file: &RemoteFile) -> FirmwareFile {
    let here = store.find(&file.digest, file.size);
    let (sha256, sha1) = match &file.digest {
        Digest::Sha256(sha256) => (Some(sha256.clone()), None),
        Digest::Sha1(sha1) => (here.as_ref().map(|kept| kept.sha256.clone()), Some(sha1.clone())),
    };
    FirmwareFile {
        name: file.name.clone(),
        url: file.without_password().to_string(),
        size: file.size,
        sha256,
        sha1,
        is_present: here.is_some(),
    }
}
