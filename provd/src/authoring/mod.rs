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

use std::process::ExitCode;

use arguments::AuthoringCommand;

/// Does what was asked for, and shows what came of it; as a document, if that is wanted.
pub async fn run(command: AuthoringCommand, json: bool) -> ExitCode {
    let done = match command {
        AuthoringCommand::Check(arguments) => check::execute(&arguments, json).await,
        AuthoringCommand::New(arguments) => new::execute(&arguments),
        AuthoringCommand::Reference => Ok(reference::execute(json)),
        AuthoringCommand::Run(arguments) => run::execute(&arguments).await,
        AuthoringCommand::Test(arguments) => test::execute(&arguments, json).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("provd: {error}");
        ExitCode::FAILURE
    })
}
