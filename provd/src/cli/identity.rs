//! Which device is meant: by its id, or by its MAC address in any spelling. Guesses nothing.

use provd_proto::mac::Mac;
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::failure::Failure;
use super::table::{field, harmless};

/// All devices, and where one is below.
pub(super) const DEVICES: &str = "/dev_mgr/devices";

/// The id of the device that is meant. What is no MAC address is an id, known or not.
///
/// # Errors
///
/// No device, or several, have the MAC address; or the server cannot be asked.
pub(super) async fn id_of(named: &str, client: &Client) -> Result<String, Failure> {
    let Ok(mac) = named.parse::<Mac>() else {
        return Ok(named.to_owned());
    };
    // Whoever makes a device may choose any id, also one that reads as an address.
    if !devices_with("id", named, client).await?.is_empty() {
        return Ok(named.to_owned());
    }
    let devices = devices_with("mac", &mac.to_string(), client).await?;
    match devices.as_slice() {
        [] => Err(Failure::NoDevice { mac }),
        [device] => Ok(field(device, "id")),
        devices => {
            let ids = devices.iter().map(|device| harmless(&field(device, "id"))).collect();
            Err(Failure::SeveralDevices { mac, ids })
        }
    }
}

/// The devices that have this text under this key.
pub(super) async fn devices_with(key: &str, text: &str, client: &Client) -> Result<Vec<Value>, Failure> {
    let selector = segment(&json!({ key: text }).to_string());
    let document = client.get(&format!("{DEVICES}?recurse=true&q={selector}")).await?;
    let devices = document.get("devices").and_then(Value::as_array);
    Ok(devices.ok_or_else(|| client.not_provd("it lists no devices"))?.clone())
}
