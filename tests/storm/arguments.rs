//! How large a storm is wanted, and what is promised of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

const EXAMPLES: &str = "\
Examples:
  tests/storm/run                              10,000 phones within two minutes, then as many at once
  tests/storm/run --phones 300 --seconds 20    a small one
  tests/storm/run --json storm.json            with all that `provd simulate` said

Exit codes:
  0  every promise was kept
  1  one was broken, or it could not be played";

/// Play phones that all boot after a power cut while a config changes and a plugin crashes, then more of them at once than the
/// server can bear, on a real server with the plugins inside it; say what was promised and what was seen.
#[derive(Debug, Parser)]
#[command(bin_name = "tests/storm/run", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How many phones boot
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub(crate) phones: u64,
    /// Within which time
    #[arg(long, value_name = "S", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How many boot within one second afterwards [default: as many again]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=60_000))]
    burst: Option<u64>,
    /// How many of a hundred ask over TFTP
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) tftp_share: u8,
    /// How many of a hundred ask for each file, hang up, and ask again
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) impatient: u8,
    /// Most memory the server may take, in MB
    #[arg(long, value_name = "MB", default_value_t = 256)]
    pub(crate) memory: u64,
    /// Where to write all that was seen
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// What FILE is relative to: cargo starts this elsewhere than it was started
    #[arg(long, hide = true)]
    pub(crate) folder: Option<PathBuf>,
    /// cargo bench says so; cargo test does not
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

impl Arguments {
    /// From the command line. Run by anything but `cargo bench` it is a breath of wind, to see that everything works; what a
    /// runner of tests adds there is for tests.
    pub(crate) fn from_command_line() -> Arguments {
        if std::env::args().any(|argument| argument == "--bench") {
            return Arguments::parse();
        }
        Arguments::parse_from(["storm", "--phones", "60", "--seconds", "3"])
    }

    /// Within which time all phones boot.
    pub(crate) fn within(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How many boot at once.
    pub(crate) fn burst(&self) -> u64 {
        self.burst.unwrap_or(self.phones)
    }
}
