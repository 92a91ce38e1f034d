//! Unknown phones that wait for an administrator, and what he decides.

use clap::{ArgGroup, Args};
use jiff::Timestamp;
use provd_proto::mac::Mac;
use serde_json::{Value, json};

use super::super::client::{Client, segment};
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::moment::ago;
use super::super::output::Output;
use super::super::table::{Style, cell, field, harmless, table};
use super::edit::outcome;

pub(super) const HELP: &str = "\
Phones wait where the server runs with `--retriever approve`.

Examples:
  provd device waiting
  provd device approve 00085d237429 00085d23742a
  provd device approve --all";

const WAITING: &str = "/dev_mgr/waiting";

const LIST: Columns = Columns {
    headings: &["ID", "MAC", "IP", "SN", "UUID", "VENDOR", "MODEL", "VERSION", "FIRST SEEN", "LAST SEEN"],
    dispensable: &["UUID", "SN", "VERSION", "FIRST SEEN", "VENDOR", "LAST SEEN", "IP", "MODEL"],
    breaks: None,
};

/// Which of those that wait are approved.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["devices", "all"]))]
pub(in crate::cli) struct Approved {
    /// Their ids or MAC addresses
    #[arg(value_name = "ID|MAC")]
    devices: Vec<String>,
    /// All that wait
    #[arg(long)]
    all: bool,
}

/// Which of those that wait are dismissed.
#[derive(Debug, Args)]
pub(in crate::cli) struct Dismissed {
    /// Their ids or MAC addresses
    #[arg(value_name = "ID|MAC", required = true)]
    devices: Vec<String>,
}

pub(super) async fn list(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(WAITING).await?;
    let text = render(&waiting(&document, client)?, style, Timestamp::now());
    Ok(Output::Document { document, text })
}

fn render(waiting: &[Value], style: Style, now: Timestamp) -> String {
    let keys = ["id", "mac", "ip", "sn", "uuid", "vendor", "model", "version"];
    let row = |device: &Value| {
        let mut cells: Vec<_> = keys.iter().map(|key| cell(&field(device, key))).collect();
        cells.extend(["first_seen", "last_seen"].map(|key| cell(&ago(&field(device, key), now))));
        cells
    };
    table(style, &LIST, waiting.iter().map(row).collect(), "No devices wait to be approved.")
}

pub(super) async fn approve(wanted: &Approved, client: &Client) -> Result<Output, Failure> {
    let waiting = waiting(&client.get(WAITING).await?, client)?;
    let ids = if wanted.all {
        waiting.iter().map(|device| field(device, "id")).collect()
    } else {
        ids_of(&wanted.devices, &waiting)?
    };
    let mut done = Decided::new("approved");
    for id in ids {
        match client.post(&format!("{WAITING}/{}/approve", segment(&id)), &json!({})).await {
            Ok(made) => {
                let (_, text) = outcome(&field(&made, "id"), "approved", client).await?;
                done.good(&id, text);
            }
            Err(failure) => done.refused(&id, failure)?,
        }
    }
    done.output()
}

pub(super) async fn dismiss(wanted: &Dismissed, client: &Client) -> Result<Output, Failure> {
    let waiting = waiting(&client.get(WAITING).await?, client)?;
    let mut done = Decided::new("dismissed");
    for id in ids_of(&wanted.devices, &waiting)? {
        match client.delete(&format!("{WAITING}/{}", segment(&id))).await {
            Ok(_) => done.good(&id, format!("Device {id} is dismissed.")),
            Err(failure) => done.refused(&id, failure)?,
        }
    }
    done.output()
}

fn waiting(document: &Value, client: &Client) -> Result<Vec<Value>, Failure> {
    let waiting = document.get("waiting").and_then(Value::as_array);
    Ok(waiting.ok_or_else(|| client.not_provd("it does not list who waits"))?.clone())
}

/// The ids of those that are named. All must be there before anything is decided.
fn ids_of(named: &[String], waiting: &[Value]) -> Result<Vec<String>, Failure> {
    let is_named = |device: &&Value, named: &str| {
        let mac: Option<Mac> = named.parse().ok();
        field(device, "id") == named || mac.is_some_and(|mac| field(device, "mac") == mac.to_string())
    };
    let mut ids = Vec::new();
    for named in named {
        let device = waiting.iter().find(|device| is_named(device, named));
        let device = device.ok_or_else(|| Failure::NotWaiting { named: harmless(named) })?;
        let id = field(device, "id");
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// What became of each. One that is refused does not keep the others from it.
struct Decided {
    what: &'static str,
    ids: Vec<String>,
    texts: Vec<String>,
    refused: Vec<String>,
}

impl Decided {
    fn new(what: &'static str) -> Decided {
        Decided { what, ids: Vec::new(), texts: Vec::new(), refused: Vec::new() }
    }

    fn good(&mut self, id: &str, text: String) {
        self.ids.push(id.to_owned());
        self.texts.push(text);
    }

    /// Only a refusal is about this device; whatever else is wrong is so for the next one too.
    fn refused(&mut self, id: &str, failure: Failure) -> Result<(), Failure> {
        let Failure::Refused { .. } = failure else { return Err(failure) };
        self.refused.push(format!("device {id} is not {}: {failure}", self.what));
        Ok(())
    }

    fn output(self) -> Result<Output, Failure> {
        let text = match self.texts.as_slice() {
            [] if self.refused.is_empty() => "No devices wait to be approved.".to_owned(),
            texts => texts.join("\n"),
        };
        let output = Output::Document { document: json!({ self.what: self.ids }), text };
        if self.refused.is_empty() {
            Ok(output)
        } else {
            Err(Failure::in_part(output, self.refused.join("\n")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> [Value; 2] {
        [
            json!({"id": "a1", "mac": "00:08:5d:23:74:29", "model": "6731i", "first_seen": "2026-03-01T10:00:00Z",
                "last_seen": "2026-03-01T11:58:00Z"}),
            json!({"id": "b2", "ip": "192.0.2.7", "first_seen": "2026-03-01T12:00:00Z",
                "last_seen": "2026-03-01T12:00:00Z"}),
        ]
    }

    #[test]
    fn those_that_wait_are_listed_with_what_they_told() {
        let style = Style { width: None, colour: false };
        let shown = render(&two(), style, "2026-03-01T12:00:00Z".parse().unwrap());
        let line = |number: usize| {
            shown.lines().nth(number).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line(1), "a1 00:08:5d:23:74:29 6731i 2 h ago 2 min ago");
        assert_eq!(line(2), "b2 192.0.2.7 just now just now");
    }

    #[test]
    fn they_are_named_by_id_or_address_and_all_must_wait() {
        let named =
            |names: &[&str]| ids_of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), &two());
        assert_eq!(named(&["b2", "0008.5D23.7429", "a1"]).unwrap(), ["b2", "a1"]);
        let failure = named(&["a1", "c3"]).unwrap_err();
        assert!(failure.exit_code() == 1 && failure.to_string().contains("c3"), "{failure}");
    }

    #[test]
    fn a_refusal_keeps_nothing_else_from_being_done() {
        let mut done = Decided::new("approved");
        done.good("a", "Device a is approved.".to_owned());
        done.refused("b", Failure::Refused { said: "no".to_owned(), status: 400 }).unwrap();
        let Err(Failure::InPart { output, why }) = done.output() else { panic!() };
        let Output::Document { document, text } = *output else { panic!() };
        assert_eq!((document, text.as_str()), (json!({"approved": ["a"]}), "Device a is approved."));
        assert_eq!(why, "device b is not approved: no (HTTP status 400)");
    }
}
