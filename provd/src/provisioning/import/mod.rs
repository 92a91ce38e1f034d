//! Importing a file of devices and configs: all of it is checked, then all of it is stored, or nothing; then the devices
//! concerned are configured, as an operation.
//!
//! What is checked is what is stored: if somebody changes one of the records meanwhile, all is checked again.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;

mod configs;
mod devices;
mod plan;
mod references;
mod report;
mod storing;

pub use report::{Action, Change, Counts, Remark, Report};

use super::devices::Tries;
use super::many::Running;
use super::{Provisioning, ProvisioningError};
use crate::domain::audit::Actor;
use crate::domain::device::Device;
use crate::domain::interchange::Format;
use plan::Plan;

/// What may become of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Only something new.
    Create,
    /// Only a change of what there is.
    Update,
    /// Either.
    #[default]
    Upsert,
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Mode, ()> {
        match text {
            "create" => Ok(Mode::Create),
            "update" => Ok(Mode::Update),
            "upsert" => Ok(Mode::Upsert),
            _ => Err(()),
        }
    }
}

/// In whose name devices come and change.
pub trait Ownership: Send + Sync {
    /// Whether it may change a stored device.
    fn may_update(&self, stored: &Device) -> bool;
    /// The owner of a new device.
    fn owner_of_new(&self, sent: &Device) -> Option<String>;
    /// The owner of a device that replaces a stored one, or why it cannot go there.
    fn owner_after(&self, stored: &Device, sent: &Device) -> Result<Option<String>, String>;
}

/// A file, and what to do with it.
#[derive(Clone)]
pub struct Import {
    /// The file as it is.
    pub file: Bytes,
    /// How it is written.
    pub format: Format,
    /// What may become of its lines.
    pub mode: Mode,
    /// Whether it is only checked.
    pub dry_run: bool,
    /// On whose behalf.
    pub actor: Actor,
    /// In whose name.
    pub owner: Arc<dyn Ownership>,
}

impl Provisioning {
    /// Checks all of a file and, unless something is wrong with it or it is but a trial, stores all of it. What is to be
    /// configured then is the operation, if there is anything.
    pub async fn import(
        self: &Arc<Self>,
        import: &Import,
    ) -> Result<(Report, Option<Running>), ProvisioningError> {
        let mut tries = Tries::default();
        loop {
            let plan = Plan::make(self, import).await?;
            if import.dry_run || plan.report.is_refused() {
                return Ok((plan.report, None));
            }
            match self.carry_out(plan).await {
                Err(error) if tries.go_on_after(&error) => {}
                outcome => return outcome,
            }
        }
    }
}
