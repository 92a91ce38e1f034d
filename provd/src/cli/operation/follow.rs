//! Following an operation until it ends. Whoever stops following does not stop it.

use std::time::Duration;

use serde_json::Value;
use tokio::signal::ctrl_c;
use tokio::time::{Instant, sleep};

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::table::field;
use super::number_of;
use super::progress::Progress;

/// Time between the first two looks; it doubles.
const SOONEST: Duration = Duration::from_millis(50);
/// Longest time between two looks.
const LATEST: Duration = Duration::from_secs(1);
/// Longest time without any progress. A pause between groups of phones may be an hour.
const PATIENCE: Duration = Duration::from_hours(2);

/// Waits until the operation at this path has ended, and gives it as it is then. A terminal shows how far it is.
///
/// # Errors
///
/// The administrator stops following (SIGINT), it is not there any more, nothing happens for two hours, or the server cannot be
/// asked.
pub(in crate::cli) async fn follow(path: &str, client: &Client) -> Result<Value, Failure> {
    tokio::select! {
        ended = until_it_ends(path, client) => ended,
        Ok(()) = ctrl_c() => Err(Failure::Left { number: number_of(path).to_owned() }),
    }
}

async fn until_it_ends(path: &str, client: &Client) -> Result<Value, Failure> {
    let progress = Progress::new();
    let mut interval = SOONEST;
    let mut last = (Value::Null, Instant::now());
    loop {
        let operation = client.get(path).await?;
        match field(&operation, "state").as_str() {
            "success" | "fail" => return Ok(operation),
            "waiting" | "progress" => progress.show(&operation),
            _ => return Err(client.not_provd("it does not say how the operation is")),
        }
        if operation != last.0 {
            last = (operation, Instant::now());
        } else if last.1.elapsed() > PATIENCE {
            let (number, minutes) = (number_of(path).to_owned(), PATIENCE.as_secs() / 60);
            return Err(Failure::Stalled { number, minutes });
        }
        sleep(interval).await;
        interval = (interval * 2).min(LATEST);
    }
}
