//! `provd parameter`: what is set of the server itself.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::table::{Style, cell, field, items, table, text_of};

const EXAMPLES: &str = "\
Examples:
  provd parameter list
  provd parameter set NAT 1
  provd parameter set http_proxy http://proxy.example.org:3128
  provd parameter unset locale";

const LIST: Columns = Columns {
    headings: &["NAME", "VALUE", "DESCRIPTION"],
    dispensable: &["DESCRIPTION"],
    breaks: Some("DESCRIPTION"),
};

/// `provd parameter`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct ParameterCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: ParameterAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ParameterAction {
    /// List all parameters, with their values and what they are for
    List,
    /// Print the value of one
    Show {
        /// Its name, as `list` shows it
        name: String,
    },
    /// Set one; it holds at once, and after a restart
    Set {
        /// Its name, as `list` shows it
        name: String,
        /// Its value
        value: String,
    },
    /// Take the value of one away
    Unset {
        /// Its name, as `list` shows it
        name: String,
    },
}

pub(super) async fn execute(
    action: ParameterAction,
    client: &Client,
    style: Style,
) -> Result<Output, Failure> {
    match action {
        ParameterAction::List => list(client, style).await,
        ParameterAction::Show { name } => show(&name, client).await,
        ParameterAction::Set { name, value } => {
            put(&name, value.into(), client).await?;
            changed(&name, format!("Parameter {name} is set."), client).await
        }
        ParameterAction::Unset { name } => {
            put(&name, Value::Null, client).await?;
            changed(&name, format!("Parameter {name} is not set any more."), client).await
        }
    }
}

async fn list(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get("/configure").await?;
    let row = |param: &Value| {
        ["id", "value", "description"].iter().map(|key| cell(&field(param, key))).collect::<Vec<_>>()
    };
    let rows = items(&document, "params").iter().map(row).collect();
    let text = table(style, &LIST, rows, "There are no parameters.");
    Ok(Output::Document { document, text })
}

async fn show(name: &str, client: &Client) -> Result<Output, Failure> {
    let document = client.get(&path_of(name)).await?;
    let value = document.pointer("/param/value").ok_or_else(|| client.not_provd("it shows no value"))?;
    let text = super::table::harmless(&text_of(value));
    Ok(Output::Document { document, text })
}

async fn put(name: &str, value: Value, client: &Client) -> Result<(), Failure> {
    client.put(&path_of(name), &json!({"param": {"value": value}})).await.map(drop)
}

/// What was done is told to people; programs get the parameter as it is then.
async fn changed(name: &str, text: String, client: &Client) -> Result<Output, Failure> {
    let document = client.get(&path_of(name)).await?;
    Ok(Output::Document { document, text })
}

fn path_of(name: &str) -> String {
    format!("/configure/{}", segment(name))
}
