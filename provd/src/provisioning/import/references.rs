//! Plugins and configs that lines name and nobody knows. That is allowed, for they may come later, and told.

use std::collections::BTreeMap;

use super::plan::Plan;
use super::report::Place;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::provisioning::store::StoreError;

/// What lines name: the first line of each, and how many more there are.
#[derive(Debug, Default)]
pub(super) struct References {
    configs: BTreeMap<String, (Place, u64)>,
    plugins: BTreeMap<String, (Place, u64)>,
}

impl References {
    pub(super) fn of_device(&mut self, place: &Place, device: &Device) {
        note(&mut self.configs, place, device.config.as_deref());
        note(&mut self.plugins, place, device.plugin.as_deref());
    }

    pub(super) fn of_config(&mut self, place: &Place, config: &Config) {
        for parent in &config.parent_ids {
            note(&mut self.configs, place, Some(parent));
        }
    }
}

fn note(named: &mut BTreeMap<String, (Place, u64)>, place: &Place, id: Option<&str>) {
    let Some(id) = id else { return };
    match named.get_mut(id) {
        Some((_, more)) => *more += 1,
        None => drop(named.insert(id.to_owned(), (place.clone(), 0))),
    }
}

impl Plan<'_> {
    /// Warns of what nobody knows. To be asked when all lines are known: they may name each other.
    pub(super) async fn check_references(&mut self) -> Result<(), StoreError> {
        let References { configs, plugins } = std::mem::take(&mut self.references);
        for (id, (place, more)) in configs {
            if !self.brings_config(&id) && self.provisioning.store().config(&id).await?.is_none() {
                self.report.warn(&place, format!("there is no config `{id}`{}", and_others(more)));
            }
        }
        for (id, (place, more)) in plugins {
            if !self.provisioning.plugins().is_installed(&id) {
                self.report.warn(&place, format!("the plugin {id} is not installed{}", and_others(more)));
            }
        }
        Ok(())
    }
}

fn and_others(more: u64) -> String {
    match more {
        0 => String::new(),
        1 => "; 1 other line names it too".to_owned(),
        more => format!("; {more} other lines name it too"),
    }
}
