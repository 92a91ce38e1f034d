//! `provd config`: the graph of configs phones inherit from.

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::document::{Edits, Kind};
use super::failure::Failure;
use super::output::Output;
use super::table::{Style, cell, field, leaves, pairs, table};

mod edit;
mod heirs;

const CONFIGS: &str = "/cfg_mgr/configs";

/// What a config is on the wire.
pub(super) const KIND: Kind =
    Kind { wrapper: "config", texts: &["id", "role", "label"], short: Some(("raw", "raw_config")) };

const EXAMPLES: &str = "\
Examples:
  provd config list
  provd config create --parent base --set id=reception \\
      --set raw.sip_lines.1.username=1001
  provd config update base --set raw.ntp_enabled=true \\
      --set raw.ntp_ip=192.0.2.1
  provd config update reception --unset raw.sip_lines.2
  provd config raw reception
  provd config show autoprov --json | provd config create --file - \\
      --set id=copy --unset role --unset deletable";

const CONSEQUENCE: &str = "\
A change of a config ends with 1 as well if it is stored, but phones that
inherit from it cannot be configured.";

const LIST: Columns = Columns {
    headings: &["ID", "PARENTS", "TYPE", "ROLE", "LABEL", "TRANSIENT", "DELETABLE"],
    dispensable: &["TRANSIENT", "DELETABLE", "ROLE", "TYPE", "LABEL"],
    breaks: Some("PARENTS"),
};

/// `provd config`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}\n\n{CONSEQUENCE}"))]
pub struct ConfigCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// List all configs
    List,
    /// Show one config as it was written
    Show {
        /// Its id
        id: String,
    },
    /// Show what a config amounts to with all it inherits
    Raw {
        /// Its id
        id: String,
    },
    /// Create a config; raw.NAME sets a parameter of phones
    Create {
        #[command(flatten)]
        changes: Changes,
        #[command(flatten)]
        patience: Patience,
    },
    /// Change keys of a config; with --file, replace the whole document; phones that inherit are configured anew
    Update {
        /// Its id
        id: String,
        #[command(flatten)]
        changes: Changes,
        #[command(flatten)]
        patience: Patience,
    },
    /// Delete a config; configs that inherit from it lose what it gave, and their phones are configured anew; phones that
    /// name it themselves are no longer configured
    Delete {
        /// Its id
        id: String,
        #[command(flatten)]
        patience: Patience,
    },
}

/// Whether phones that inherit are waited for.
#[derive(Debug, Args)]
pub(super) struct Patience {
    /// Do not wait until the phones that inherit are configured anew, nor say which of them cannot be
    #[arg(long)]
    no_wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct Changes {
    /// A config to inherit from; repeated, later ones win; replaces the parents there were
    #[arg(long = "parent", value_name = "ID")]
    parents: Vec<String>,
    #[command(flatten)]
    edits: Edits,
}

impl Changes {
    fn apply(&self, config: &mut Map<String, Value>) -> Result<(), Failure> {
        if !self.parents.is_empty() {
            config.insert("parent_ids".to_owned(), self.parents.clone().into());
        }
        self.edits.apply(config, &KIND)
    }
}

pub(super) async fn execute(action: ConfigAction, client: &Client, style: Style) -> Result<Output, Failure> {
    match action {
        ConfigAction::List => list(client, style).await,
        ConfigAction::Show { id } => show(&id, client, style).await,
        ConfigAction::Raw { id } => raw(&id, client, style).await,
        ConfigAction::Create { changes, patience } => edit::create(&changes, patience, client).await,
        ConfigAction::Update { id, changes, patience } => edit::update(&id, &changes, patience, client).await,
        ConfigAction::Delete { id, patience } => edit::delete(&id, patience, client).await,
    }
}

async fn list(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(CONFIGS).await?;
    let configs = document.get("configs").and_then(Value::as_array);
    let configs = configs.ok_or_else(|| client.not_provd("it lists no configs"))?;
    let text = render_list(configs, style);
    Ok(Output::Document { document, text })
}

fn render_list(configs: &[Value], style: Style) -> String {
    let row = |config: &Value| {
        let parents = config.get("parent_ids").and_then(Value::as_array);
        let parents =
            parents.map_or_else(Vec::new, |parents| parents.iter().filter_map(Value::as_str).collect());
        let mut cells = vec![cell(&field(config, "id")), cell(&parents.join(", "))];
        cells.extend(
            ["X_type", "role", "label", "transient", "deletable"].map(|key| cell(&field(config, key))),
        );
        cells
    };
    table(style, &LIST, configs.iter().map(row).collect(), "There are no configs.")
}

async fn show(id: &str, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&path_of(id)).await?;
    let text = render(inner(&document, client)?, style);
    Ok(Output::Document { document, text })
}

/// Keys as `--set` takes them.
fn render(config: &Map<String, Value>, style: Style) -> String {
    let mut config = config.clone();
    let raw = config.shift_remove("raw_config");
    let mut leaves_shown = leaves(&config, "");
    if let Some(Value::Object(raw)) = raw {
        leaves_shown.extend(leaves(&raw, "raw."));
    }
    pairs(style, leaves_shown.iter().map(|(key, value)| (key.as_str(), cell(value))).collect())
}

async fn raw(id: &str, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&format!("{}/raw", path_of(id))).await?;
    let raw = document.get("raw_config").and_then(Value::as_object);
    let leaves = leaves(raw.ok_or_else(|| client.not_provd("it shows no raw config"))?, "");
    let text = pairs(style, leaves.iter().map(|(key, value)| (key.as_str(), cell(value))).collect());
    Ok(Output::Document { document, text })
}

/// A config as it was written.
pub(super) async fn stored(id: &str, client: &Client) -> Result<Map<String, Value>, Failure> {
    Ok(inner(&client.get(&path_of(id)).await?, client)?.clone())
}

fn path_of(id: &str) -> String {
    format!("{CONFIGS}/{}", segment(id))
}

fn inner<'a>(document: &'a Value, client: &Client) -> Result<&'a Map<String, Value>, Failure> {
    let config = document.get("config").and_then(Value::as_object);
    config.ok_or_else(|| client.not_provd("it shows no config"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    #[test]
    fn a_config_is_shown_as_it_is_set() {
        let config =
            json!({"id": "a", "raw_config": {"sip_lines": {"1": {"username": "u"}}}, "parent_ids": ["b"]});
        let shown = render(config.as_object().unwrap(), PIPE);
        assert_eq!(
            shown,
            "id                        a\nparent_ids                [\"b\"]\nraw.sip_lines.1.username  u"
        );
    }

    #[test]
    fn a_list_shows_parents_in_order() {
        let configs = [json!({"id": "a", "parent_ids": ["b", "c"], "X_type": "device", "deletable": false})];
        let shown = render_list(&configs, PIPE);
        let cells: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(cells, ["a", "b,", "c", "device", "false"]);
    }
}
