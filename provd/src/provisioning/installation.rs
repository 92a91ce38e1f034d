//! What is said of plugins that come and go: what is offered, what has its place, on what terms, and why not. Who does it is
//! [`super::installing`]; where plugins come from and how they are started is the business of
//! [`PluginAdministration`](super::plugins::PluginAdministration).

use bytes::Bytes;
use serde_json::{Map, Value};
use thiserror::Error;

use super::repositories::Origin;
use super::store::StoreError;

/// Of a hundred configured devices so many may fail with another version, before it is not let.
const TOLERATED_PERCENT: u8 = 5;

/// A plugin that can be installed.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginOffer {
    /// `aastra-3.2.2.1136`
    pub id: String,
    /// Version of the plugin itself.
    pub version: String,
    /// One line about it.
    pub description: String,
    /// What its models can do, by `Vendor, Model, Version`; empty if that shows only when it runs.
    pub capabilities: Map<String, Value>,
    /// Whether this very version is installed, or a newer one.
    pub is_installed: bool,
    /// Where it comes from; absent: it came with the program.
    pub origin: Option<Origin>,
}

/// A package as somebody sent it.
pub struct SentPackage {
    /// The file.
    pub bytes: Bytes,
    /// Its signature, as minisign writes it, if one was sent.
    pub signature: Option<String>,
}

/// A version of a plugin whose files are in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedPlugin {
    /// `aastra-3.2.2.1136`
    pub id: String,
    /// Version of the plugin itself.
    pub version: String,
    /// Name of its version folder.
    pub folder: String,
    /// Whether this very version is installed.
    pub is_installed: bool,
    /// Whether starts leave it as it is, and not what came with the program.
    pub is_packaged: bool,
}

/// On what terms a version takes the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Whether it only is to be said what would change.
    pub is_dry_run: bool,
    /// Of a hundred configured devices so many may be ones that it cannot configure. Files that worked stay with them.
    pub tolerated_percent: u8,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms { is_dry_run: false, tolerated_percent: TOLERATED_PERCENT }
    }
}

/// Why a plugin was not installed, upgraded or removed.
#[derive(Debug, Error)]
pub enum InstallationError {
    /// Nobody offers it.
    #[error("there is no plugin {0} to install; /pg_mgr/install/installable lists what there is")]
    NotOffered(String),
    /// It is there, in this version or another.
    #[error("the plugin {0} is already installed; upgrade it to have the version that is offered")]
    AlreadyInstalled(String),
    /// There is nothing to upgrade or remove.
    #[error("the plugin {0} is not installed")]
    NotInstalled(String),
    /// It ran in no other version.
    #[error("there is no version of the plugin {0} to return to: it has had no other, or its files are gone")]
    NoPrevious(String),
    /// It was tried out, and is not let.
    #[error("{plugin} stays as it is, for {version} is not fit: {why}")]
    Unfit {
        /// Which plugin.
        plugin: String,
        /// In which version.
        version: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody could be asked.
    #[error(
        "there are no repositories: PUT the URL of one at /configure/plugin_server, or name it in the settings (--repository); \
         what came with this server needs none"
    )]
    NoRepository,
    /// One thing at a time.
    #[error("the plugin {0} is being installed, upgraded or removed; wait until that is done")]
    Busy(String),
    /// It is no package, or was changed.
    #[error("{0}")]
    Package(String),
    /// Nobody trusted vouches for it.
    #[error("{0}")]
    Untrusted(String),
    /// The disk is full. Nothing of it is left.
    #[error("{0}: make room, then try again")]
    NoRoom(String),
    /// The server could not do it.
    #[error("{0}")]
    Failed(String),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}
