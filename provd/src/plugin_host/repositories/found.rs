//! What repositories offer, and which of it is newer than what came with the program.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::super::host::PluginHost;
use super::super::placing::Trust;
use super::super::repertoire::in_background;
use super::foreign::ForeignOffer;
use super::kept::{Kept, Listed};
use crate::packages::{Offer, Repository, compare_versions};
use crate::provisioning::installation::{InstallationError, PluginOffer};
use crate::provisioning::repositories::Origin;

/// A plugin that a repository offers.
#[derive(Debug, Clone)]
pub(in super::super) struct Found {
    pub(super) id: String,
    pub(super) version: String,
    description: String,
    capabilities: Map<String, Value>,
    pub(super) origin: Origin,
    pub(super) repository: Repository,
    pub(super) file: OfferedFile,
}

/// The file a plugin is in.
#[derive(Debug, Clone)]
pub(super) enum OfferedFile {
    /// A package.
    Package(Offer),
    /// An archive as wazo-provd has them.
    Archive(ForeignOffer),
}

impl Found {
    fn is_foreign(&self) -> bool {
        matches!(self.file, OfferedFile::Archive(_))
    }

    /// Whether it is to be preferred to a version in provd's own format. What nobody can have signed is preferred to nothing.
    fn is_newer_than(&self, version: &str) -> bool {
        !self.is_foreign() && compare_versions(&self.version, version).is_gt()
    }

    /// Whether it is to be preferred to what another repository offers.
    fn is_better_than(&self, known: &Found) -> bool {
        if self.is_foreign() == known.is_foreign() {
            compare_versions(&self.version, &known.version).is_gt()
        } else {
            known.is_foreign()
        }
    }
}

impl PluginHost {
    /// What there is by id: each plugin as the program or a repository has it, whichever is newer.
    pub(in super::super) async fn with_repositories(
        &self,
        bundled: Vec<PluginOffer>,
    ) -> Result<Vec<PluginOffer>, InstallationError> {
        let mut offers: BTreeMap<String, PluginOffer> =
            bundled.into_iter().map(|offer| (offer.id.clone(), offer)).collect();
        for found in self.newest().await?.into_values() {
            let known = offers.remove(&found.id);
            let offer = match known {
                Some(known) if !found.is_newer_than(&known.version) => known,
                known => self.offer_of(found, known),
            };
            offers.insert(offer.id.clone(), offer);
        }
        Ok(offers.into_values().collect())
    }

    /// What repositories offer of one plugin, if that is newer than what the program has.
    pub(in super::super) async fn found(
        &self,
        plugin: &str,
        bundled: Option<&str>,
    ) -> Result<Option<Found>, InstallationError> {
        let found = self.newest().await?.remove(plugin);
        Ok(found.filter(|found| bundled.is_none_or(|version| found.is_newer_than(version))))
    }

    fn offer_of(&self, found: Found, known: Option<PluginOffer>) -> PluginOffer {
        let installed = self.find(&found.id);
        let is_there =
            installed.as_ref().is_some_and(|entry| compare_versions(&entry.version, &found.version).is_ge());
        let capabilities = match (installed, known) {
            (Some(entry), _) => entry.shared.snapshot().capabilities,
            (None, Some(known)) => known.capabilities,
            (None, None) => found.capabilities,
        };
        PluginOffer {
            id: found.id,
            version: found.version,
            description: found.description,
            capabilities,
            is_installed: is_there,
            origin: Some(found.origin),
        }
    }

    /// The newest version of each plugin in all repositories; of the same version that of the repository named first.
    async fn newest(&self) -> Result<BTreeMap<String, Found>, InstallationError> {
        let sources = self.sources().await.unwrap_or_else(|error| {
            tracing::warn!("Repositories are left out: {error}");
            self.settings.repositories.clone()
        });
        let sources: Vec<_> = sources
            .into_iter()
            .map(|source| (self.folder_of(&source), self.trust_in(&source), source))
            .collect();
        let found = in_background(move || {
            sources
                .into_iter()
                .flat_map(|(folder, trust, source)| read(&folder, &trust, &source))
                .collect::<Vec<_>>()
        });
        let mut newest: BTreeMap<String, Found> = BTreeMap::new();
        for found in found.await? {
            if newest.get(&found.id).is_none_or(|known| found.is_better_than(known)) {
                newest.insert(found.id.clone(), found);
            }
        }
        Ok(newest)
    }
}

/// What one repository offers to those who follow its channel.
fn read(folder: &Path, trust: &Trust, repository: &Repository) -> Vec<Found> {
    let Some(kept) = Kept::read(folder) else { return Vec::new() };
    match kept.list(trust) {
        Ok(Listed::Provd { index, is_signed }) => {
            let offered = index.packages.into_iter().filter(|offer| repository.channel.offers(offer.channel));
            offered.map(|offer| packaged(offer, is_signed, repository)).collect()
        }
        Ok(Listed::Foreign(offers)) => offers.into_iter().map(|offer| foreign(offer, repository)).collect(),
        Err(why) => {
            tracing::warn!("What the repository {} offered is left out: {why}", repository.address);
            Vec::new()
        }
    }
}

fn packaged(offer: Offer, is_signed: bool, repository: &Repository) -> Found {
    Found {
        id: offer.id.clone(),
        version: offer.version.clone(),
        description: offer.description.clone(),
        capabilities: Map::new(),
        origin: Origin {
            repository: repository.address.to_string(),
            channel: offer.channel.as_str(),
            is_signed,
            is_foreign: false,
        },
        repository: repository.clone(),
        file: OfferedFile::Package(offer),
    }
}

fn foreign(offer: ForeignOffer, repository: &Repository) -> Found {
    let ForeignOffer { id, version, description, capabilities, .. } = offer.clone();
    let origin = Origin {
        repository: repository.address.to_string(),
        channel: repository.channel.as_str(),
        is_signed: false,
        is_foreign: true,
    };
    let file = OfferedFile::Archive(offer);
    Found { id, version, description, capabilities, origin, repository: repository.clone(), file }
}
