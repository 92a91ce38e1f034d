//! Calls about parameters of the server.

use serde_json::{Value, json};

use super::{ClientError, Resource};

/// Calls about parameters of the server. `provisioning_key` is that of the client's tenant.
#[derive(Debug)]
pub struct Params(Resource);

impl Params {
    pub(super) fn new(resource: Resource) -> Params {
        Params(resource)
    }

    /// `{"params": […]}`
    pub async fn list(&self) -> Result<Value, ClientError> {
        self.0.get("", &[]).await?.json()
    }

    /// `{"value"}`
    pub async fn get(&self, name: &str) -> Result<Value, ClientError> {
        self.0.get(&format!("/{name}"), &[]).await?.under("param")
    }

    /// Sets one.
    pub async fn update(&self, name: &str, value: &Value) -> Result<(), ClientError> {
        self.0.put(&format!("/{name}"), &json!({"param": {"value": value}})).await
    }

    /// Takes one away.
    pub async fn delete(&self, name: &str) -> Result<(), ClientError> {
        self.update(name, &Value::Null).await
    }
}
