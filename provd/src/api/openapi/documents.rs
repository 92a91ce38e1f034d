//! The documents that clients write, for the description only: they are read key by key, and keep every key.
#![expect(dead_code, reason = "they describe, and are never made")]

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One phone. Keys of one's own are kept, and given back.
#[derive(ToSchema)]
pub(in crate::api) struct Device {
    /// Unique, stable; made by the server unless it is stated.
    #[schema(nullable = false, max_length = 255, example = "9b1fe0cd2f4a4f3f8d5b1f0a8c5e7d21")]
    id: Option<String>,
    /// MAC address, in any usual spelling; given back in this one.
    #[schema(example = "00:08:5d:23:74:29")]
    mac: Option<String>,
    /// Address it was last seen at.
    #[schema(example = "192.0.2.7")]
    ip: Option<String>,
    /// Serial number.
    sn: Option<String>,
    /// UUID.
    uuid: Option<String>,
    /// Who made it.
    #[schema(example = "Aastra")]
    vendor: Option<String>,
    /// Its model.
    #[schema(example = "6731i")]
    model: Option<String>,
    /// The version of its firmware.
    #[schema(example = "3.2.2.1136")]
    version: Option<String>,
    /// Identifier of the plugin that serves it. May name one that is not installed.
    plugin: Option<String>,
    /// Identifier of its config. May name one that does not exist.
    config: Option<String>,
    /// What its plugin is told beside its config.
    options: Option<Map<String, Value>>,
    /// `auto` if a request created it.
    added: Option<String>,
    /// The tenant that owns it.
    tenant_uuid: Option<String>,
    /// SIP user name of its first line when it last fetched its configuration.
    remote_state_sip_username: Option<String>,
    /// Whether its plugin accepted its config, and its files are stored.
    #[schema(read_only, nullable = false)]
    configured: Option<bool>,
    /// Whether no tenant has claimed it.
    #[schema(read_only, nullable = false)]
    is_new: Option<bool>,
    /// Why the last attempt to configure it failed.
    #[schema(read_only, nullable = false)]
    last_error: Option<String>,
    /// When it did.
    #[schema(read_only, nullable = false, format = DateTime)]
    last_error_at: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// A device.
#[derive(ToSchema)]
pub(in crate::api) struct DeviceDocument {
    device: Device,
}

/// Devices.
#[derive(ToSchema)]
#[schema(as = Devices)]
pub(in crate::api) struct DeviceList {
    devices: Vec<Device>,
}

/// Parameters, and the configs they are inherited from. Keys of one's own are kept, and given back.
#[derive(ToSchema)]
pub(in crate::api) struct Config {
    /// Unique, stable; made by the server unless it is stated.
    #[schema(nullable = false, max_length = 255)]
    id: Option<String>,
    /// Its parents: later ones win over earlier ones. May name configs that do not exist.
    parent_ids: Vec<String>,
    /// Its own parameters.
    raw_config: RawConfig,
    /// `autocreate`: template for devices that requests create.
    role: Option<String>,
    /// Whether it is deleted when its last device leaves it.
    #[schema(value_type = Value, required = false)]
    transient: Option<bool>,
    /// Whether it may be deleted; absent: yes.
    #[schema(value_type = Value, required = false)]
    deletable: Option<bool>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// A config.
#[derive(ToSchema)]
pub(in crate::api) struct ConfigDocument {
    config: Config,
}

/// Configs.
#[derive(ToSchema)]
#[schema(as = Configs)]
pub(in crate::api) struct ConfigList {
    configs: Vec<ListedConfig>,
}

/// A config, or those of its keys that were asked for.
#[derive(ToSchema)]
pub(in crate::api) struct ListedConfig {
    /// Its identifier.
    id: String,
    /// Its parents.
    #[schema(nullable = false)]
    parent_ids: Option<Vec<String>>,
    /// Its own parameters.
    #[schema(value_type = Map<String, Value>, required = false)]
    raw_config: Option<RawConfig>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Parameters with all that is inherited.
#[derive(ToSchema)]
pub(in crate::api) struct RawConfigDocument {
    raw_config: RawConfig,
}

/// Parameters of a phone. Its schema is made from their table when the description is finished.
pub(in crate::api) struct RawConfig;

impl PartialSchema for RawConfig {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(Object::new()))
    }
}

impl ToSchema for RawConfig {}

/// Which phones are told, and how fast.
#[derive(ToSchema)]
pub(in crate::api) struct Synchronizations {
    synchronization: SynchronizationOrder,
}

/// All that is stated of `ids`, `plugin`, `where` and `outdated` must hold of a device; at least one is needed, or `all`.
#[derive(ToSchema)]
struct SynchronizationOrder {
    /// Devices by their identifiers.
    ids: Option<Vec<String>>,
    /// Devices of this plugin.
    plugin: Option<String>,
    /// Devices that this selector matches.
    #[schema(example = json!({"model": "6731i"}))]
    r#where: Option<Map<String, Value>>,
    /// Devices that run something else than what they should.
    outdated: Option<bool>,
    /// Every device.
    all: Option<bool>,
    /// How many are told at the same time.
    #[schema(minimum = 1, maximum = 1000)]
    at_once: Option<u32>,
    /// Seconds between groups.
    #[schema(minimum = 0, maximum = 3600)]
    pause: Option<f64>,
    /// Failures after which the rest is not told.
    #[schema(minimum = 0)]
    halt_after: Option<u64>,
}
