//! `provd firmware`: firmware and languages of phones, for a running server.

mod change;
mod import;
mod list;
mod show;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::table::Style;

const EXAMPLES: &str = "\
Examples:
  provd firmware available
  provd firmware install aastra-3.3.1-SP4/6731i-fw
  provd firmware upgrade aastra-3.3.1-SP4/6731i-fw
  provd firmware import ~/downloads
  provd firmware show aastra-3.3.1-SP4/6731i-fw
  provd firmware remove aastra-3.3.1-SP4/6731i-fw

Where a vendor's link has died, or the server cannot download: bring the files
along with `import`. They are known by what is in them, not by their names.";

/// `provd firmware`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct FirmwareCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: FirmwareAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum FirmwareAction {
    /// List packages that plugins have, and which versions their phones have now
    Available {
        /// Only those of this plugin
        plugin: Option<String>,
    },
    /// List packages that are installed
    Installed {
        /// Only those of this plugin
        plugin: Option<String>,
    },
    /// Show a package: its files, where phones find what, which phones it is for
    Show {
        /// The package
        package: Name,
    },
    /// Download a package and what it needs, and have phones find it
    Install(Wanted),
    /// Replace a package by the version that its plugin has now; phones find the old one meanwhile
    Upgrade(Wanted),
    /// Remove a package, and what is only there for it
    Remove {
        /// The package
        package: Name,
    },
    /// Bring along vendors' files: of these files and folders, those that some package needs
    Import {
        /// Files, or folders with all that is in them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// A package that is to be there, or to be newer.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// The package
    package: Name,
    /// Do not wait until it is done
    #[arg(long)]
    no_wait: bool,
}

/// `PLUGIN/PACKAGE`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    plugin: String,
    id: String,
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Name, String> {
        let parts = text.split_once('/').filter(|(plugin, id)| !plugin.is_empty() && !id.is_empty());
        let (plugin, id) =
            parts.ok_or("expected PLUGIN/PACKAGE, as `provd firmware available` lists them")?;
        Ok(Name { plugin: plugin.to_owned(), id: id.to_owned() })
    }
}

impl Name {
    fn path(&self) -> String {
        format!("/firmware/{}/{}", segment(&self.plugin), segment(&self.id))
    }

    fn step(&self, step: &str) -> String {
        format!("/pg_mgr/plugins/{}/install/{step}", segment(&self.plugin))
    }
}

pub(super) async fn execute(
    action: FirmwareAction,
    client: &Client,
    style: Style,
) -> Result<Output, Failure> {
    match action {
        FirmwareAction::Available { plugin } => list::available(plugin.as_deref(), client, style).await,
        FirmwareAction::Installed { plugin } => list::installed(plugin.as_deref(), client, style).await,
        FirmwareAction::Show { package } => show::show(&package, client, style).await,
        FirmwareAction::Install(wanted) => change::change("install", &wanted, client).await,
        FirmwareAction::Upgrade(wanted) => change::change("upgrade", &wanted, client).await,
        FirmwareAction::Remove { package } => change::remove(&package, client).await,
        FirmwareAction::Import { paths } => import::import(&paths, client, style).await,
    }
}
