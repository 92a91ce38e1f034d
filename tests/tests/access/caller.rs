//! Somebody with a token who calls the REST interface, and a server that asks others about tokens.

use std::fs;

use anyhow::Result;
use provd_tests::{Home, Reply, Server};
use reqwest::Method;
use serde_json::Value;

/// Something that most tokens of these tests may read.
pub(crate) const DEVICES: &str = "/0.2/dev_mgr/devices";

/// Somebody.
#[derive(Clone)]
pub(crate) struct Caller {
    base: String,
    token: String,
    tenant: Option<String>,
}

impl Caller {
    pub(crate) fn new(server: &Server, token: &str) -> Caller {
        Caller { base: server.api().base().to_owned(), token: token.to_owned(), tenant: None }
    }

    /// In the name of a tenant.
    pub(crate) fn of(&self, tenant: &str) -> Caller {
        Caller { tenant: Some(tenant.to_owned()), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Reply> {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        let client = provd::tls::client()?.build()?;
        let mut request = client.request(method, format!("{}{path}", self.base));
        request = request.bearer_auth(&self.token);
        if let Some(tenant) = &self.tenant {
            request = request.header("Wazo-Tenant", tenant);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/vnd.proformatique.provd+json");
            request = request.body(body.to_string());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply { status, body, text, location: None })
    }

    /// How its list of devices is answered.
    pub(crate) async fn status(&self) -> Result<u16> {
        Ok(self.get(DEVICES).await?.status)
    }

    /// The devices it sees.
    pub(crate) async fn devices(&self) -> Result<Vec<String>> {
        let reply = self.get(DEVICES).await?.ok()?;
        let devices = reply["devices"].as_array().cloned().unwrap_or_default();
        Ok(devices.iter().filter_map(|device| device["id"].as_str().map(str::to_owned)).collect())
    }
}

/// A home whose server is told these settings.
pub(crate) fn home(settings: &str) -> Result<Home> {
    let home = Home::with_families(&[])?;
    let path = home.root().join("provd.toml");
    fs::write(&path, settings)?;
    Ok(home.argument("--config").argument(path.display().to_string()))
}

/// Gives each of these tenants a device with the tenant's name.
pub(crate) async fn add_devices(server: &Server, tenants: &[&str]) -> Result<()> {
    let administrator = Caller::new(server, server.api().token());
    for tenant in tenants {
        let device = serde_json::json!({"device": {"id": tenant}});
        administrator.of(tenant).call(Method::POST, DEVICES, Some(&device)).await?.ok()?;
    }
    Ok(())
}
