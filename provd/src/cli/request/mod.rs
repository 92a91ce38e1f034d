//! `provd request`: what phones asked, and why each got what it got.

use std::net::IpAddr;

use clap::{Args, Subcommand};

use super::EXIT_CODES;
use super::client::Client;
use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::table::Style;
pub(super) use list::table_of;

mod explain;
mod follow;
mod list;

/// How plugins say that they support a phone, the best first.
pub(super) const SUPPORTS: [&str; 7] =
    ["exact", "complete", "incomplete", "probable", "unknown", "improbable", "none"];

const EXAMPLES: &str = "\
Examples:
  provd request list --refused
  provd request list --device 00085d237429 --limit 10
  provd request list --follow
  provd request explain 4711

The server keeps the last requests, the refused ones longer, until it ends.";

/// `provd request`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct RequestCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: RequestAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum RequestAction {
    /// List the last requests, newest first
    List(Which),
    /// Tell the story of one request: what plugins said, how its phone was found, who answered, how long it took
    Explain {
        /// Its number
        #[arg(value_name = "ID")]
        id: u64,
    },
}

/// Which requests.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Only those that did not get what they asked for
    #[arg(long)]
    refused: bool,
    /// Only those of this phone; the MAC address may be one nobody knows
    #[arg(long, value_name = "ID|MAC")]
    device: Option<String>,
    /// Only those from this address
    #[arg(long, value_name = "ADDR")]
    ip: Option<IpAddr>,
    /// At most so many [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Go on with each new request, oldest first, a line or with --json a document each, until interrupted
    #[arg(long)]
    follow: bool,
}

pub(super) async fn execute(
    action: RequestAction,
    client: &Client,
    style: Style,
    json: bool,
) -> Result<Output, Failure> {
    match action {
        RequestAction::List(which) if which.follow => {
            follow::follow(&list::query(&which, client).await?, &which, client, json).await
        }
        RequestAction::List(which) => list::list(&which, client, style).await,
        RequestAction::Explain { id } => explain::explain(id, client, style).await,
    }
}
