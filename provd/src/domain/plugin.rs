//! What provd expects of a plugin, in its own words. That plugins are processes, and speak protobuf, is not known here.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::sandbox::SandboxStatus;

/// How well a plugin supports a phone. From [`Support::Probable`] on it may be assigned automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// Cannot work.
    None,
    /// Another vendor's phone.
    Improbable,
    /// Cannot tell, for want of facts.
    Unknown,
    /// The right vendor, a model that is not known.
    Probable,
    /// The right model, known to work in part.
    Incomplete,
    /// The right model in another firmware version.
    Complete,
    /// The right model in this very firmware version.
    Exact,
}

impl Support {
    /// `none`, `improbable`, …, `exact`.
    pub fn as_str(self) -> &'static str {
        match self {
            Support::None => "none",
            Support::Improbable => "improbable",
            Support::Unknown => "unknown",
            Support::Probable => "probable",
            Support::Incomplete => "incomplete",
            Support::Complete => "complete",
            Support::Exact => "exact",
        }
    }
}

/// A file for one device, or for all devices of a plugin, as the plugin generated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Relative, `Aastra/001122334455.cfg`.
    pub path: String,
    /// The bytes.
    pub content: Bytes,
    /// Media type; absent: by the name.
    pub media_type: Option<String>,
    /// Whether it holds secrets.
    pub sensitive: bool,
}

/// A generated file as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// What the plugin generated.
    pub file: GeneratedFile,
    /// [`etag`] of the content; the validator for HTTP.
    pub etag: String,
    /// When the bytes last changed.
    pub modified: SystemTime,
    /// The [`Device::files_revision`](super::device::Device::files_revision) with which they did; of common files how
    /// often they did.
    pub revision: i64,
}

/// First 32 hexadecimal digits of the SHA-256: equal exactly when the bytes are.
pub fn etag(content: &[u8]) -> String {
    hex::encode(&Sha256::digest(content)[..16])
}

/// What configuring gave: the files, and what an operator should read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// All files; they replace those of before.
    pub files: Vec<GeneratedFile>,
    /// Path of the file whose fetch proves that the phone is up to date.
    pub trigger_path: Option<String>,
    /// Parameter and message of each warning.
    pub warnings: Vec<(String, String)>,
}

/// A plugin's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileReference {
    /// A file it generated for this device, or in common.
    Generated(String),
    /// A static file below its served folders.
    Served {
        /// Relative path.
        path: String,
        /// Media type; absent: by the name.
        media_type: Option<String>,
    },
    /// The bytes themselves.
    Inline(GeneratedFile),
    /// It knows no such file.
    NotFound,
    /// It exists, but not for this phone.
    Forbidden,
}

/// Where a plugin is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginState {
    /// Its process runs, but has not said what it is.
    Starting,
    /// Serving.
    Ready,
    /// Running, but unwell: its health says so, or its circuit breaker is open.
    Degraded,
    /// Finishing what it does before it stops.
    Draining,
    /// Not running, because an administrator said so or the server ends.
    Stopped,
    /// Crashed; will be started again.
    Backoff,
    /// Will not be started again before an administrator says so.
    Quarantined,
}

impl PluginState {
    /// `ready`, `backoff`, …
    pub fn as_str(self) -> &'static str {
        match self {
            PluginState::Starting => "starting",
            PluginState::Ready => "ready",
            PluginState::Degraded => "degraded",
            PluginState::Draining => "draining",
            PluginState::Stopped => "stopped",
            PluginState::Backoff => "backoff",
            PluginState::Quarantined => "quarantined",
        }
    }
}

/// The last lines that a plugin logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginLog {
    /// Oldest first.
    pub lines: Vec<String>,
    /// How many there were in all since the server started: those after them are asked for with this.
    pub end: u64,
}

/// An end of a plugin's process that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// When it was noticed.
    pub at: SystemTime,
    /// How it ended: `killed by SIGKILL`, `exit code 2`, `did not become ready within 10 s`.
    pub reason: String,
    /// Its last log lines, oldest first.
    pub log: Vec<String>,
}

/// How a plugin is, for an administrator.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginStatus {
    /// `aastra-3.2.2.1136`
    pub id: String,
    /// Version of the plugin itself; the installed one as long as none is ready.
    pub version: String,
    /// One line about it.
    pub description: String,
    /// Where it is in its life.
    pub state: PluginState,
    /// Why it is degraded, backing off or quarantined.
    pub reason: Option<String>,
    /// Its process, if one runs.
    pub pid: Option<u32>,
    /// Since when its process has been ready.
    pub ready_since: Option<SystemTime>,
    /// Processes started for it since the server started.
    pub starts: u64,
    /// Resident memory of its process, in bytes.
    pub resident_bytes: Option<u64>,
    /// Calls answered since the server started.
    pub calls: u64,
    /// Calls that failed: deadlines, transport, errors that blame the plugin.
    pub failures: u64,
    /// Of a hundred calls 99 took so long at most; absent while there were none.
    pub p99: Option<Duration>,
    /// The version to which one can return.
    pub previous_version: Option<String>,
    /// What its models can do, by `Vendor, Model, Version`, as the REST API spells it; empty while it never was ready.
    pub capabilities: serde_json::Map<String, serde_json::Value>,
    /// The walls around its process, if one runs.
    pub sandbox: Option<SandboxStatus>,
    /// Recent crashes, newest first.
    pub crashes: Vec<Crash>,
}
