//! Calls about configs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{ClientError, Listing, Resource};

/// Calls about configs.
#[derive(Debug)]
pub struct Configs(Resource);

impl Configs {
    pub(super) fn new(resource: Resource) -> Configs {
        Configs(resource)
    }

    /// Those that phones register with.
    pub async fn list_registrar(&self) -> Result<Value, ClientError> {
        self.list_of_type("registrar").await
    }

    /// Those that are templates of devices.
    pub async fn list_device(&self) -> Result<Value, ClientError> {
        self.list_of_type("device").await
    }

    async fn list_of_type(&self, kind: &str) -> Result<Value, ClientError> {
        let selector = BASE64_STANDARD.encode(json!({ "X_type": kind }).to_string());
        self.0.get("/configs", &[("q64".to_owned(), selector)]).await?.json()
    }

    /// `{"configs": […]}`
    pub async fn list(&self, listing: &Listing) -> Result<Value, ClientError> {
        self.0.get("/configs", &listing.parameters()).await?.json()
    }

    /// One document.
    pub async fn get(&self, id: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/configs/{id}"), &[]).await?.under("config")
    }

    /// What a config amounts to with all it inherits.
    pub async fn get_raw(&self, id: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/configs/{id}/raw"), &[]).await?.under("raw_config")
    }

    /// Stores a new one. Gives `{"id"}`.
    pub async fn create(&self, config: &Value) -> Result<Value, ClientError> {
        self.0.post("/configs", &json!({ "config": config })).await?.json()
    }

    /// Replaces the one whose `id` the document has.
    pub async fn update(&self, config: &Value) -> Result<(), ClientError> {
        let id = path_of(&config["id"]);
        self.0.put(&format!("/configs/{id}"), &json!({ "config": config })).await
    }

    /// Deletes one.
    pub async fn delete(&self, id: &str) -> Result<(), ClientError> {
        self.0.delete(&format!("/configs/{id}")).await
    }

    /// Makes one from the template. Gives `{"id"}`.
    pub async fn autocreate(&self) -> Result<Value, ClientError> {
        self.0.post("/autocreate", &json!({})).await?.json()
    }
}

/// An identifier as existing clients put it into a path: one that is missing becomes `None`.
pub(super) fn path_of(id: &Value) -> &str {
    id.as_str().unwrap_or("None")
}
