//! Somebody who does one thing after the other: asks as a phone, tells a lease, edits as an administrator. What is done is
//! random; what it meets is whatever the others did meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail, ensure};
use provd_tests::phone::Response;
use provd_tests::{Handset, Reply, Server};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};
use tokio::sync::watch;

const HANDSETS: u32 = 16;
const ADAPTERS: u8 = 4;
const FIRMWARES: [&str; 2] = ["2.6.0.2019", "3.2.2.1136"];
const SITES: [&str; 4] = ["site-0", "site-1", "site-2", "site-3"];

/// What went wrong although the server still lived.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<(bool, Vec<String>)>>);

impl Trouble {
    /// From now on the server is dead, and everything goes wrong.
    pub(super) fn expected(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
    }

    fn note(&self, what: String) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.0 {
            state.1.push(what);
        }
    }

    pub(super) fn none(&self) -> Result<()> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(state.1.is_empty(), "went wrong while the server lived:\n{}", state.1.join("\n"));
        Ok(())
    }
}

pub(super) struct Disturbance {
    server: Arc<Server>,
    random: StdRng,
    trouble: Trouble,
}

impl Disturbance {
    pub(super) fn new(server: Arc<Server>, random: StdRng, trouble: Trouble) -> Disturbance {
        Disturbance { server, random, trouble }
    }

    /// Acts until it is stopped, and counts that.
    pub(super) async fn go_on(mut self, acts: watch::Sender<usize>) {
        loop {
            if let Err(error) = self.act().await {
                self.trouble.note(format!("{error:#}"));
                // Once dead the server stays so: waits to be stopped.
                tokio::task::yield_now().await;
            }
            acts.send_modify(|acts| *acts += 1);
        }
    }

    async fn act(&mut self) -> Result<()> {
        match self.random.random_range(0..100) {
            0..35 => self.ask_as_handset().await,
            35..43 => self.boot_adapter().await,
            43..48 => self.tell_lease().await,
            48..56 => self.edit_base().await,
            56..66 => self.put_site().await,
            66..70 => self.delete_site().await,
            70..80 => self.edit_device().await,
            80..84 => self.insert_device().await,
            84..90 => self.delete_device().await,
            90..93 => self.reconfigure_device().await,
            93..96 => self.restart_plugin().await,
            _ => self.assign_transient_config().await,
        }
    }

    fn handset(&mut self) -> Handset {
        Handset::new(self.random.random_range(1..=HANDSETS))
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Result<T> {
        from.choose(&mut self.random).copied().ok_or_else(|| anyhow::anyhow!("nothing to choose from"))
    }

    async fn ask_as_handset(&mut self) -> Result<()> {
        let handset = self.handset();
        let firmware = self.pick(&FIRMWARES)?;
        let address = if self.random.random_bool(0.2) { [127, 0, 0, 9] } else { handset.address() };
        let path =
            if self.random.random_bool(0.3) { "/Aastra/aastra.cfg".to_owned() } else { handset.path() };
        let mut phone = self.server.http_phone_at(address).user_agent(&handset.user_agent(firmware));
        expect_served(&phone.get(&path).await?)
    }

    async fn boot_adapter(&mut self) -> Result<()> {
        let number = self.random.random_range(0..ADAPTERS);
        let last = 100 + self.random.random_range(0..ADAPTERS);
        for file in ["/spa3102.cfg".to_owned(), format!("/000e08aabb{number:02x}.xml")] {
            match self.server.tftp_phone(last).get(&file).await? {
                Err(refusal) if refusal.message.contains("Internal") => bail!("{file}: {refusal:?}"),
                _ => {}
            }
        }
        Ok(())
    }

    async fn tell_lease(&mut self) -> Result<()> {
        let number = self.random.random_range(0..ADAPTERS);
        let ip = format!("127.0.0.{}", 100 + self.random.random_range(0..ADAPTERS));
        let mac = format!("00:0e:08:aa:bb:{number:02x}");
        let options = ["0604c.49.4e.4b.53.59.53.20.53.50.41.2d.33.31.30.32"];
        let lease = json!({"dhcp_info": {"op": "commit", "ip": ip, "mac": mac, "options": options}});
        expect_done(&self.server.api().post("/0.2/dev_mgr/dhcpinfo", &lease).await?)
    }

    /// Mostly right, now and then a mistake together with what is inherited.
    fn raw_config(&mut self) -> Value {
        let host = format!("192.0.2.{}", self.random.random_range(1..=250));
        match self.random.random_range(0..10) {
            0 => json!({"ntp_ip": null}),
            1..4 => json!({}),
            _ => json!({"ntp_enabled": true, "ntp_ip": host}),
        }
    }

    async fn edit_base(&mut self) -> Result<()> {
        let raw_config = self.raw_config();
        let config =
            json!({"config": {"id": "base", "parent_ids": [], "raw_config": raw_config, "deletable": false}});
        expect_done(&self.server.api().put("/0.2/cfg_mgr/configs/base", &config).await?)
    }

    async fn put_site(&mut self) -> Result<()> {
        let (id, parent) = (self.pick(&SITES)?, self.pick(&SITES)?);
        let config = json!({"id": id, "parent_ids": [parent, "base"], "raw_config": self.raw_config()});
        let config = json!({ "config": config });
        let put = self.server.api().put(&format!("/0.2/cfg_mgr/configs/{id}"), &config).await?;
        if put.status != 404 {
            return expect_done(&put);
        }
        expect_done(&self.server.api().post("/0.2/cfg_mgr/configs", &config).await?)
    }

    async fn delete_site(&mut self) -> Result<()> {
        let id = self.pick(&SITES)?;
        expect_done(&self.server.api().delete(&format!("/0.2/cfg_mgr/configs/{id}")).await?)
    }

    /// A device whose MAC address no request will ever add: with that a late edit could take it away again.
    async fn device(&mut self) -> Result<Option<Value>> {
        let devices = self.server.devices().await?;
        let handsets: Vec<&Value> = devices.iter().filter(|device| device["vendor"] == "Aastra").collect();
        Ok(handsets.choose(&mut self.random).map(|device| (*device).clone()))
    }

    async fn put_device(&mut self, device: Value) -> Result<()> {
        let path = format!("/0.2/dev_mgr/devices/{}", device["id"].as_str().unwrap_or_default());
        expect_done(&self.server.api().put(&path, &json!({ "device": device })).await?)
    }

    async fn edit_device(&mut self) -> Result<()> {
        let Some(mut device) = self.device().await? else { return Ok(()) };
        match self.random.random_range(0..6) {
            0..3 => device["config"] = json!(self.pick(&SITES)?),
            3 => device["plugin"] = json!(format!("aastra-{}", self.pick(&FIRMWARES)?)),
            4 => device["description"] = json!(self.random.random_range(0..1000).to_string()),
            _ => device["config"] = Value::Null,
        }
        self.put_device(device).await
    }

    async fn insert_device(&mut self) -> Result<()> {
        let number = self.random.random_range(0..4);
        let device = json!({
            "id": format!("made-{number}"), "mac": Handset::new(HANDSETS + 1 + number).mac(), "vendor": "Aastra",
            "model": "6731i", "plugin": "aastra-3.2.2.1136", "config": self.pick(&SITES)?,
        });
        expect_done(&self.server.api().post("/0.2/dev_mgr/devices", &json!({ "device": device })).await?)
    }

    async fn delete_device(&mut self) -> Result<()> {
        let devices = self.server.devices().await?;
        let Some(device) = devices.choose(&mut self.random) else { return Ok(()) };
        let path = format!("/0.2/dev_mgr/devices/{}", device["id"].as_str().unwrap_or_default());
        expect_done(&self.server.api().delete(&path).await?)
    }

    async fn reconfigure_device(&mut self) -> Result<()> {
        let Some(device) = self.device().await? else { return Ok(()) };
        let body = json!({"id": device["id"]});
        expect_done(&self.server.api().post("/0.2/dev_mgr/reconfigure", &body).await?)
    }

    async fn restart_plugin(&mut self) -> Result<()> {
        let plugin = format!("aastra-{}", self.pick(&FIRMWARES)?);
        expect_done(&self.server.restart_plugin(&plugin).await?)
    }

    async fn assign_transient_config(&mut self) -> Result<()> {
        let id = format!("mine-{}", self.random.random_range(0..1000));
        let config =
            json!({"id": id, "parent_ids": ["base"], "raw_config": self.raw_config(), "transient": true});
        expect_done(&self.server.api().post("/0.2/cfg_mgr/configs", &json!({ "config": config })).await?)?;
        let Some(mut device) = self.device().await? else { return Ok(()) };
        device["config"] = json!(id);
        self.put_device(device).await
    }
}

/// Others act too: what was to be changed may be gone, what was to be made may be there. Nothing may fail.
fn expect_done(reply: &Reply) -> Result<()> {
    ensure!(reply.status < 500 || reply.status == 503, "{reply:?}");
    ensure!(!matches!(reply.status, 401 | 405 | 415), "{reply:?}");
    Ok(())
}

/// The file, or none; or that it has to be mended first.
fn expect_served(response: &Response) -> Result<()> {
    ensure!(matches!(response.status, 200 | 404 | 503), "{} {}", response.status, response.text());
    Ok(())
}
