//! Calls about plugins, and the packages inside them.

use serde_json::{Value, json};

use super::{ClientError, OperationInProgress, Resource};

/// Calls about plugins.
#[derive(Debug)]
pub struct Plugins(Resource);

impl Plugins {
    pub(super) fn new(resource: Resource) -> Plugins {
        Plugins(resource)
    }

    /// `{"plugins": {id: {"links"}}}`
    pub async fn list(&self) -> Result<Value, ClientError> {
        self.0.get("/plugins", &[]).await?.json()
    }

    /// What a plugin says of itself.
    pub async fn get(&self, id: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/plugins/{id}/info"), &[]).await?.under("plugin_info")
    }

    /// `{"pkgs": {id: …}}`
    pub async fn list_installed(&self) -> Result<Value, ClientError> {
        self.0.get("/install/installed", &[]).await?.json()
    }

    /// `{"pkgs": {id: …}}`
    pub async fn list_installable(&self) -> Result<Value, ClientError> {
        self.0.get("/install/installable", &[]).await?.json()
    }

    /// Fetches the list of plugins.
    pub async fn update(&self) -> Result<OperationInProgress, ClientError> {
        self.0.begin("/install/update", &json!({})).await
    }

    /// Installs a plugin.
    pub async fn install(&self, id: &str) -> Result<OperationInProgress, ClientError> {
        self.0.begin("/install/install", &json!({ "id": id })).await
    }

    /// Upgrades a plugin.
    pub async fn upgrade(&self, id: &str) -> Result<OperationInProgress, ClientError> {
        self.0.begin("/install/upgrade", &json!({ "id": id })).await
    }

    /// Removes a plugin.
    pub async fn uninstall(&self, id: &str) -> Result<(), ClientError> {
        self.0.post("/install/uninstall", &json!({ "id": id })).await.map(drop)
    }

    /// Packages inside a plugin: `{"pkgs": {id: …}}`
    pub async fn packages_installed(&self, plugin: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/plugins/{plugin}/install/installed"), &[]).await?.json()
    }

    /// Packages that a plugin could have: `{"pkgs": {id: …}}`
    pub async fn packages_installable(&self, plugin: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/plugins/{plugin}/install/installable"), &[]).await?.json()
    }

    /// Installs a package inside a plugin.
    pub async fn install_package(
        &self,
        plugin: &str,
        package: &str,
    ) -> Result<OperationInProgress, ClientError> {
        self.0.begin(&format!("/plugins/{plugin}/install/install"), &json!({ "id": package })).await
    }

    /// Upgrades a package inside a plugin.
    pub async fn upgrade_package(
        &self,
        plugin: &str,
        package: &str,
    ) -> Result<OperationInProgress, ClientError> {
        self.0.begin(&format!("/plugins/{plugin}/install/upgrade"), &json!({ "id": package })).await
    }

    /// Removes a package from a plugin.
    pub async fn uninstall_package(&self, plugin: &str, package: &str) -> Result<(), ClientError> {
        let path = format!("/plugins/{plugin}/install/uninstall");
        self.0.post(&path, &json!({ "id": package })).await.map(drop)
    }
}
