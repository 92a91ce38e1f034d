//! What `provd` can be told to do, and who does it.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::authoring;
use crate::cli::{self, ClientCommand, CompletionCommand, DoctorCommand, ManCommand, PluginCommand};
use crate::dhcp_hook::{self, DhcpHook};
use crate::plugin_host::{LAUNCHER, sandbox};
use crate::server::{self, Welcome};
use crate::settings::{ServeArguments, Settings};
use crate::simulation::{self, SimulateCommand};

/// Exit code for arguments and settings that cannot be used, as clap has it.
const USAGE: u8 = 2;

/// Provisioning server for IP phones.
///
/// Without a command it serves: phones over HTTP and TFTP, administrators over REST. The other commands talk to a server
/// that runs.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve phones and administrators (what happens without a command)
    Serve(Box<ServeArguments>),
    #[command(flatten)]
    Client(ClientCommand),
    /// Plugins: how they are, what they log; starting, installing, upgrading, removing, writing and checking them
    Plugin(Box<PluginCommand>),
    /// Look at everything that usually goes wrong, and say what to do about it
    Doctor(DoctorCommand),
    /// Play phones that boot, many of them, and see what each gets: to size a server, and to load it
    Simulate(Box<SimulateCommand>),
    /// Write the script by which a shell completes commands
    Completion(CompletionCommand),
    /// Write manual pages
    Man(ManCommand),
    /// Hand a DHCP server's lease on; DHCP servers execute this
    DhcpHook(DhcpHook),
    /// Run a declarative plugin; provd starts this itself, one process per plugin
    PluginRunner {
        /// Folder with a plugin.toml
        folder: PathBuf,
    },
    /// Become a plugin's program; provd starts this itself
    #[command(name = LAUNCHER, hide = true)]
    PluginLauncher {
        /// Process that must be the parent
        parent: u32,
        #[command(flatten)]
        walls: sandbox::Walls,
        /// Program and arguments
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

/// Does what was asked.
pub fn dispatch(cli: Cli) -> ExitCode {
    match cli.command {
        None => serve(cli.serve),
        Some(Command::Serve(arguments)) => serve(*arguments),
        Some(Command::Client(command)) => at_server(cli::run(command)),
        Some(Command::Plugin(command)) => plugin(*command),
        Some(Command::Doctor(command)) => at_server(cli::examine(command)),
        Some(Command::Simulate(command)) => simulate(*command),
        Some(Command::Completion(command)) => cli::complete(&command, Cli::command()),
        Some(Command::Man(command)) => cli::write_manual(&command, Cli::command()),
        Some(Command::DhcpHook(hook)) => dhcp_hook::run(hook),
        Some(Command::PluginRunner { folder }) => run_plugin(&folder),
        Some(Command::PluginLauncher { parent, walls, command }) => {
            let error = sandbox::launch(parent, &walls, &command);
            eprintln!("The plugin could not be launched: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: ServeArguments) -> ExitCode {
    if let Err(error) = start_log() {
        eprintln!(
            "provd: PROVD_LOG: {error}; expected error, warn, info, debug, or a list such as info,provd::plugin=debug"
        );
        return ExitCode::from(USAGE);
    }
    let settings = match Settings::resolve(arguments) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("provd: {error}");
            return ExitCode::from(USAGE);
        }
    };
    match run_server(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("provd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Asks a server, or does what needs none but the plugin itself.
fn plugin(command: PluginCommand) -> ExitCode {
    at_server(async {
        match cli::run_plugin(command).await {
            Ok(code) => code,
            Err((command, json)) => authoring::run(command, json).await,
        }
    })
}

fn at_server(asking: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(asking),
        Err(error) => {
            eprintln!("provd: {error}");
            ExitCode::FAILURE
        }
    }
}

fn simulate(command: SimulateCommand) -> ExitCode {
    raise_descriptor_limit();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(simulation::simulate(command)),
        Err(error) => {
            eprintln!("provd: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_plugin(folder: &Path) -> ExitCode {
    let outcome = provd_plugin_runner::runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| Ok(runtime.block_on(provd_plugin_runner::declarative::run(folder))?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("provd plugin-runner: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}

/// Logs to stderr what `PROVD_LOG` says. A level alone is about provd: the libraries below it are not worth reading.
fn start_log() -> anyhow::Result<()> {
    let wanted = std::env::var(provd_proto::environment::LOG).unwrap_or_else(|_| "info".to_owned());
    let is_level = wanted.parse::<LevelFilter>().is_ok();
    let filter = if is_level { format!("warn,provd={wanted}") } else { wanted };
    let colour = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(filter)?).with_writer(std::io::stderr);
    log.with_target(false).with_ansi(colour).init();
    Ok(())
}

/// Every phone that asks takes a descriptor, and the usual limit is a thousand: the most that is permitted is taken.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!("The limit of open files stays at {:?}: {error}", limit.current);
    }
}

fn run_server(settings: Settings) -> anyhow::Result<()> {
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let mut server = std::pin::pin!(server::run(settings, Welcome::Printed, shutdown.clone()));
        tokio::select! {
            outcome = &mut server => return outcome,
            _ = terminate.recv() => {}
            interrupt = tokio::signal::ctrl_c() => interrupt?,
        }
        shutdown.cancel();
        server.await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let cli = Cli::try_parse_from(["provd", "--http", "127.0.0.1:0"]).unwrap();
        assert!(cli.command.is_none() && cli.serve.http.is_some());
    }
}
