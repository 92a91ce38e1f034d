//! Names of the environment variables through which the core tells a plugin process where it lives.

/// Path of the Unix socket the plugin must bind.
pub const SOCKET: &str = "PROVD_PLUGIN_SOCKET";
/// Identifier of the plugin, `aastra-3.2.2.1136`.
pub const ID: &str = "PROVD_PLUGIN_ID";
/// The plugin's own folder; read-only.
pub const DIR: &str = "PROVD_PLUGIN_DIR";
/// The administrator's folder of overrides for this plugin; may not exist.
pub const OVERRIDES: &str = "PROVD_PLUGIN_OVERRIDES";
/// A folder the plugin may write.
pub const SCRATCH: &str = "PROVD_PLUGIN_SCRATCH";
/// Secret every call of the core carries; a plugin refuses calls without it.
pub const TOKEN: &str = "PROVD_PLUGIN_TOKEN";
/// Major version of the contract, `1`.
pub const API: &str = "PROVD_PLUGIN_API";
/// Log filter in the syntax of `tracing-subscriber`, `info`.
pub const LOG: &str = "PROVD_LOG";
