//! What the tests of the `provd` binary are written with: a server to start, phones and an administrator to ask it,
//! families of plugins, and a way to wait.
//!
//! Nothing here knows the inside of provd. It is started like an administrator starts it, with real child processes, on
//! real sockets whose ports the system chooses, on a real database in a folder that is gone afterwards.

pub mod ami;
mod api;
mod binary;
pub mod client;
mod command_line;
mod database;
mod events;
mod families;
mod fleet;
mod home;
pub mod invariants;
pub mod load;
pub mod network;
pub mod openid;
pub mod phone;
pub mod process;
mod python;
mod server;
mod tally;
mod traffic;
pub mod usage;
mod waiting;
pub mod wazo_auth;
mod web_service;

pub use api::{Api, Reply};
pub use binary::provd as provd_binary;
pub use command_line::Said;
pub use database::Database;
pub use events::{EventStream, Told};
pub use families::copy_family;
pub use fleet::Handset;
pub use home::Home;
pub use python::Python;
pub use server::Server;
pub use tally::Tally;
pub use traffic::Traffic;
pub use waiting::{PATIENCE, eventually, within};
pub use web_service::WebService;
