//! What `provd simulate` is told on its command line. What follows from it is decided elsewhere.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use provd_proto::mac::Mac;

use super::rate::{Rate, parse_duration};
use super::share::Share;

const EXAMPLES: &str = "\
Examples:
  provd simulate --family aastra --count 1000 --accounts
  provd simulate --family all --count 10000 --boot 200/s --accounts --dhcp
  provd simulate --family all --count 10000 --within 2m --tftp-share 50% --accounts
  provd simulate --family cisco-sccp --tftp 192.0.2.1:69 --from 10.9.0.0/16
  provd simulate --family aastra,digium --count 200 --duration 10m --json

It asks what phones ask, and may make devices as they do: prefer a server that is there for tests.

Exit codes:
  0  every answer was right
  1  one was not, the server cannot be asked, or it was interrupted
  2  wrong usage";

/// `provd simulate`
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct SimulateCommand {
    /// Families whose phones boot, separated by commas: those inside the program by their names, `all` of them, or folders
    /// with a tests/boot.toml
    #[arg(long, required = true, value_delimiter = ',', value_name = "FAMILY|DIR")]
    pub(super) family: Vec<String>,

    /// How many phones there are, of all models in turn
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) count: u64,

    /// How many of them boot in a second (`50/s`) or minute (`600/m`), whether or not the server keeps up
    #[arg(long, default_value = "50/s", value_name = "RATE")]
    pub(super) boot: Rate,

    /// Boot all of them within this time, as after a power cut: `90s`, `10m`
    #[arg(long, value_name = "TIME", conflicts_with_all = ["boot", "duration"], value_parser = parse_duration)]
    pub(super) within: Option<Duration>,

    /// How many of them are such that ask over TFTP: `50%` [default: as many as there are models that do]
    #[arg(long, value_name = "SHARE")]
    pub(super) tftp_share: Option<Share>,

    /// How many are impatient: they ask for each file, hang up at once, and ask again
    #[arg(long, default_value = "0%", hide_default_value = true, value_name = "SHARE")]
    pub(super) impatient: Share,

    /// How often each phone boots
    #[arg(long, default_value_t = 1, value_name = "N", conflicts_with = "duration", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) rounds: u64,

    /// Phones boot again and again for this long: `90s`, `10m`, `2h`
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(super) duration: Option<Duration>,

    /// Where phones ask over HTTP [default: as listening.json in the data directory says]
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,

    /// Where phones ask over TFTP; port 69 unless stated [default: as listening.json in the data directory says]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) tftp: Option<String>,

    /// Addresses the phones have, one each; they must be this machine's [default: its loopback addresses if the server is on
    /// it, else all phones have one]
    #[arg(long, value_name = "NETWORK")]
    pub(super) from: Option<IpNet>,

    /// Tell of each phone's lease first, as a DHCP server does
    #[arg(long)]
    pub(super) dhcp: bool,

    /// Make an account for each phone first, check that each gets its own and nobody else's, and remove them afterwards
    #[arg(long)]
    pub(super) accounts: bool,

    /// Do not remove what --accounts made
    #[arg(long, requires = "accounts")]
    pub(super) keep: bool,

    /// MAC address of the first phone; each has the next one [default: with their vendors' prefixes, as --seed says]
    #[arg(long, value_name = "MAC")]
    pub(super) first_mac: Option<Mac>,

    /// Which phones: the same number means the same MAC addresses, another one others
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(super) seed: u64,

    /// Use one connection for all that a phone asks in one boot, where phones close each
    #[arg(long)]
    pub(super) keep_alive: bool,

    /// Where the REST interface is, for --dhcp and --accounts [default: as listening.json in the data directory says]
    #[arg(long, env = "PROVD_URL", value_name = "URL", help_heading = "Connection")]
    pub(super) api_url: Option<String>,

    /// A token that permits it [default: admin.token in the data directory]
    #[arg(
        long,
        env = "PROVD_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Connection"
    )]
    pub(super) token: Option<String>,

    /// The server's data directory
    #[arg(
        long,
        env = "PROVD_DATA_DIR",
        default_value = "./provd-data",
        value_name = "DIR",
        help_heading = "Connection"
    )]
    pub(super) data_dir: PathBuf,

    /// Print a JSON document instead of a table
    #[arg(long)]
    pub(super) json: bool,
}

/// Shows no token.
impl fmt::Debug for SimulateCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SimulateCommand { family, count, boot, data_dir, .. } = self;
        f.debug_struct("SimulateCommand")
            .field("family", family)
            .field("count", count)
            .field("boot", boot)
            .field("data_dir", data_dir)
            .finish_non_exhaustive()
    }
}
