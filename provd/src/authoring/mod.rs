//! What a plugin's author does without a server: begin one, run the cases beside it, check that it keeps the contract, see
//! phones served by it.
//!
//! Plugins are started as a server starts them, whatever language they are written in. Nothing here is needed to serve
//! phones.

pub mod arguments;
pub mod check;
mod new;
mod reference;
mod run;
mod test;

use std::io::{self, Write as _};
use std::process::ExitCode;

use arguments::AuthoringCommand;
use tokio::signal::unix::{SignalKind, signal};

use crate::plugin_host::workbench::{adopt_leftovers, end_leftovers};

/// Exit code of what was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

/// Does what was asked for, and shows what came of it; as a document, if that is wanted.
pub async fn run(command: AuthoringCommand, json: bool) -> ExitCode {
    let done = match command {
        AuthoringCommand::Check(arguments) => to_its_end(check::execute(&arguments, json)).await,
        AuthoringCommand::New(arguments) => new::execute(&arguments),
        AuthoringCommand::Reference => Ok(reference::execute(json)),
        AuthoringCommand::Run(arguments) => run::execute(&arguments).await,
        AuthoringCommand::Test(arguments) => to_its_end(test::execute(&arguments, json)).await,
    };
    done.unwrap_or_else(|error| {
        // Whoever reads has seen enough, as `head` has.
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("provd: {error}");
        }
        ExitCode::FAILURE
    })
}

/// Says something to whoever reads.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Tries plugins, and leaves neither folders nor processes behind: not when it is interrupted, and not those that made
/// themselves independent of the plugin.
async fn to_its_end(trying: impl Future<Output = io::Result<ExitCode>>) -> io::Result<ExitCode> {
    adopt_leftovers()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let done = tokio::select! {
        done = trying => done,
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| ExitCode::from(INTERRUPTED)),
        _ = terminate.recv() => Ok(ExitCode::from(INTERRUPTED)),
    };
    end_leftovers();
    done
}
