//! What provd is about, in the field's own words: pure values and rules.
//!
//! Nothing here waits, speaks SQL, HTTP or protobuf, or knows that plugins are processes.

pub mod answer;
pub mod config;
pub mod device;
pub mod device_info;
pub mod plugin;
pub mod raw_config;
pub mod request;

pub use provd_proto::mac;
