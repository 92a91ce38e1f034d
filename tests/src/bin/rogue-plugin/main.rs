//! A plugin that misbehaves in the one way its arguments name, and is a decent plugin otherwise.
//!
//! It knows phones that ask for `/<plugin id>/<mac>.cfg`, and gives each a file of that name.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use provd_plugin_runner::{Environment, EnvironmentError, runtime, serve};
use tokio::net::UnixListener;

mod behaviour;
mod deeds;
mod habits;
mod plugin;
mod raw;

use behaviour::Behaviour;
use plugin::Rogue;

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_hours(1);
/// Bytes of one line of noise: more than a pipe or a log line holds.
const NOISE: usize = 100 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(behaviour) = Behaviour::from_arguments(&arguments) else {
        eprintln!("rogue-plugin: no such behaviour: {arguments:?}");
        return ExitCode::from(2);
    };
    match run(&behaviour) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if behaviour == Behaviour::Speechless => ExitCode::FAILURE,
        Err(error) if error.is::<EnvironmentError>() => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("rogue-plugin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(behaviour: &Behaviour) -> anyhow::Result<()> {
    if *behaviour == Behaviour::Exits {
        anyhow::bail!("there is no reason to go on");
    }
    let environment = Environment::from_process()?;
    let rogue = Rogue { id: environment.id.clone(), behaviour: behaviour.clone() };
    match behaviour {
        Behaviour::Silent => std::thread::sleep(FOR_EVER),
        Behaviour::Noisy => make_noise()?,
        Behaviour::Floods => {
            std::thread::spawn(flood);
        }
        Behaviour::Breeds => breed(&environment)?,
        Behaviour::Tells => eprintln!("started with {}", environment.token),
        Behaviour::Tries(deeds) => deeds::report(deeds, &environment.scratch)?,
        _ => {}
    }
    runtime()?.block_on(async {
        match behaviour {
            Behaviour::Mute => {
                let _bound = UnixListener::bind(&environment.socket)?;
                std::future::pending::<()>().await;
            }
            Behaviour::Bloated | Behaviour::Raw => raw::serve(&environment, rogue).await?,
            _ => serve(rogue).await?,
        }
        if *behaviour == Behaviour::Immortal {
            std::future::pending::<()>().await;
        }
        Ok(())
    })
}

/// Writes to standard output what a careless host would take for protocol.
fn make_noise() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(b"1|1|unix|/tmp/nowhere|grpc\n\0\xff\xfe{\"half\": \n")?;
    out.write_all(&vec![b'x'; NOISE])?;
    out.write_all(b"\n")
}

fn flood() {
    let mut number = 0_u64;
    loop {
        // A pipe that nobody reads any more ends it.
        if writeln!(std::io::stderr(), "flood {number}").is_err() {
            return;
        }
        number += 1;
    }
}

/// Leaves a child behind that does not care about the end of anybody, and writes down which.
fn breed(environment: &Environment) -> std::io::Result<()> {
    let child = std::process::Command::new(std::env::current_exe()?).arg("silent").spawn()?;
    std::fs::write(environment.scratch.join("child"), child.id().to_string())
}
