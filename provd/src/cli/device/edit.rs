//! Creating, changing, deleting and configuring single phones.

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::document::Edits;
use super::super::failure::Failure;
use super::super::identity::DEVICES;
use super::super::output::Output;
use super::super::table::{field, harmless};
use super::remote_state::REMOTE_STATE;
use super::{KIND, Named, inner, path_of};

pub(super) async fn create(edits: &Edits, client: &Client) -> Result<Output, Failure> {
    let mut device = edits.read(&KIND)?.unwrap_or_default();
    device.shift_remove(REMOTE_STATE);
    edits.apply(&mut device, &KIND)?;
    let mut made = client.post(DEVICES, &json!({"device": device})).await?;
    let (stored, text) = outcome(&field(&made, "id"), "created", client).await?;
    let why = inner(&stored, client)?.get("last_error").filter(|why| why.is_string());
    if let (Some(why), Some(made)) = (why, made.as_object_mut()) {
        made.insert("last_error".to_owned(), why.clone());
    }
    Ok(Output::Document { document: made, text })
}

pub(super) async fn update(named: &Named, edits: &Edits, client: &Client) -> Result<Output, Failure> {
    if edits.is_empty() {
        return Err(Failure::Usage("nothing to change: say what with --set, --unset or --file".to_owned()));
    }
    let id = &named.id(client).await?;
    match edits.read(&KIND)? {
        Some(mut device) => {
            // What `device list --json` printed holds what was seen of the phone, which is no part of its record.
            device.shift_remove(REMOTE_STATE);
            edits.apply(&mut device, &KIND)?;
            client.put(&path_of(id), &json!({"device": device})).await?
        }
        None => client.change(&path_of(id), "device", |device| edits.apply(device, &KIND)).await?,
    };
    let (document, text) = outcome(id, "updated", client).await?;
    Ok(Output::Document { document, text })
}

/// A change is stored even if the plugin cannot follow it: then somebody should know.
pub(super) async fn outcome(id: &str, done: &str, client: &Client) -> Result<(Value, String), Failure> {
    let document = client.get(&path_of(id)).await?;
    let text = match inner(&document, client)?.get("last_error").and_then(Value::as_str) {
        Some(why) => format!("Device {id} is {done}, but not configured: {}", harmless(why)),
        None => format!("Device {id} is {done}."),
    };
    Ok((document, text))
}

pub(super) async fn delete(id: &str, client: &Client) -> Result<Output, Failure> {
    client.delete(&path_of(id)).await?;
    Ok(Output::deleted(id, format!("Device {id} is deleted.")))
}

/// The server does what it can, and says in the device how it went.
pub(super) async fn reconfigure(id: &str, client: &Client) -> Result<Output, Failure> {
    client.post_only("/dev_mgr/reconfigure", &json!({"id": id})).await?;
    let document = client.get(&path_of(id)).await?;
    match inner(&document, client)?.get("last_error").and_then(Value::as_str) {
        Some(why) => Err(Failure::NotConfigured { id: id.to_owned(), why: harmless(why) }),
        None => Ok(Output::Document { document, text: format!("Device {id} is configured.") }),
    }
}
