//! Telling phones to fetch their files again: one, or many at a pace.

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use super::super::assignment::Assignment;
use super::super::client::Client;
use super::super::failure::Failure;
use super::super::identity::id_of;
use super::super::operation::{follow, number_of, outcome};
use super::super::output::Output;
use super::super::selection::selector;
use super::KIND;

pub(super) const HELP: &str = "\
Phones are named, or selected: what is stated must all hold. That a phone was
told does not mean that it fetched anything: `provd device list --outdated` shows
which did not.

Examples:
  provd device synchronize 00085d237429
  provd device synchronize --plugin aastra-3.2.2.1136 --outdated
  provd device synchronize --all --at-once 20 --pause 5 --halt-after 3

Ends with 1 if a phone could not be told.";

/// Which phones, and how fast.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true)
    .args(["devices", "plugin", "stated", "outdated", "all"]))]
pub(in crate::cli) struct Synchronization {
    /// Their ids or MAC addresses
    #[arg(value_name = "ID|MAC")]
    devices: Vec<String>,
    /// Those of this plugin
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
    /// Those with this value; repeated, all must hold; dots lead into objects
    #[arg(long = "where", value_name = "KEY=VALUE")]
    stated: Vec<Assignment>,
    /// Those that have not fetched the configuration they should have
    #[arg(long)]
    outdated: bool,
    /// All phones
    #[arg(long, conflicts_with_all = ["devices", "plugin", "stated", "outdated"])]
    all: bool,
    /// Tell so many at the same time [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    at_once: Option<u64>,
    /// Wait so long between them [default: 1]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pause: Option<f64>,
    /// Give up as soon as more than so many could not be told [default: never]
    #[arg(long, value_name = "N")]
    halt_after: Option<u64>,
    /// Do not wait until all are told
    #[arg(long)]
    no_wait: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected seconds, as 0.5")?;
    if seconds.is_finite() && seconds >= 0.0 {
        Ok(seconds)
    } else {
        Err("expected seconds, 0 or more".to_owned())
    }
}

impl Synchronization {
    /// The one phone, if nothing more is asked.
    fn only(&self) -> Option<&str> {
        let selected = self.plugin.is_some() || !self.stated.is_empty() || self.outdated;
        match self.devices.as_slice() {
            [device] if !selected => Some(device),
            _ => None,
        }
    }

    fn document(&self, ids: &[String]) -> Result<Value, Failure> {
        let mut wanted = Map::new();
        let mut state = |key: &str, value: Option<Value>| {
            wanted.extend(value.map(|value| (key.to_owned(), value)));
        };
        let selector = selector(&self.stated, &KIND)?;
        state("ids", (!ids.is_empty()).then(|| json!(ids)));
        state("plugin", self.plugin.as_deref().map(Value::from));
        state("where", (!selector.is_empty()).then_some(Value::Object(selector)));
        state("outdated", self.outdated.then_some(Value::Bool(true)));
        state("all", self.all.then_some(Value::Bool(true)));
        state("at_once", self.at_once.map(Value::from));
        state("pause", self.pause.map(Value::from));
        state("halt_after", self.halt_after.map(Value::from));
        Ok(json!({ "synchronization": wanted }))
    }
}

pub(super) async fn synchronize(wanted: &Synchronization, client: &Client) -> Result<Output, Failure> {
    let mut ids = Vec::new();
    for device in &wanted.devices {
        ids.push(id_of(device, client).await?);
    }
    let (path, said) = match (wanted.only(), ids.as_slice()) {
        (Some(_), [id]) => client.begin("/dev_mgr/synchronize", &json!({"id": id})).await?,
        _ => client.begin("/dev_mgr/synchronizations", &wanted.document(&ids)?).await?,
    };
    if !wanted.no_wait {
        return outcome(follow(&path, client).await?);
    }
    let number = number_of(&path);
    let told = said.get("devices").and_then(Value::as_u64).unwrap_or(1);
    let text = format!("{told} to be told: see `provd operation watch {number}`.");
    Ok(Output::Document { document: client.get(&path).await?, text })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        wanted: Synchronization,
    }

    fn parse(arguments: &str) -> Result<Synchronization, clap::Error> {
        let arguments = std::iter::once("synchronize").chain(arguments.split_whitespace());
        Cli::try_parse_from(arguments).map(|cli| cli.wanted)
    }

    #[test]
    fn which_phones_must_be_said() {
        for wrong in [
            "",
            "--at-once 3",
            "--all a",
            "--all --outdated",
            "a --at-once 0",
            "a --pause -1",
            "a --pause NaN",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_phone_is_told_as_ever() {
        assert_eq!(parse("a").unwrap().only(), Some("a"));
        for many in ["a b", "a --outdated", "--plugin p", "--all"] {
            assert_eq!(parse(many).unwrap().only(), None, "{many}");
        }
    }

    #[test]
    fn many_are_selected_by_all_that_is_stated() {
        let wanted =
            parse("--plugin p --where model=6731i --outdated --at-once 5 --pause 0.5 --halt-after 0")
                .unwrap();
        let expected = json!({"plugin": "p", "where": {"model": "6731i"}, "outdated": true, "at_once": 5,
            "pause": 0.5, "halt_after": 0});
        assert_eq!(wanted.document(&[]).unwrap(), json!({"synchronization": expected}));
        let named = parse("a b").unwrap().document(&["a".to_owned(), "b".to_owned()]).unwrap();
        assert_eq!(named, json!({"synchronization": {"ids": ["a", "b"]}}));
        assert_eq!(parse("--all").unwrap().document(&[]).unwrap(), json!({"synchronization": {"all": true}}));
    }
}
