//! Repositories of packages: which there are, what they offer as far as it is believed, and packages fetched from them.
//!
//! What one offers is known as of the last update, from a copy of its index that every use checks anew: whoever is not
//! trusted any more offers nothing.

mod fetching;
mod foreign;
mod found;
mod kept;
mod update;

use std::path::PathBuf;

use async_trait::async_trait;

use super::host::PluginHost;
use super::placing::Trust;
use super::repertoire::failed;
use crate::downloads::Proxies;
use crate::packages::{Address, Channel, Repository};
use crate::provisioning::installation::InstallationError;
use crate::provisioning::parameters::DownloadParameters;
use crate::provisioning::repositories::{PluginRepositories, Updated};

#[async_trait]
impl PluginRepositories for PluginHost {
    async fn repositories(&self) -> Result<Vec<String>, InstallationError> {
        Ok(self.sources().await?.iter().map(|repository| repository.address.to_string()).collect())
    }

    async fn update(&self, repository: &str) -> Result<Updated, InstallationError> {
        let sources = self.sources().await?;
        let source = sources.iter().find(|source| source.address.to_string() == repository);
        let source = source.ok_or_else(|| failed("it is no repository any more"))?;
        self.update_from(source).await
    }
}

impl PluginHost {
    /// Those of the settings, and that of the parameter.
    async fn sources(&self) -> Result<Vec<Repository>, InstallationError> {
        let mut sources = self.settings.repositories.clone();
        let parameters = DownloadParameters::read(&*self.store).await?;
        if let Some(server) = parameters.plugin_server {
            let address: Address = server.parse().map_err(|error| {
                InstallationError::Package(format!("the parameter plugin_server: {error}"))
            })?;
            let channel = Channel::default();
            sources.push(Repository { address, channel, keys: Vec::new() });
        }
        let mut known = Vec::new();
        sources.retain(|source| {
            let is_new = !known.contains(&source.address.to_string());
            known.push(source.address.to_string());
            is_new
        });
        Ok(sources)
    }

    /// Who is believed about a repository.
    fn trust_in(&self, repository: &Repository) -> Trust {
        if repository.keys.is_empty() {
            return self.settings.trust.clone();
        }
        Trust { keys: repository.keys.clone(), allow_unsigned: false }
    }

    /// Where what is known of a repository is kept.
    fn folder_of(&self, repository: &Repository) -> PathBuf {
        self.settings.data_dir.join("repositories").join(repository.address.folder())
    }

    async fn proxies(&self) -> Result<Proxies, InstallationError> {
        let parameters = DownloadParameters::read(&*self.store).await?;
        let (http, https) = (parameters.http_proxy.as_deref(), parameters.https_proxy.as_deref());
        Proxies::read(http, https).map_err(failed)
    }
}
