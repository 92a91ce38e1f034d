//! Phones by number, as many as a test wants: what each calls itself, and the file that is its own.

use anyhow::{Context as _, Result, ensure};

use crate::Server;
use crate::phone::{HttpPhone, Response};

/// An Aastra 6731i, which says over HTTP who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handset {
    number: u32,
}

impl Handset {
    /// The firmware it has unless a test says otherwise.
    pub const FIRMWARE: &str = "3.2.2.1136";

    /// One of sixteen million.
    pub fn new(number: u32) -> Handset {
        Handset { number }
    }

    fn mac_with(self, separator: &str) -> String {
        let [_, a, b, c] = self.number.to_be_bytes();
        [0x00, 0x08, 0x5D, a, b, c].map(|byte| format!("{byte:02X}")).join(separator)
    }

    /// `00:08:5d:00:00:01`, as its record shows it.
    pub fn mac(self) -> String {
        self.mac_with(":").to_lowercase()
    }

    /// Path of its own file.
    pub fn path(self) -> String {
        format!("/Aastra/{}.cfg", self.mac_with(""))
    }

    /// What it calls itself with this firmware.
    pub fn user_agent(self, firmware: &str) -> String {
        format!("Aastra6731i MAC:{} V:{firmware}-SIP", self.mac_with("-"))
    }

    /// An address of its own, for up to 65,000 phones.
    pub fn address(self) -> [u8; 4] {
        let [_, _, high, low] = (self.number + 256).to_be_bytes();
        [127, 1, high, low]
    }

    /// The phone, at its own address.
    pub fn at(self, server: &Server) -> HttpPhone {
        server.http_phone_at(self.address()).user_agent(&self.user_agent(Handset::FIRMWARE))
    }

    /// Asks for its own file from its own address; anything but the file is an error.
    pub async fn fetch(self, server: &Server) -> Result<Response> {
        let response = self.at(server).get(&self.path()).await?;
        ensure!(response.status == 200, "{}: {} {}", self.path(), response.status, response.text());
        Ok(response)
    }

    /// The device made of it.
    pub async fn device(self, server: &Server) -> Result<serde_json::Value> {
        let mut devices = server.devices().await?;
        devices.retain(|device| device["mac"] == self.mac());
        ensure!(devices.len() < 2, "one phone, several devices: {devices:#?}");
        devices.pop().with_context(|| format!("no device {}", self.mac()))
    }
}
