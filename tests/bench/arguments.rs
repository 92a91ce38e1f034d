//! What whoever measures can ask for, and how much is measured then.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

/// How long a glimpse looks at each side.
const GLIMPSE: Duration = Duration::from_millis(200);

/// Measure provd beside other servers that serve the same bytes, in turn, and print what became of each goal.
#[derive(Debug, Default, Parser)]
#[command(bin_name = "tests/bench/run")]
pub(crate) struct Arguments {
    /// Only rows whose name contains this; may be given several times. `--list` names them
    #[arg(long, value_name = "ROW")]
    pub(crate) only: Vec<String>,
    /// How often each side is measured [default: 5]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// For how long each time [default: 3]
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Fleets of 100,000 and 1,000,000 devices too, which takes an hour
    #[arg(long)]
    long: bool,
    /// Where to write all that was measured
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// What `--json` wrote before, to compare with
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Where to draw the results, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// Name the rows and measure nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// What FILEs are relative to: cargo starts this elsewhere than it was started
    #[arg(long, hide = true)]
    pub(crate) folder: Option<PathBuf>,
    /// cargo bench says so; cargo test does not
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// How often each side is asked.
    pub(crate) rounds: usize,
    /// For how long each time.
    pub(crate) duration: Duration,
    /// Whether the largest fleets are wanted.
    pub(crate) is_long: bool,
    /// Whether it is only to be made sure that everything works.
    pub(crate) is_glimpse: bool,
}

impl Arguments {
    /// From the command line. What a runner of tests adds there is for tests, so that only a bench refuses what it does not
    /// know.
    pub(crate) fn from_command_line() -> Arguments {
        if std::env::args().any(|argument| argument == "--bench") {
            return Arguments::parse();
        }
        match Arguments::try_parse() {
            Err(error) if error.kind() == ErrorKind::DisplayHelp => error.exit(),
            parsed => parsed.unwrap_or_default(),
        }
    }

    /// How much is to be measured.
    pub(crate) fn plan(&self) -> Plan {
        let (rounds, duration) = if self.bench { (5, Duration::from_secs(3)) } else { (1, GLIMPSE) };
        let asked = self.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Plan {
            rounds: self.rounds.unwrap_or(rounds).max(1),
            duration: asked.unwrap_or(duration),
            is_long: self.long,
            is_glimpse: !self.bench,
        }
    }

    /// Whether a row is wanted.
    pub(crate) fn want(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| row.contains(part.as_str()))
    }
}
