//! Listing phones: which of them, and how each is.

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::super::assignment::Assignment;
use super::super::client::Client;
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::identity::DEVICES;
use super::super::moment::ago;
use super::super::output::Output;
use super::super::selection::{query, selector};
use super::super::table::{Style, cell, field, table};
use super::KIND;
use super::remote_state::{self, REMOTE_STATE};

pub(super) const HELP: &str = "\
States:
  not configured  nothing could be generated for it; `device show` says why
  expected        it never asked for anything
  contacted       it asked, but did not fetch its configuration yet
  outdated        it fetched an earlier configuration than it should have
  current         it fetched the configuration it should have

Examples:
  provd device list --outdated
  provd device list --plugin aastra-3.2.2.1136 --where model=6731i
  provd device list --where configured=false --json";

const LIST: Columns = Columns {
    headings: &["ID", "MAC", "IP", "VENDOR", "MODEL", "VERSION", "PLUGIN", "CONFIG", "STATE", "LAST SEEN"],
    dispensable: &["CONFIG", "VERSION", "VENDOR", "IP", "PLUGIN", "LAST SEEN", "MODEL", "STATE"],
    breaks: None,
};

/// Which phones.
#[derive(Debug, Args)]
pub(in crate::cli) struct Which {
    /// Only those that have not fetched the configuration they should have
    #[arg(long)]
    outdated: bool,
    /// Only those with this value; repeated, all must hold; dots lead into objects; the value is JSON where it can be, else
    /// text
    #[arg(long = "where", value_name = "KEY=VALUE")]
    stated: Vec<Assignment>,
    /// Only those of this plugin
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
}

impl Which {
    fn is_everything(&self) -> bool {
        !self.outdated && self.stated.is_empty() && self.plugin.is_none()
    }
}

pub(super) async fn list(which: &Which, client: &Client, style: Style) -> Result<Output, Failure> {
    let mut selector = selector(&which.stated, &KIND)?;
    if let Some(plugin) = &which.plugin {
        selector.insert("plugin".to_owned(), plugin.as_str().into());
    }
    let mut document = client.get(&format!("{DEVICES}?recurse=true{}", query(selector))).await?;
    let mut states = remote_state::of_all(which.outdated, client).await?;
    let devices = document.get_mut("devices").and_then(Value::as_array_mut);
    let devices = devices.ok_or_else(|| client.not_provd("it lists no devices"))?;
    devices.retain(|device| !which.outdated || states.contains_key(&field(device, "id")));
    for device in devices.iter_mut() {
        let state = states.remove(&field(device, "id")).unwrap_or_default();
        if let Some(device) = device.as_object_mut() {
            device.insert(REMOTE_STATE.to_owned(), state);
        }
    }
    let empty = if which.is_everything() { "There are no devices." } else { "There are no such devices." };
    let text = render(devices, style, Timestamp::now(), empty);
    Ok(Output::Document { document, text })
}

fn render(devices: &[Value], style: Style, now: Timestamp, empty: &str) -> String {
    let keys = ["id", "mac", "ip", "vendor", "model", "version", "plugin", "config"];
    let row = |device: &Value| {
        let mut cells: Vec<_> = keys.iter().map(|key| cell(&field(device, key))).collect();
        let state = device.get(REMOTE_STATE).unwrap_or(&Value::Null);
        cells.extend([remote_state::state(state), cell(&ago(&field(state, "last_seen"), now))]);
        cells
    };
    table(style, &LIST, devices.iter().map(row).collect(), empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(devices: &[Value], width: Option<u16>) -> String {
        render(devices, Style { width, colour: false }, "2026-03-01T12:00:00Z".parse().unwrap(), "none")
    }

    #[test]
    fn a_list_leaves_unknown_facts_empty() {
        let current = json!({"state": "current", "last_seen": "2026-03-01T11:57:00Z"});
        let devices = [
            json!({"id": "a", "mac": "00:08:5d:23:74:29", "remote_state": current}),
            json!({"id": "b", "remote_state": {"state": "not_configured", "last_seen": null}}),
            json!({"id": "c", "remote_state": null}),
        ];
        let shown_devices = shown(&devices, None);
        let lines: Vec<Vec<&str>> =
            shown_devices.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["a", "00:08:5d:23:74:29", "current", "3", "min", "ago"]);
        assert_eq!(
            (lines[2].as_slice(), lines[3].as_slice()),
            (["b", "not", "configured"].as_slice(), ["c"].as_slice())
        );
        assert_eq!(shown(&[], None), "none");
    }

    #[test]
    fn ids_are_whole_whatever_the_width() {
        let id = "0123456789abcdef0123456789abcdef";
        let device = json!({"id": id, "mac": "00:08:5d:23:74:29", "ip": "192.168.100.200", "vendor": "Aastra",
            "model": "6731i", "version": "3.2.2.1136", "plugin": "aastra-3.2.2.1136", "config": id,
            "remote_state": {"state": "outdated", "last_seen": "2026-03-01T11:57:00Z"}});
        assert_eq!(
            shown(std::slice::from_ref(&device), Some(80)),
            "ID                                MAC                MODEL  STATE\n\
             0123456789abcdef0123456789abcdef  00:08:5d:23:74:29  6731i  outdated\n\
             Not shown: IP, VENDOR, VERSION, PLUGIN, CONFIG, LAST SEEN (--json shows all)"
        );
        let wide = shown(&[device], Some(200));
        assert!(
            wide.lines().count() == 2 && wide.contains("VERSION") && wide.contains("3 min ago"),
            "{wide}"
        );
    }
}
