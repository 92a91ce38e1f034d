//! What happens, as it is told to whoever listens: devices, configs, plugins, operations, requests. Pure values; who hears of
//! them, and in which words, is not decided here.
//!
//! An event never holds what could be a secret: no parameters, no contents of files, no queries of phones.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::mac::Mac;
use super::operation::Operation;
use super::plugin::PluginState;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A device was created, updated, deleted, configured, or could not be.
    Device,
    /// A config was created, updated or deleted.
    Config,
    /// A plugin is in another state.
    Plugin,
    /// An operation began, advanced or ended.
    Operation,
    /// A request of a phone was answered.
    Request,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 5] =
        [Topic::Device, Topic::Config, Topic::Plugin, Topic::Operation, Topic::Request];

    /// `device`, `config`, `plugin`, `operation` or `request`.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::Device => "device",
            Topic::Config => "config",
            Topic::Plugin => "plugin",
            Topic::Operation => "operation",
            Topic::Request => "request",
        }
    }
}

/// What was done to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is new, or began.
    Created,
    /// It changed, or advanced.
    Updated,
    /// It is gone.
    Deleted,
    /// The files of a device were generated.
    Configured,
    /// The files of a device could not be generated; an operation failed.
    Failed,
    /// An operation is done.
    Succeeded,
    /// A request got its answer, whatever it is.
    Answered,
}

impl Action {
    /// `created`, `updated`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Created => "created",
            Action::Updated => "updated",
            Action::Deleted => "deleted",
            Action::Configured => "configured",
            Action::Failed => "failed",
            Action::Succeeded => "succeeded",
            Action::Answered => "answered",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number. Later events have higher ones, also after the server was started anew.
    pub sequence: u64,
    /// When.
    pub at: SystemTime,
    /// What was done.
    pub action: Action,
    /// To what.
    pub subject: Subject,
}

/// The thing an event is about, as it is then.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A device.
    Device(DeviceSubject),
    /// A config, by its identifier.
    Config(String),
    /// A plugin.
    Plugin {
        /// `aastra-3.2.2.1136`
        id: String,
        /// Where it is in its life now.
        state: PluginState,
        /// Why, if it is not well.
        reason: Option<String>,
    },
    /// An operation; without its failures.
    Operation(Box<Operation>),
    /// A request of a phone or a DHCP server.
    Request(Box<RequestSubject>),
}

impl Subject {
    /// What it is about.
    pub fn topic(&self) -> Topic {
        match self {
            Subject::Device(_) => Topic::Device,
            Subject::Config(_) => Topic::Config,
            Subject::Plugin { .. } => Topic::Plugin,
            Subject::Operation(_) => Topic::Operation,
            Subject::Request(_) => Topic::Request,
        }
    }
}

/// What is told of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceSubject {
    /// Its identifier.
    pub id: String,
    /// The tenant that claimed it.
    pub tenant: Option<String>,
    /// Its MAC address.
    pub mac: Option<Mac>,
    /// The plugin that serves it.
    pub plugin: Option<String>,
    /// Its config.
    pub config: Option<String>,
    /// Whether its files are generated.
    pub configured: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// What is told of a request, as the list of requests does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSubject {
    /// Its number in the journal.
    pub id: u64,
    /// `HTTP`, `TFTP` or `DHCP`.
    pub protocol: &'static str,
    /// Address of the phone.
    pub ip: IpAddr,
    /// The path or file name.
    pub path: Option<String>,
    /// The device it was of, and the tenant that claimed that.
    pub device: Option<(String, Option<String>)>,
    /// The plugin it was routed to.
    pub plugin: Option<String>,
    /// `file`, `not found`, …
    pub outcome: &'static str,
    /// Whether it created its device.
    pub created: bool,
    /// Why its device has no record.
    pub refusal: Option<String>,
    /// How long the answer took.
    pub took: Duration,
}
