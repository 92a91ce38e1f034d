//! What a plugin writes to its log: the last lines, and with `-f` those that come.

use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tokio::time::sleep;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::Output;
use super::{lines, path_of};

/// Pause before new lines are asked for.
const PAUSE: Duration = Duration::from_millis(500);

/// Which log.
#[derive(Debug, Args)]
pub(in crate::cli) struct Logs {
    /// Its id
    id: String,
    /// Go on with what is logged from now on, until it is interrupted
    #[arg(short, long)]
    follow: bool,
}

pub(super) async fn execute(wanted: &Logs, client: &Client) -> Result<Output, Failure> {
    let path = path_of(&wanted.id, "log");
    let document = client.get(&path).await?;
    if wanted.follow {
        return follow(&path, document, client).await;
    }
    let text = lines(document.get("lines")).join("\n");
    Ok(Output::Document { document, text })
}

/// Ends when nobody reads any more, or the server does not answer.
async fn follow(path: &str, mut document: Value, client: &Client) -> Result<Output, Failure> {
    loop {
        if !print(&lines(document.get("lines")))? {
            return Ok(Output::said(""));
        }
        let end = document.get("end").and_then(Value::as_u64);
        let end = end.ok_or_else(|| client.not_provd("it does not say where a log ends"))?;
        sleep(PAUSE).await;
        document = client.get(&format!("{path}?after={end}")).await?;
        // A server that was started anew counts from the beginning.
        if document.get("end").and_then(Value::as_u64).is_some_and(|now| now < end) {
            document = client.get(path).await?;
        }
    }
}

/// False if nobody reads any more.
fn print(lines: &[String]) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    let written = lines.iter().try_for_each(|line| writeln!(stdout, "{line}")).and_then(|()| stdout.flush());
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Output(error)),
    }
}
