//! What was last seen of phones, and whether they have what they should have: read from the server, and shown.

use std::collections::HashMap;

use comfy_table::Cell;
use jiff::Timestamp;
use serde_json::Value;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::moment::ago_exactly;
use super::super::table::{Mood, cell, field, mood};
use super::path_of;

/// The key under which it stands in a device that is printed as JSON.
pub(super) const REMOTE_STATE: &str = "remote_state";

/// The remote states of all devices, or of those that have not what they should have, by device.
pub(super) async fn of_all(outdated: bool, client: &Client) -> Result<HashMap<String, Value>, Failure> {
    let only = if outdated { "?outdated=true" } else { "" };
    let document = client.get(&format!("/dev_mgr/remote_states{only}")).await?;
    let states = document.get("remote_states").and_then(Value::as_array);
    let states = states.ok_or_else(|| client.not_provd("it lists no remote states"))?;
    Ok(states.iter().map(|state| (field(state, "device"), state.clone())).collect())
}

/// The remote state of one device.
pub(super) async fn of(id: &str, client: &Client) -> Result<Value, Failure> {
    let mut document = client.get(&format!("{}/remote_state", path_of(id))).await?;
    let state = document.get_mut(REMOTE_STATE).map(Value::take);
    state.ok_or_else(|| client.not_provd("it shows no remote state"))
}

/// The state in one word or two.
pub(super) fn state(remote_state: &Value) -> Cell {
    let state = field(remote_state, "state");
    let is = match state.as_str() {
        "current" => Mood::Good,
        "not_configured" => Mood::Bad,
        _ => Mood::Doubtful,
    };
    mood(&state.replace('_', " "), is)
}

/// All of it, as names and values.
pub(super) fn rows(remote_state: &Value, now: Timestamp) -> Vec<(&'static str, Cell)> {
    let moment = |key| ago_exactly(&field(remote_state, key), now);
    let (fetched, files) = (field(remote_state, "fetched_revision"), field(remote_state, "files_revision"));
    let seen = match moment("last_seen") {
        seen if seen.is_empty() => "never".to_owned(),
        seen => seen,
    };
    let fetched = match fetched.as_str() {
        "" => format!("nothing yet; its files are of revision {files}"),
        _ => format!("revision {fetched} of {files}, {}", moment("fetched_at")),
    };
    let asked = [field(remote_state, "last_request"), field(remote_state, "last_answer")];
    let mut rows = vec![("State", state(remote_state)), ("Last seen", cell(&seen))];
    if !asked[0].is_empty() {
        rows.push(("Last request", cell(&asked.join(" → "))));
    }
    rows.push(("Fetched", cell(&fetched)));
    rows
}
