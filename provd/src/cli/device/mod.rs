//! `provd device`: phones, what is generated for them, and what is known of how they got it.

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::connection::Connection;
use super::document::{Edits, Kind};
use super::failure::Failure;
use super::identity::{DEVICES, id_of};
use super::output::Output;
use super::table::Style;
use files::Wanted;
use list::Which;
use preview::Previewed;
use synchronize::Synchronization;
use waiting::{Approved, Dismissed};

mod edit;
mod explain;
mod files;
mod list;
mod preview;
mod remote_state;
mod save;
mod show;
mod synchronize;
mod waiting;

/// What a device is on the wire.
pub(super) const KIND: Kind = Kind {
    wrapper: "device",
    texts: &[
        "id",
        "mac",
        "ip",
        "sn",
        "uuid",
        "vendor",
        "model",
        "version",
        "plugin",
        "config",
        "description",
        "tenant_uuid",
    ],
    short: None,
};

const EXAMPLES: &str = "\
Examples:
  provd device list --outdated --where vendor=Aastra
  provd device create --set mac=00:08:5d:23:74:29 \\
      --set plugin=aastra-3.2.2.1136 --set config=reception
  provd device update 00085d237429 --set description='Front desk' \\
      --set options.switchboard=true
  provd device show 00085d237429 --json > phone.json
  provd device update 00085d237429 --file phone.json
  provd device explain 00085d237429
  provd device files 00085d237429 Aastra/00085D237429.cfg
  provd device preview 00085d237429 --config changed.json
  provd device synchronize --outdated --at-once 5 --halt-after 2
  provd device waiting
  provd device approve 00085d237429";

/// `provd device`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct DeviceCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: DeviceAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceAction {
    /// List phones, and which of them have what they should have
    #[command(after_help = list::HELP)]
    List(Which),
    /// Show one phone, and what was last seen of it
    Show(Named),
    /// Create a phone; id, mac, ip, sn, uuid, vendor, model, version, plugin, config and description are usual keys
    Create {
        #[command(flatten)]
        edits: Edits,
    },
    /// Change keys of a phone; with --file, replace the whole document
    Update {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        edits: Edits,
    },
    /// Delete a phone and its files
    Delete(Named),
    /// Generate the files of a phone anew
    Reconfigure(Named),
    /// List the files generated for a phone and those common to its plugin, print one, or write all of them out
    #[command(after_help = files::HELP)]
    Files(Wanted),
    /// Show what files would change, were the phone configured now or from another config; nothing is stored
    #[command(after_help = preview::HELP)]
    Preview(Previewed),
    /// Say why a phone gets what it gets, or why it gets nothing; also of a MAC address nobody knows
    #[command(after_help = explain::HELP)]
    Explain {
        /// Its id or MAC address
        #[arg(value_name = "ID|MAC")]
        device: String,
    },
    /// Tell phones to fetch their files again
    #[command(after_help = synchronize::HELP)]
    Synchronize(Synchronization),
    /// List unknown phones that wait to be approved
    Waiting,
    /// Make phones that wait phones like any other
    #[command(after_help = waiting::HELP)]
    Approve(Approved),
    /// Take phones from the list of those that wait; one that asks again is back
    Dismiss(Dismissed),
}

/// Which phone.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its id or MAC address
    #[arg(value_name = "ID|MAC")]
    device: String,
}

impl Named {
    async fn id(&self, client: &Client) -> Result<String, Failure> {
        id_of(&self.device, client).await
    }
}

pub(super) async fn execute(action: DeviceAction, client: &Client, style: Style) -> Result<Output, Failure> {
    match action {
        DeviceAction::List(which) => list::list(&which, client, style).await,
        DeviceAction::Show(named) => show::show(&named.id(client).await?, client, style).await,
        DeviceAction::Create { edits } => edit::create(&edits, client).await,
        DeviceAction::Update { named, edits } => edit::update(&named, &edits, client).await,
        DeviceAction::Delete(named) => edit::delete(&named.id(client).await?, client).await,
        DeviceAction::Reconfigure(named) => edit::reconfigure(&named.id(client).await?, client).await,
        DeviceAction::Files(wanted) => files::execute(&wanted, client, style).await,
        DeviceAction::Preview(previewed) => preview::preview(&previewed, client, style).await,
        DeviceAction::Explain { device } => explain::explain(&device, client, style).await,
        DeviceAction::Synchronize(wanted) => synchronize::synchronize(&wanted, client).await,
        DeviceAction::Waiting => waiting::list(client, style).await,
        DeviceAction::Approve(approved) => waiting::approve(&approved, client).await,
        DeviceAction::Dismiss(dismissed) => waiting::dismiss(&dismissed, client).await,
    }
}

fn path_of(id: &str) -> String {
    format!("{DEVICES}/{}", segment(id))
}

fn inner<'a>(document: &'a Value, client: &Client) -> Result<&'a Map<String, Value>, Failure> {
    let device = document.get("device").and_then(Value::as_object);
    device.ok_or_else(|| client.not_provd("it shows no device"))
}
