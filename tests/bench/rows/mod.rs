//! What is measured, most important first. A row is a module: it builds its own site, and takes all of it down.

use anyhow::Result;
use async_trait::async_trait;

use crate::arguments::Plan;
use crate::finding::Finding;

mod cold;
mod devices;
mod large;
mod large_tftp;
mod memory;
mod nat;
mod new;
mod restart;
mod slow_plugin;
mod small_tftp;
mod start;
mod unchanged;
mod upgraded;
mod warm;

/// One row: cases that are measured together.
#[async_trait(?Send)]
pub(crate) trait Row: Sync {
    /// Which one it is, on the command line.
    fn name(&self) -> &'static str;

    /// Measures all its cases.
    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>>;
}

/// All of them, in the order of the table.
pub(crate) const ROWS: [&dyn Row; 15] = [
    &warm::Warm,
    &warm::Close,
    &unchanged::Unchanged,
    &nat::Nat,
    &cold::Cold,
    &new::New,
    &upgraded::Upgraded,
    &large::Large,
    &small_tftp::SmallTftp,
    &slow_plugin::SlowPlugin,
    &large_tftp::LargeTftp,
    &restart::Restart,
    &start::Start,
    &memory::Memory,
    &devices::Devices,
];
