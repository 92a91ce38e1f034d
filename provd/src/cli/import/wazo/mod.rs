//! `provd import wazo`: everything a wazo-provd server has, taken over by this one: plugins, administrators' files, parameters,
//! configs and devices. All of it is read and tried out first. A second run changes nothing.

mod base;
mod comparison;
mod config;
mod device;
mod documents;
mod files;
mod generated;
mod inventory;
mod migration;
mod next;
mod origin;
mod parameters;
mod placing;
mod plugins;
mod references;
mod rendering;
mod report;
mod settings;
mod storing;

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;
use uuid::Uuid;

use super::super::EXIT_CODES;
use super::super::client::Client;
use super::super::connection::Connection;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::Style;
use inventory::Inventory;
use migration::Migration;
use origin::Origin;

const EXAMPLES: &str = "\
Examples:
  provd import wazo --from /var/lib/wazo-provd --dry-run
  provd import wazo --from /var/lib/wazo-provd
  provd import wazo --from /mnt/old/var/lib/wazo-provd --json

Run it on the machine of the server, which must run: files of administrators
are copied into its data directory. The plugins of wazo-provd are packages
that nobody signed: start the server with --allow-unsigned, or name a key that
it trusts with --key.";

/// `provd import wazo`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}\n\nIt ends with 1 as well if something could not be taken over."))]
pub(super) struct WazoCommand {
    /// What belongs to the other server: its /var/lib/wazo-provd, or a copy of it
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Its settings [default: /etc/wazo-provd on the same disk, if it is there]
    #[arg(long, value_name = "DIR")]
    settings: Option<PathBuf>,

    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,

    /// Change nothing if anything is wrong
    #[arg(long)]
    strict: bool,

    /// Do not wait until the phones are configured
    #[arg(long)]
    no_wait: bool,

    /// Sign the packages of plugins with this secret key; a password it has is in `PROVD_KEY_PASSWORD`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Its master tenant, whose devices are the master tenant's here [default: that of its new devices]
    #[arg(long, value_name = "UUID")]
    master_tenant: Option<Uuid>,

    #[command(flatten)]
    connection: Here,
}

/// The options of all commands once more: the data directory among them matters to this one.
#[derive(Debug)]
struct Here(Connection);

impl Args for Here {
    fn augment_args(command: Command) -> Command {
        // They are there already, for they hold for commands below the one that has them.
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

impl FromArgMatches for Here {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Here, clap::Error> {
        Connection::from_arg_matches(matches).map(Here)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

pub(super) async fn execute(command: WazoCommand, client: &Client, style: Style) -> Result<Output, Failure> {
    let origin = Origin::find(&command.from, command.settings.as_deref())?;
    let inventory = Inventory::read(&origin, command.master_tenant);
    let migration = Migration::prepare(&command, inventory, client).await?;
    let report = migration.run(origin).await?;
    let text = rendering::text(&report, style);
    let why = if !report.applied && !report.dry_run {
        Some("something is wrong, and --strict was stated: nothing is changed")
    } else if report.lacks_something() {
        Some("not everything is taken over: see what is not")
    } else {
        None
    };
    let output = Output::Document { document: json!({"migration": report}), text };
    match why {
        None => Ok(output),
        Some(why) => Err(Failure::in_part(output, why.to_owned())),
    }
}
