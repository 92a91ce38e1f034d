//! Why a command was not done, in words that say what to do, and the exit codes that stand for it.

use std::io;
use std::path::PathBuf;

use provd_proto::mac::Mac;
use reqwest::StatusCode;
use serde_json::Value;
use thiserror::Error;

use super::output::Output;

/// Why a command was not done.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The command cannot mean anything.
    #[error("{0}")]
    Usage(String),
    /// A file that the command names, or needs, cannot be used.
    #[error("{}: {why}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The server did not do it.
    #[error("{said} (HTTP status {status})")]
    Refused {
        /// Its reason.
        said: String,
        /// Its status.
        status: u16,
    },
    /// The server tried, but its plugin could not.
    #[error("device {id} could not be configured: {why}")]
    NotConfigured {
        /// Which device.
        id: String,
        /// What the device says of it.
        why: String,
    },
    /// What was asked is done, but not all of it went well. What there is to show is shown first.
    #[error("{why}")]
    InPart {
        /// What there is to show.
        output: Box<Output>,
        /// What did not go well.
        why: String,
    },
    /// What was asked was whether anything would change, and something would.
    #[error("{why}")]
    WouldChange {
        /// What there is to show.
        output: Box<Output>,
        /// How much.
        why: String,
    },
    /// No device that waits for approval has this id or MAC address.
    #[error("no device `{named}` waits for approval; `provd device waiting` shows those that do")]
    NotWaiting {
        /// How it was named.
        named: String,
    },
    /// An operation is followed, but the administrator has seen enough.
    #[error("operation {number} goes on: see `provd operation watch {number}`")]
    Left {
        /// Its number.
        number: String,
    },
    /// An operation is followed, but nothing happens.
    #[error(
        "operation {number} has not moved for {minutes} minutes; it goes on, see `provd operation watch {number}`"
    )]
    Stalled {
        /// Its number.
        number: String,
        /// How long it was looked at.
        minutes: u64,
    },
    /// No device has the MAC address that was to name one.
    #[error("no device has the MAC address {mac}; `provd device list` shows those there are")]
    NoDevice {
        /// The address.
        mac: Mac,
    },
    /// Several devices have the MAC address that was to name one.
    #[error("{mac} is the MAC address of several devices: name one by its id: {}", ids.join(", "))]
    SeveralDevices {
        /// The address.
        mac: Mac,
        /// Those that have it.
        ids: Vec<String>,
    },
    /// Nothing answers, or not in time.
    #[error(
        "the server at {url} cannot be reached: {why}\nIs it running? Say where with --url or PROVD_URL."
    )]
    Unreachable {
        /// Where it was expected.
        url: String,
        /// What happened instead.
        why: String,
    },
    /// Something answers, but not as provd does.
    #[error(
        "what answers at {url} is not provd's REST interface: {why}\nSay where the server is with --url or PROVD_URL."
    )]
    NotProvd {
        /// Where it was expected.
        url: String,
        /// What gave it away.
        why: String,
    },
    /// There is no token to show.
    #[error("no token: {}: {why}\nSet PROVD_TOKEN, or --data-dir to the server's data directory.", path.display())]
    NoToken {
        /// Where it was expected.
        path: PathBuf,
        /// Why it is not there.
        why: String,
    },
    /// The server does not know the token, or it does not grant this.
    #[error(
        "the server at {url} does not accept the token for this\nIt may be unknown, expired or permit too little; what is in \
         admin.token in the server's data directory permits everything."
    )]
    Unauthorized {
        /// Which server.
        url: String,
    },
    /// The output cannot be written.
    #[error("the output could not be written: {0}")]
    Output(io::Error),
}

impl Failure {
    /// A refusal in the server's words: the detail of problem details (RFC 9457), or a line of text.
    pub(super) fn refused(said: &str, status: StatusCode) -> Failure {
        let details = serde_json::from_str::<Value>(said).ok();
        let detail = details.as_ref().and_then(|details| details.get("detail")).and_then(Value::as_str);
        let line = detail.unwrap_or(said).lines().next().map(str::trim).unwrap_or_default();
        let said = match line {
            "" => status.canonical_reason().unwrap_or("it does not say why").to_owned(),
            line => line.chars().take(2000).filter(|character| !character.is_control()).collect(),
        };
        Failure::Refused { said, status: status.as_u16() }
    }

    /// What is done, and what did not go well with it.
    pub(super) fn in_part(output: Output, why: String) -> Failure {
        Failure::InPart { output: Box::new(output), why }
    }

    /// The exit code, as `--help` documents it.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Failure::Refused { .. }
            | Failure::NotConfigured { .. }
            | Failure::InPart { .. }
            | Failure::NotWaiting { .. }
            | Failure::Stalled { .. }
            | Failure::NoDevice { .. }
            | Failure::SeveralDevices { .. }
            | Failure::Output(_) => 1,
            Failure::Usage(_) | Failure::File { .. } => 2,
            Failure::Unreachable { .. } | Failure::NotProvd { .. } => 3,
            Failure::NoToken { .. } | Failure::Unauthorized { .. } => 4,
            Failure::WouldChange { .. } => 5,
            // As shells say it of whom SIGINT ends.
            Failure::Left { .. } => 130,
        }
    }
}
