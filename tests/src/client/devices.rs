//! Calls about devices.

use serde_json::{Value, json};

use super::configs::path_of;
use super::{ClientError, Listing, OperationInProgress, Resource};

/// Calls about devices.
#[derive(Debug)]
pub struct Devices(Resource);

impl Devices {
    pub(super) fn new(resource: Resource) -> Devices {
        Devices(resource)
    }

    /// `{"devices": […]}`
    pub async fn list(&self, listing: &Listing) -> Result<Value, ClientError> {
        self.0.get("/devices", &listing.parameters()).await?.json()
    }

    /// One document.
    pub async fn get(&self, id: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/devices/{id}"), &[]).await?.under("device")
    }

    /// Stores a new one. Gives `{"id"}`.
    pub async fn create(&self, device: &Value) -> Result<Value, ClientError> {
        self.0.post("/devices", &json!({ "device": device })).await?.json()
    }

    /// Replaces the one whose `id` the document has.
    pub async fn update(&self, device: &Value) -> Result<(), ClientError> {
        let id = path_of(&device["id"]);
        self.0.put(&format!("/devices/{id}"), &json!({ "device": device })).await
    }

    /// Deletes one.
    pub async fn delete(&self, id: &str) -> Result<(), ClientError> {
        self.0.delete(&format!("/devices/{id}")).await
    }

    /// Tells a phone to fetch its files again.
    pub async fn synchronize(&self, id: &str) -> Result<OperationInProgress, ClientError> {
        self.0.begin("/synchronize", &json!({ "id": id })).await
    }

    /// Has the files of a phone generated anew.
    pub async fn reconfigure(&self, id: &str) -> Result<(), ClientError> {
        self.0.post("/reconfigure", &json!({ "id": id })).await.map(drop)
    }

    /// Tells what a DHCP server knows.
    pub async fn create_from_dhcp(&self, info: &Value) -> Result<(), ClientError> {
        self.0.post("/dhcpinfo", &json!({ "dhcp_info": info })).await.map(drop)
    }
}
