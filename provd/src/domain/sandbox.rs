//! What plugins are kept from: what an administrator decides about it, what a plugin asks for, and what came of both.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::byte_size::ByteSize;

/// Memory a plugin may have unless an administrator says otherwise.
pub const DEFAULT_MEMORY: ByteSize = ByteSize(1 << 30);

/// How much the walls around plugins matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SandboxMode {
    /// A plugin that cannot be walled in completely is not started.
    Required,
    /// As much as the kernel can.
    #[default]
    BestEffort,
    /// No walls: a plugin may do what provd may, save its capabilities.
    Off,
}

/// Text that names no mode.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`{0}`: expected required, best-effort or off")]
pub struct InvalidSandboxMode(String);

impl FromStr for SandboxMode {
    type Err = InvalidSandboxMode;

    fn from_str(text: &str) -> Result<SandboxMode, InvalidSandboxMode> {
        match text {
            "required" => Ok(SandboxMode::Required),
            "best-effort" => Ok(SandboxMode::BestEffort),
            "off" => Ok(SandboxMode::Off),
            _ => Err(InvalidSandboxMode(text.to_owned())),
        }
    }
}

/// What an administrator decides about the walls around plugins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxPolicy {
    /// How much they matter.
    pub mode: SandboxMode,
    /// Plugins that may use the network, if they ask for it.
    pub network: BTreeSet<String>,
    /// Plugins that may start processes, if they ask for it.
    pub processes: BTreeSet<String>,
    /// Most memory a plugin may have.
    pub memory: ByteSize,
    /// Folders outside those of the system that every plugin may read and execute from, such as that of an interpreter.
    pub readable: Vec<PathBuf>,
}

impl Default for SandboxPolicy {
    fn default() -> SandboxPolicy {
        SandboxPolicy {
            mode: SandboxMode::default(),
            network: BTreeSet::new(),
            processes: BTreeSet::new(),
            memory: DEFAULT_MEMORY,
            readable: Vec::new(),
        }
    }
}

/// What a plugin says that it needs beyond what every plugin has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// TCP, UDP, and sockets of other services.
    pub network: bool,
    /// Processes of its own.
    pub processes: bool,
    /// Most memory it can make use of; absent: whatever is permitted.
    pub memory: Option<ByteSize>,
}

/// What a plugin may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// [`Needs::network`]
    Network,
    /// [`Needs::processes`]
    Processes,
    /// [`Needs::memory`]
    Memory,
}

impl Need {
    /// Also the key of the settings that grants it.
    pub fn as_str(self) -> &'static str {
        match self {
            Need::Network => "network",
            Need::Processes => "processes",
            Need::Memory => "memory",
        }
    }
}

/// What this kernel cannot keep a plugin from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingWall {
    /// Reading and writing files that are not its own, and tracing other processes.
    Files,
    /// Truncating files that are not its own.
    Truncation,
    /// Signals to other processes.
    Signals,
    /// TCP, UDP, and sockets of other services.
    Network,
    /// Starting processes.
    Processes,
    /// System calls that no plugin needs.
    SystemCalls,
}

impl MissingWall {
    /// As the REST API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            MissingWall::Files => "files",
            MissingWall::Truncation => "truncation",
            MissingWall::Signals => "signals",
            MissingWall::Network => "network",
            MissingWall::Processes => "processes",
            MissingWall::SystemCalls => "system-calls",
        }
    }
}

/// How complete the walls around a process are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SandboxLevel {
    /// Nothing is missing.
    Full,
    /// Some are missing.
    Partial,
    /// There are none.
    Off,
}

impl SandboxLevel {
    /// `full`, `partial`, `off`
    pub fn as_str(self) -> &'static str {
        match self {
            SandboxLevel::Full => "full",
            SandboxLevel::Partial => "partial",
            SandboxLevel::Off => "off",
        }
    }
}

/// The walls around a plugin's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxStatus {
    /// How complete they are.
    pub level: SandboxLevel,
    /// Version of the kernel's Landlock interface; 0: it is not used.
    pub landlock: u32,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// What this kernel lacks.
    pub missing: Vec<MissingWall>,
    /// What the plugin asked for and has.
    pub granted: Vec<Need>,
    /// What it asked for and does not have.
    pub denied: Vec<Need>,
}

/// Words of a list, `files, signals`.
fn list(formatter: &mut fmt::Formatter<'_>, words: impl Iterator<Item = &'static str>) -> fmt::Result {
    formatter.write_str(&words.collect::<Vec<_>>().join(", "))
}

/// `partial (missing: files)`
impl fmt::Display for SandboxStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.level.as_str())?;
        if !self.missing.is_empty() {
            formatter.write_str(" (missing: ")?;
            list(formatter, self.missing.iter().map(|wall| wall.as_str()))?;
            formatter.write_str(")")?;
        }
        Ok(())
    }
}
