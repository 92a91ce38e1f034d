//! `provd dhcp-config`: the piece of a DHCP server's configuration that leads all phones of the installed plugins to provd.
//!
//! Only written down here: no DHCP server is touched. Hints come from plugins, so nothing of one stands outside of quotes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::EXIT_CODES;
use super::client::Client;
use super::connection::ApiConnection;
use super::failure::Failure;
use super::output::Output;
use advertised::{Advertised, check_http, check_tftp};
use plan::{Hints, Plan};

pub(super) use expected::{Expected, Shown, expected};

mod advertised;
mod classes;
mod comment;
mod dnsmasq;
mod expected;
mod isc;
mod kea;
mod plan;
#[cfg(test)]
mod tests;
mod value;

const EXAMPLES: &str = "\
Examples:
  provd dhcp-config --server dnsmasq --output /etc/dnsmasq.d/provd.conf
  provd dhcp-config --server isc --url http://provd.example.org:8667 \\
      --tftp 192.0.2.1 > /etc/dhcp/provd.conf
  provd dhcp-config --server kea --output /etc/kea/provd.json \\
      && kea-dhcp4 -t /etc/kea/kea-dhcp4.conf
  provd dhcp-config --json

Make the file again when plugins were installed or upgraded.";

/// `provd dhcp-config`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct DhcpConfigCommand {
    #[command(flatten)]
    pub(super) connection: ApiConnection,
    #[command(flatten)]
    pub(super) wanted: Wanted,
}

/// What to write, and where.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// The DHCP server to write for
    #[arg(long, value_enum, required_unless_present = "json")]
    server: Option<DhcpServer>,
    /// URL under which phones reach provd over HTTP [default: what the server advertises]
    #[arg(id = "phones", long = "url", value_name = "URL", value_parser = check_http)]
    url: Option<String>,
    /// Address, or name, under which phones reach provd over TFTP [default: what the server advertises]
    #[arg(long, value_name = "ADDR", value_parser = check_tftp)]
    tftp: Option<String>,
    /// File to write to, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// DHCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DhcpServer {
    /// dhcpd of ISC
    Isc,
    /// kea-dhcp4
    Kea,
    /// dnsmasq
    Dnsmasq,
}

pub(super) async fn execute(wanted: Wanted, client: &Client, json: bool) -> Result<Output, Failure> {
    let document = client.get("/pg_mgr/dhcp_hints").await?;
    let hints = hints(&document, client)?;
    let own = Advertised::new(wanted.url, wanted.tftp, &document, client)?;
    let text = match wanted.server {
        Some(server) if !json => snippet(server, &hints, &own),
        _ => format!("{document:#}\n"),
    };
    let Some(path) = wanted.output else {
        let text = text.trim_end().to_owned();
        return Ok(Output::Document { document, text });
    };
    let wrong = |error: std::io::Error| Failure::File { path: path.clone(), why: error.to_string() };
    std::fs::write(&path, text).map_err(wrong)?;
    let said = format!("Written to {}. Check it before the DHCP server starts anew.", path.display());
    Ok(Output::Document { document: json!({"written": path.display().to_string()}), text: said })
}

fn hints(document: &Value, client: &Client) -> Result<Hints, Failure> {
    document
        .get("plugins")
        .and_then(|plugins| serde_json::from_value(plugins.clone()).ok())
        .ok_or_else(|| client.not_provd("its DHCP hints are not understood"))
}

fn snippet(server: DhcpServer, hints: &Hints, own: &Advertised) -> String {
    let plan = Plan::new(hints, own);
    match server {
        DhcpServer::Isc => isc::render(&plan),
        DhcpServer::Kea => kea::render(&plan),
        DhcpServer::Dnsmasq => dnsmasq::render(&plan),
    }
}
