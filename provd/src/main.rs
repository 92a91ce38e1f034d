//! The provd binary: reads the arguments, hands over.

use std::process::ExitCode;

use clap::Parser as _;
use provd::command::{Cli, dispatch};

fn main() -> ExitCode {
    dispatch(Cli::parse())
}
