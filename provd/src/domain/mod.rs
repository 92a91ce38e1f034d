//! What provd is about, in the field's own words: pure values and rules.
//!
//! Nothing here waits, speaks SQL, HTTP or protobuf, or knows that plugins are processes.

pub mod access;
pub mod answer;
pub mod audit;
pub mod byte_size;
pub mod census;
pub mod config;
pub mod device;
pub mod device_info;
pub mod dhcp;
pub mod dhcp_options;
pub mod event;
pub mod headers;
pub mod interchange;
pub mod listing;
pub mod metadata;
pub mod operation;
pub mod parameter;
pub mod plugin;
pub mod policy;
pub mod provenance;
pub mod raw_config;
pub mod reachable;
pub mod remote_state;
pub mod request;
pub mod sandbox;
pub mod secrets;
pub mod selector;
pub mod synchronization;
pub mod waiting;

pub use provd_proto::mac;
