//! What an administrator's change of a device or config does to the devices concerned, row by row.

mod account;
mod config;
mod device;
mod failure;

use anyhow::Result;
use provd_tests::{Handset, Home, Server};
use serde_json::{Value, json};

/// The plugin of [`Handset`]s.
const PLUGIN: &str = "aastra-3.2.2.1136";

/// An administrator with a server of his own. Gone before its home is.
struct Desk {
    server: Server,
    home: Home,
}

impl Desk {
    async fn open() -> Result<Desk> {
        let home = Home::with_families(&["aastra"])?;
        Ok(Desk { server: home.start().await?, home })
    }

    /// Inserts a device for a phone, with a config that need not exist.
    async fn insert_device(&self, handset: Handset, config: &str) -> Result<Value> {
        let id = format!("phone {}", handset.mac());
        let device = json!({"device": {
            "id": id, "mac": handset.mac(), "vendor": "Aastra", "model": "6731i", "version": Handset::FIRMWARE,
            "plugin": PLUGIN, "config": config,
        }});
        self.server.api().post("/0.2/dev_mgr/devices", &device).await?.ok()?;
        handset.device(&self.server).await
    }

    /// Replaces a device.
    async fn put_device(&self, device: &Value) -> Result<()> {
        self.server.api().put(&path_of(device), &json!({ "device": device })).await?.ok().map(drop)
    }

    /// Inserts a config.
    async fn insert_config(&self, id: &str, parents: &[&str], raw_config: Value) -> Result<()> {
        self.insert_config_with(id, parents, raw_config, json!({})).await
    }

    /// Inserts a config with more keys.
    async fn insert_config_with(&self, id: &str, parents: &[&str], raw: Value, keys: Value) -> Result<()> {
        let mut config = json!({"id": id, "parent_ids": parents, "raw_config": raw});
        for (key, value) in keys.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        self.server.api().post("/0.2/cfg_mgr/configs", &json!({ "config": config })).await?.ok().map(drop)
    }

    /// Changes a config.
    async fn edit_config(&self, id: &str, edit: impl FnOnce(&mut Value)) -> Result<()> {
        let path = format!("/0.2/cfg_mgr/configs/{id}");
        let mut config = self.server.api().get(&path).await?.ok()?["config"].take();
        edit(&mut config);
        self.server.api().put(&path, &json!({ "config": config })).await?.ok().map(drop)
    }

    /// Status of the deletion of a config.
    async fn delete_config(&self, id: &str) -> Result<u16> {
        Ok(self.server.api().delete(&format!("/0.2/cfg_mgr/configs/{id}")).await?.status)
    }

    /// Whether there is such a config.
    async fn has_config(&self, id: &str) -> Result<bool> {
        Ok(self.server.api().get(&format!("/0.2/cfg_mgr/configs/{id}")).await?.status == 200)
    }

    /// Everything that must hold.
    async fn close(self) -> Result<()> {
        provd_tests::invariants::hold(&self.server, &self.home).await
    }
}

fn path_of(device: &Value) -> String {
    format!("/0.2/dev_mgr/devices/{}", device["id"].as_str().unwrap_or_default().replace(' ', "%20"))
}

/// Parameters that name a time server.
fn ntp(host: &str) -> Value {
    json!({"ntp_enabled": true, "ntp_ip": host})
}
