//! The command line of administrators: devices, configs and plugins of a running server, over its REST interface.
//!
//! Nothing here knows the server's inside: it could run on another machine. Commands give their output as a value; only
//! [`run`] writes to the terminal.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;

mod assignment;
mod client;
mod columns;
mod config;
mod connection;
mod device;
mod document;
mod failure;
mod identity;
mod output;
mod plugin;
mod table;

#[cfg(test)]
mod tests;

pub use config::ConfigCommand;
pub use connection::Connection;
pub use device::DeviceCommand;
pub use plugin::PluginCommand;

use client::Client;
use failure::Failure;
use output::Output;
use table::Style;

/// How every one of these commands ends, for its `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused by the server: it says why
  2  wrong usage
  3  the server cannot be reached
  4  not authorised";

/// What administrators ask of a running server.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Phones: list, show, create, change, delete, configure anew
    Device(DeviceCommand),
    /// Configs, from which phones inherit their parameters
    Config(ConfigCommand),
    /// Plugins: how they are, what they log, starting one anew
    Plugin(PluginCommand),
}

/// Does what a command says: its output goes to stdout, why it failed to stderr. See `--help` for the exit codes.
pub async fn run(command: ClientCommand) -> ExitCode {
    let outcome = execute(command, Style::of_stdout()).await;
    match outcome.and_then(|output| print(&output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If stderr is closed as well, the exit code is all that can be said.
            let _ = writeln!(io::stderr(), "provd: {failure}");
            failure.exit_code().into()
        }
    }
}

async fn execute(command: ClientCommand, style: Style) -> Result<Output, Failure> {
    let connection = match &command {
        ClientCommand::Device(command) => &command.connection,
        ClientCommand::Config(command) => &command.connection,
        ClientCommand::Plugin(command) => &command.connection,
    };
    let client = Client::new(connection)?;
    let json = connection.json;
    let output = match command {
        ClientCommand::Device(command) => device::execute(command.action, &client, style).await,
        ClientCommand::Config(command) => config::execute(command.action, &client, style).await,
        ClientCommand::Plugin(command) => plugin::execute(command.action, &client, style).await,
    }?;
    Ok(if json { output.into_json() } else { output })
}

fn print(output: &Output) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(&output.to_bytes()).and_then(|()| stdout.flush()) {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(Failure::Output),
    }
}
