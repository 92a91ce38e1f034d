//! `provd device`: phones and what is generated for them.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::document::{Edits, Kind};
use super::failure::Failure;
use super::identity::{DEVICES, id_of};
use super::output::Output;
use super::table::{Mood, Style, cell, field, harmless, leaves, mood, pairs, size, table};

const KIND: Kind = Kind {
    wrapper: "device",
    texts: &[
        "id",
        "mac",
        "ip",
        "sn",
        "uuid",
        "vendor",
        "model",
        "version",
        "plugin",
        "config",
        "description",
        "tenant_uuid",
    ],
    short: None,
};

const EXAMPLES: &str = "\
Examples:
  provd device list
  provd device create --set mac=00:08:5d:23:74:29 \\
      --set plugin=aastra-3.2.2.1136 --set config=reception
  provd device update 00085d237429 --set description='Front desk' \\
      --set options.switchboard=true
  provd device show 00085d237429 --json > phone.json
  provd device update 00085d237429 --file phone.json
  provd device files 00085d237429 Aastra/00085D237429.cfg";

const LIST: Columns = Columns {
    headings: &["ID", "MAC", "IP", "VENDOR", "MODEL", "VERSION", "PLUGIN", "CONFIG", "CONFIGURED"],
    dispensable: &["CONFIG", "VERSION", "VENDOR", "IP", "PLUGIN", "MODEL", "CONFIGURED"],
    breaks: None,
};

const FILES: Columns = Columns {
    headings: &["PATH", "SIZE", "SECRET", "MODIFIED", "ETAG"],
    dispensable: &["ETAG", "MODIFIED", "SECRET", "SIZE"],
    breaks: None,
};

/// `provd device`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct DeviceCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: DeviceAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceAction {
    /// List all phones
    List,
    /// Show one phone
    Show {
        /// Its id or MAC address
        #[arg(value_name = "ID|MAC")]
        device: String,
    },
    /// Create a phone; id, mac, ip, sn, uuid, vendor, model, version, plugin, config and description are usual keys
    Create {
        #[command(flatten)]
        edits: Edits,
    },
    /// Change keys of a phone; with --file, replace the whole document
    Update {
        /// Its id or MAC address
        #[arg(value_name = "ID|MAC")]
        device: String,
        #[command(flatten)]
        edits: Edits,
    },
    /// Delete a phone and its files
    Delete {
        /// Its id or MAC address
        #[arg(value_name = "ID|MAC")]
        device: String,
    },
    /// Generate the files of a phone anew
    Reconfigure {
        /// Its id or MAC address
        #[arg(value_name = "ID|MAC")]
        device: String,
    },
    /// List the files generated for a phone, or print one of them
    Files {
        /// Its id or MAC address
        #[arg(value_name = "ID|MAC")]
        device: String,
        /// Print this file
        path: Option<String>,
    },
}

pub(super) async fn execute(action: DeviceAction, client: &Client, style: Style) -> Result<Output, Failure> {
    match action {
        DeviceAction::List => list(client, style).await,
        DeviceAction::Show { device } => show(&id_of(&device, client).await?, client, style).await,
        DeviceAction::Create { edits } => create(&edits, client).await,
        DeviceAction::Update { device, edits } => update(&device, &edits, client).await,
        DeviceAction::Delete { device } => delete(&id_of(&device, client).await?, client).await,
        DeviceAction::Reconfigure { device } => reconfigure(&id_of(&device, client).await?, client).await,
        DeviceAction::Files { device, path } => {
            let id = id_of(&device, client).await?;
            match path {
                None => files(&id, client, style).await,
                Some(path) => file(&id, &path, client).await,
            }
        }
    }
}

async fn list(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&format!("{DEVICES}?recurse=true")).await?;
    let devices = document.get("devices").and_then(Value::as_array);
    let devices = devices.ok_or_else(|| client.not_provd("it lists no devices"))?;
    let text = render_list(devices, style);
    Ok(Output::Document { document, text })
}

fn render_list(devices: &[Value], style: Style) -> String {
    let keys = ["id", "mac", "ip", "vendor", "model", "version", "plugin", "config"];
    let row = |device: &Value| {
        let mut cells: Vec<_> = keys.iter().map(|key| cell(&field(device, key))).collect();
        cells.push(configured(device));
        cells
    };
    table(style, &LIST, devices.iter().map(row).collect(), "There are no devices.")
}

fn configured(device: &Value) -> comfy_table::Cell {
    let is_configured = device.get("configured").and_then(Value::as_bool).unwrap_or(false);
    if is_configured { mood("yes", Mood::Good) } else { mood("no", Mood::Bad) }
}

async fn show(id: &str, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&path_of(id)).await?;
    let text = render(inner(&document, client)?, style);
    Ok(Output::Document { document, text })
}

fn render(device: &Map<String, Value>, style: Style) -> String {
    let leaves = leaves(device, "");
    let row = |(key, value): &(String, String)| match (key.as_str(), value.as_str()) {
        ("configured", "true") => mood(value, Mood::Good),
        ("configured" | "last_error", _) => mood(value, Mood::Bad),
        _ => cell(value),
    };
    pairs(style, leaves.iter().map(|leaf| (leaf.0.as_str(), row(leaf))).collect())
}

async fn create(edits: &Edits, client: &Client) -> Result<Output, Failure> {
    let mut device = edits.read(&KIND)?.unwrap_or_default();
    edits.apply(&mut device, &KIND)?;
    let mut made = client.post(DEVICES, &json!({"device": device})).await?;
    let (stored, text) = outcome(&field(&made, "id"), "created", client).await?;
    let why = inner(&stored, client)?.get("last_error").filter(|why| why.is_string());
    if let (Some(why), Some(made)) = (why, made.as_object_mut()) {
        made.insert("last_error".to_owned(), why.clone());
    }
    Ok(Output::Document { document: made, text })
}

async fn update(named: &str, edits: &Edits, client: &Client) -> Result<Output, Failure> {
    if edits.is_empty() {
        return Err(Failure::Usage("nothing to change: say what with --set, --unset or --file".to_owned()));
    }
    let id = &id_of(named, client).await?;
    let mut device = match edits.read(&KIND)? {
        Some(device) => device,
        None => inner(&client.get(&path_of(id)).await?, client)?.clone(),
    };
    edits.apply(&mut device, &KIND)?;
    client.put(&path_of(id), &json!({"device": device})).await?;
    let (document, text) = outcome(id, "updated", client).await?;
    Ok(Output::Document { document, text })
}

/// A change is stored even if the plugin cannot follow it: then somebody should know.
async fn outcome(id: &str, done: &str, client: &Client) -> Result<(Value, String), Failure> {
    let document = client.get(&path_of(id)).await?;
    let text = match inner(&document, client)?.get("last_error").and_then(Value::as_str) {
        Some(why) => format!("Device {id} is {done}, but not configured: {}", harmless(why)),
        None => format!("Device {id} is {done}."),
    };
    Ok((document, text))
}

async fn delete(id: &str, client: &Client) -> Result<Output, Failure> {
    client.delete(&path_of(id)).await?;
    Ok(Output::deleted(id, format!("Device {id} is deleted.")))
}

/// The server does what it can, and says in the device how it went.
async fn reconfigure(id: &str, client: &Client) -> Result<Output, Failure> {
    client.post_only("/dev_mgr/reconfigure", &json!({"id": id})).await?;
    let document = client.get(&path_of(id)).await?;
    match inner(&document, client)?.get("last_error").and_then(Value::as_str) {
        Some(why) => Err(Failure::NotConfigured { id: id.to_owned(), why: harmless(why) }),
        None => Ok(Output::Document { document, text: format!("Device {id} is configured.") }),
    }
}

async fn files(id: &str, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&format!("{}/files", path_of(id))).await?;
    let files = document.get("files").and_then(Value::as_array);
    let files = files.ok_or_else(|| client.not_provd("it lists no files"))?;
    let row = |file: &Value| {
        let bytes = file.get("size").and_then(Value::as_u64).unwrap_or_default();
        let secret = if file.get("sensitive") == Some(&Value::Bool(true)) { "yes" } else { "no" };
        let (path, etag, modified) = (field(file, "path"), field(file, "etag"), field(file, "modified"));
        vec![cell(&path), cell(&size(bytes)), cell(secret), cell(&modified), cell(&etag)]
    };
    let text =
        table(style, &FILES, files.iter().map(row).collect(), "No files are generated for this device.");
    Ok(Output::Document { document, text })
}

async fn file(id: &str, path: &str, client: &Client) -> Result<Output, Failure> {
    let path: Vec<String> = path.split('/').map(segment).collect();
    let file = client.bytes(&format!("{}/files/{}", path_of(id), path.join("/"))).await?;
    Ok(Output::Bytes(file))
}

fn path_of(id: &str) -> String {
    format!("{DEVICES}/{}", segment(id))
}

fn inner<'a>(document: &'a Value, client: &Client) -> Result<&'a Map<String, Value>, Failure> {
    let device = document.get("device").and_then(Value::as_object);
    device.ok_or_else(|| client.not_provd("it shows no device"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    #[test]
    fn a_list_leaves_unknown_facts_empty() {
        let devices =
            [json!({"id": "a", "mac": "00:08:5d:23:74:29", "configured": true}), json!({"id": "b"})];
        let shown = render_list(&devices, PIPE);
        let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["a", "00:08:5d:23:74:29", "yes"]);
        assert_eq!(lines[2], ["b", "no"]);
        assert_eq!(render_list(&[], PIPE), "There are no devices.");
    }

    #[test]
    fn ids_are_whole_whatever_the_width() {
        let id = "0123456789abcdef0123456789abcdef";
        let device = json!({"id": id, "mac": "00:08:5d:23:74:29", "ip": "192.168.100.200", "vendor": "Aastra",
            "model": "6731i", "version": "3.2.2.1136", "plugin": "aastra-3.2.2.1136", "config": id,
            "configured": true});
        let shown = render_list(std::slice::from_ref(&device), Style { width: Some(80), colour: false });
        assert_eq!(
            shown,
            "ID                                MAC                MODEL  CONFIGURED\n\
             0123456789abcdef0123456789abcdef  00:08:5d:23:74:29  6731i  yes\n\
             Not shown: IP, VENDOR, VERSION, PLUGIN, CONFIG (--json shows all)"
        );
        let shown = render_list(&[device], Style { width: Some(200), colour: false });
        assert!(shown.lines().count() == 2 && shown.contains("VERSION"), "{shown}");
    }

    #[test]
    fn a_device_is_shown_key_by_key() {
        let device = json!({"id": "a", "options": {"switchboard": true}, "last_error": "no line"});
        let shown = render(device.as_object().unwrap(), PIPE);
        assert_eq!(shown, "id                   a\noptions.switchboard  true\nlast_error           no line");
    }
}
