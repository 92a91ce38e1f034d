//! Phones by number: taken in through the REST import, asked for their files, and told of as load.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use provd_tests::load::Load;
use provd_tests::{Handset, Server};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::site::Site;
use crate::wrk::CONNECTIONS;

/// Devices in one file: it may have 64 MiB, and the answer has a deadline.
const IN_ONE_FILE: u32 = 50_000;
/// Longest wait until those of one file have their configuration.
const PATIENCE: Duration = Duration::from_mins(20);

/// Some of the phones there can be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    first: u32,
    count: u32,
}

impl Fleet {
    /// So many from this one on.
    pub(crate) fn new(first: u32, count: u32) -> Fleet {
        Fleet { first, count }
    }

    /// Each of them.
    pub(crate) fn handsets(self) -> impl Iterator<Item = Handset> {
        (self.first..self.first + self.count).map(Handset::new)
    }

    /// As load on a server.
    pub(crate) fn load(self, server: SocketAddr) -> Load {
        self.load_with(server, Handset::FIRMWARE)
    }

    /// The same, with another firmware.
    pub(crate) fn load_with(self, server: SocketAddr, firmware: &str) -> Load {
        let phone = |handset: Handset| (handset.path(), handset.user_agent(firmware));
        Load { server, phones: self.handsets().map(phone).collect(), connections: CONNECTIONS }
    }

    /// Has each ask provd once, and nginx serve what each got.
    pub(crate) async fn share(self, site: &Site) -> Result<()> {
        for handset in self.handsets() {
            let mut phone = site.server.http_phone(1).user_agent(&handset.user_agent(Handset::FIRMWARE));
            let file = phone.get(&handset.path()).await?;
            ensure!(file.status == 200, "{}: {}", handset.path(), file.status);
            if let Some(nginx) = &site.nginx {
                nginx.put(&handset.path(), &file.body)?;
            }
        }
        Ok(())
    }

    /// Makes them known with their configuration, as an administrator does who has a file of them.
    pub(crate) async fn import(self, server: &Server) -> Result<()> {
        let end = self.first + self.count;
        let mut first = self.first;
        while first < end {
            let part = Fleet::new(first, IN_ONE_FILE.min(end - first));
            part.import_at_once(server).await.with_context(|| format!("import from phone {first} on"))?;
            first += part.count;
        }
        Ok(())
    }

    async fn import_at_once(self, server: &Server) -> Result<()> {
        let mut lines = String::new();
        for handset in self.handsets() {
            let device = json!({
                "mac": handset.mac(), "vendor": "Aastra", "model": "6731i", "version": Handset::FIRMWARE,
                "plugin": "aastra-3.2.2.1136", "config": "base",
            });
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{}", json!({ "device": device }));
        }
        let api = server.api();
        let request =
            provd::tls::client()?.timeout(PATIENCE).build()?.post(format!("{}/0.2/import", api.base()));
        let request = request.header("X-Auth-Token", api.token()).header("Content-Type", "application/jsonl");
        let answer = request.body(lines).send().await?;
        let status = answer.status().as_u16();
        let location =
            answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        ensure!(matches!(status, 200 | 201), "{status}: {}", answer.text().await?);
        match location {
            Some(operation) => timeout(PATIENCE, ended(server, &operation)).await?,
            None => Ok(()),
        }
    }
}

async fn ended(server: &Server, operation: &str) -> Result<()> {
    let mut looks = interval(Duration::from_millis(100));
    loop {
        looks.tick().await;
        let operation = server.api().get(operation).await?.ok()?;
        if operation["ended"] != Value::Null {
            ensure!(operation["state"] == "success", "{operation:#}");
            return Ok(());
        }
    }
}
