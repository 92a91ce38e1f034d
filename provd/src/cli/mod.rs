//! The command line of administrators: devices, configs and plugins of a running server, over its REST interface.
//!
//! Nothing here knows the server's inside: it could run on another machine. Commands give their output as a value, which
//! [`run`] writes; only what is followed as it happens, operations and requests, is shown meanwhile.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;

mod apply;
mod assignment;
mod audit;
mod client;
mod columns;
mod config;
mod connection;
mod device;
mod dhcp_config;
mod doctor;
mod document;
mod documentation;
mod events;
mod export;
mod failure;
mod firmware;
mod identity;
mod import;
mod moment;
mod operation;
mod output;
mod paint;
mod parameter;
mod plugin;
mod request;
mod selection;
mod table;
mod tenant;
mod token;

#[cfg(test)]
mod tests;

pub use apply::ApplyCommand;
pub use audit::AuditCommand;
pub use config::ConfigCommand;
pub use connection::Connection;
pub use device::DeviceCommand;
pub use dhcp_config::DhcpConfigCommand;
pub use doctor::DoctorCommand;
pub use documentation::{CompletionCommand, ManCommand, complete, write_manual};
pub use events::EventsCommand;
pub use export::ExportCommand;
pub use firmware::FirmwareCommand;
pub use import::ImportCommand;
pub use operation::OperationCommand;
pub use parameter::ParameterCommand;
pub use plugin::PluginCommand;
pub use request::RequestCommand;
pub use tenant::TenantCommand;
pub use token::TokenCommand;

use crate::authoring::arguments::AuthoringCommand;
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
  4  not authorised
  5  something would change, where only that was asked";

/// What administrators ask of a running server.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Phones: list, change, approve, explain, preview, synchronize
    Device(DeviceCommand),
    /// Configs, from which phones inherit their parameters
    Config(ConfigCommand),
    /// Firmware and languages of phones: what there is, installing, removing, bringing files along
    Firmware(FirmwareCommand),
    /// Take in a file of phones and configs: all of it, or nothing
    Import(ImportCommand),
    /// Give out phones and configs as a file
    Export(ExportCommand),
    /// Make phones and configs what files say, after showing what that changes
    Apply(ApplyCommand),
    /// What is set of the server itself: NAT, proxies, language
    Parameter(ParameterCommand),
    /// What phones asked, and why each got what it got
    Request(RequestCommand),
    /// What happens, as it happens: phones, configs, plugins, operations, requests
    Events(EventsCommand),
    /// Who changed what, and when
    Audit(AuditCommand),
    /// Who may use this interface: make tokens, see when they were used, revoke them
    Token(TokenCommand),
    /// Tenants, whose phones are kept apart
    Tenant(TenantCommand),
    /// Work that goes on after a change was answered
    Operation(OperationCommand),
    /// Print what a DHCP server needs to lead phones here: for ISC dhcpd, Kea or dnsmasq
    DhcpConfig(DhcpConfigCommand),
}

/// Does what a command says: its output goes to stdout, why it failed to stderr. See `--help` for the exit codes.
pub async fn run(command: ClientCommand) -> ExitCode {
    report(execute(command, Style::of_stdout()).await)
}

/// Does what a `provd plugin` command says, but for what needs a plugin's own process: that is given back, with whether a
/// document is wanted.
pub async fn run_plugin(command: PluginCommand) -> Result<ExitCode, (AuthoringCommand, bool)> {
    let PluginCommand { connection, action } = command;
    let (style, json) = (Style::of_stdout(), connection.json);
    match action {
        plugin::Action::Server(action) => Ok(report(execute_plugin(action, &connection, style).await)),
        plugin::Action::Packing(action) => Ok(report(fit(plugin::pack(action, style), json))),
        plugin::Action::Authoring(command) => Err((command, json)),
    }
}

/// Looks at everything that usually goes wrong. Unlike the others it needs no server that runs.
pub async fn examine(command: DoctorCommand) -> ExitCode {
    let json = command.connection.json;
    report(fit(doctor::execute(command, Style::of_stdout()).await, json))
}

fn report(outcome: Result<Output, Failure>) -> ExitCode {
    match outcome.and_then(|output| print(&output)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Failure::InPart { output, .. } | Failure::WouldChange { output, .. } = &failure {
                // That there is nobody to read it is not what went wrong.
                let _ = print(output);
            }
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
        ClientCommand::Firmware(command) => &command.connection,
        ClientCommand::Import(command) => &command.connection,
        ClientCommand::Export(command) => &command.connection,
        ClientCommand::Apply(command) => &command.connection,
        ClientCommand::Parameter(command) => &command.connection,
        ClientCommand::Request(command) => &command.connection,
        ClientCommand::Events(command) => &command.connection,
        ClientCommand::Audit(command) => &command.connection,
        ClientCommand::Token(command) => &command.connection,
        ClientCommand::Tenant(command) => &command.connection,
        ClientCommand::Operation(command) => &command.connection,
        ClientCommand::DhcpConfig(command) => &command.connection.0,
    };
    let client = Client::new(connection)?;
    let json = connection.json;
    let output = match command {
        ClientCommand::Device(command) => device::execute(command.action, &client, style).await,
        ClientCommand::Config(command) => config::execute(command.action, &client, style).await,
        ClientCommand::Firmware(command) => firmware::execute(command.action, &client, style).await,
        ClientCommand::Import(command) => import::execute(command.wanted, &client, style).await,
        ClientCommand::Export(command) => export::execute(command.wanted, &client).await,
        ClientCommand::Apply(command) => apply::execute(&command.wanted, &client, style).await,
        ClientCommand::Parameter(command) => parameter::execute(command.action, &client, style).await,
        ClientCommand::Request(command) => request::execute(command.action, &client, style, json).await,
        ClientCommand::Events(command) => events::execute(&command.topics, &client, json).await,
        ClientCommand::Audit(command) => audit::execute(command.action, &client, style).await,
        ClientCommand::Token(command) => token::execute(command.action, &client, style).await,
        ClientCommand::Tenant(command) => tenant::execute(command.action, &client, style).await,
        ClientCommand::Operation(command) => operation::execute(command.action, &client, style).await,
        // What it wrote into a file is no document of the server's.
        ClientCommand::DhcpConfig(command) => dhcp_config::execute(command.wanted, &client, json).await,
    };
    fit(output, json)
}

async fn execute_plugin(
    action: plugin::PluginAction,
    connection: &Connection,
    style: Style,
) -> Result<Output, Failure> {
    let client = Client::new(connection)?;
    fit(plugin::execute(action, &client, style).await, connection.json)
}

/// Gives programs documents.
fn fit(outcome: Result<Output, Failure>, json: bool) -> Result<Output, Failure> {
    match outcome {
        Ok(output) if json => Ok(output.into_json()),
        Err(Failure::InPart { output, why }) if json => Err(Failure::in_part(output.into_json(), why)),
        Err(Failure::WouldChange { output, why }) if json => {
            Err(Failure::WouldChange { output: Box::new(output.into_json()), why })
        }
        outcome => outcome,
    }
}

/// Writes to stdout. False if nobody reads any more.
fn print(output: &Output) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(&output.to_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Output(error)),
    }
}
