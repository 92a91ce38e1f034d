//! One phone: its record key by key, then what was last seen of it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::moment::ago_exactly;
use super::super::output::Output;
use super::super::paint::section;
use super::super::table::{Mood, Style, cell, leaves, mood, pairs};
use super::remote_state::{self, REMOTE_STATE};
use super::{inner, path_of};

pub(super) async fn show(id: &str, client: &Client, style: Style) -> Result<Output, Failure> {
    let mut document = client.get(&path_of(id)).await?;
    let state = remote_state::of(id, client).await?;
    let now = Timestamp::now();
    let record = render(inner(&document, client)?, style, now);
    let seen = section(style, "What was seen of it", &pairs(style, remote_state::rows(&state, now)));
    // Beside the device, not in it: the device can be changed and read again with `--file`.
    if let Some(document) = document.as_object_mut() {
        document.insert(REMOTE_STATE.to_owned(), state);
    }
    Ok(Output::Document { document, text: format!("{record}\n\n{seen}") })
}

fn render(device: &Map<String, Value>, style: Style, now: Timestamp) -> String {
    let leaves = leaves(device, "");
    let row = |(key, value): &(String, String)| match (key.as_str(), value.as_str()) {
        ("configured", "true") => mood(value, Mood::Good),
        ("configured" | "last_error", _) => mood(value, Mood::Bad),
        ("last_error_at", _) => cell(&ago_exactly(value, now)),
        _ => cell(value),
    };
    pairs(style, leaves.iter().map(|leaf| (leaf.0.as_str(), row(leaf))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_device_is_shown_key_by_key() {
        let device = json!({"id": "a", "options": {"switchboard": true}, "last_error": "no line",
            "last_error_at": "2026-03-01T11:57:00Z"});
        let shown = render(device.as_object().unwrap(), PIPE, now());
        assert_eq!(
            shown,
            "id                   a\noptions.switchboard  true\nlast_error           no line\n\
             last_error_at        3 min ago (2026-03-01 11:57:00 UTC)"
        );
    }

    #[test]
    fn what_was_seen_is_told_in_words() {
        let seen = |state: Value| pairs(PIPE, remote_state::rows(&state, now()));
        let never = json!({"state": "expected", "files_revision": 3, "fetched_revision": null, "last_seen": null,
            "last_request": null, "last_answer": null, "fetched_at": null});
        assert_eq!(
            seen(never),
            "State      expected\nLast seen  never\nFetched    nothing yet; its files are of revision 3"
        );
        let outdated = json!({"state": "outdated", "files_revision": 3, "fetched_revision": 2,
            "last_seen": "2026-03-01T11:59:00Z", "last_request": "HTTP /a.cfg", "last_answer": "not found",
            "fetched_at": "2026-02-28T12:00:00Z"});
        let shown = seen(outdated);
        assert!(shown.contains("Last request  HTTP /a.cfg → not found\n"), "{shown}");
        assert!(shown.ends_with("revision 2 of 3, 1 day ago (2026-02-28 12:00:00 UTC)"), "{shown}");
    }
}
