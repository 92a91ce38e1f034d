//! Learning what repositories offer, as an operation. Where they are and what is believed of them is the business of
//! [`PluginRepositories`].

use std::sync::Arc;

use async_trait::async_trait;

use super::Provisioning;
use super::installation::InstallationError;
use super::many::Running;
use super::operations::Worker;
use super::plugins::PluginAdministration;

/// Where updates of what is offered are in REST.
pub const UPDATE: &str = "/0.2/pg_mgr/install/update";

/// The one word by which programs for 0.2 know them.
const LABEL: &str = "update";
/// New packages that are named; the others are counted.
const NAMED: usize = 10;

/// From where a plugin is offered, if it did not come with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// URL of the repository, without a password.
    pub repository: String,
    /// `stable` or `testing`.
    pub channel: &'static str,
    /// Whether somebody trusted signed the offer.
    pub is_signed: bool,
    /// Whether it is in the format of another system, and cannot be installed here.
    pub is_foreign: bool,
}

/// What a repository offers since it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// How many packages it has.
    pub packages: usize,
    /// Those that it had not the last time: `aastra-3.2.2.1136 1.2.0`.
    pub new: Vec<String>,
}

/// Repositories of plugins. Implemented by `plugin_host`.
#[async_trait]
pub trait PluginRepositories: Send + Sync {
    /// All of them by their URLs, which hold no password.
    async fn repositories(&self) -> Result<Vec<String>, InstallationError>;
    /// Asks one what it offers. What is not believed changes nothing of what it offered before.
    async fn update(&self, repository: &str) -> Result<Updated, InstallationError>;
}

impl Provisioning {
    /// Asks all repositories what they offer. One that is away or not believed makes the operation fail, but keeps nobody
    /// from the others.
    ///
    /// # Errors
    ///
    /// There are no repositories.
    pub async fn update_offers(
        &self,
        plugins: Arc<dyn PluginAdministration>,
    ) -> Result<Running, InstallationError> {
        let repositories = plugins.repositories().await?;
        if repositories.is_empty() {
            return Err(InstallationError::NoRepository);
        }
        let (what, end) = ("ask repositories for plugins".to_owned(), repositories.len() as u64);
        Ok(self.operations.run(UPDATE, what, Some(end), |worker| {
            worker.label(LABEL);
            async move { update_all(&*plugins, &repositories, &worker).await }
        }))
    }
}

async fn update_all(
    plugins: &dyn PluginAdministration,
    repositories: &[String],
    worker: &Worker,
) -> Result<Option<String>, String> {
    let (mut all, mut refusals) = (Updated::default(), Vec::new());
    for repository in repositories {
        match plugins.update(repository).await {
            Ok(updated) => {
                all.packages += updated.packages;
                all.new.extend(updated.new);
            }
            Err(error) => {
                tracing::warn!("What the repository {repository} offers stays as it was: {error}");
                refusals.push(format!("{repository}: {error}"));
            }
        }
        worker.advance();
    }
    if refusals.is_empty() { Ok(Some(all.to_string())) } else { Err(refusals.join("; ")) }
}

impl std::fmt::Display for Updated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = self.new.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        match self.packages {
            1 => f.write_str("1 package is offered")?,
            packages => write!(f, "{packages} packages are offered")?,
        }
        match self.new.len() {
            0 => f.write_str(", none of them new"),
            new if new > NAMED => write!(f, ", new of them {named} and {} more", new - NAMED),
            _ => write!(f, ", new of them {named}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_named() {
        let updated = |new: usize| {
            Updated { packages: 20, new: (0..new).map(|n| format!("p{n} 1")).collect() }.to_string()
        };
        assert_eq!(updated(0), "20 packages are offered, none of them new");
        assert_eq!(updated(2), "20 packages are offered, new of them p0 1, p1 1");
        assert!(updated(12).ends_with(", p9 1 and 2 more"));
    }
}
