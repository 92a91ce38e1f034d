//! What a line makes of a config. One that exists is replaced, as `PUT` does: only so can a parameter go.

use std::sync::Arc;

use super::Mode;
use super::plan::Plan;
use super::report::{Action, Change, Place};
use crate::domain::audit::AuditEntry;
use crate::domain::config::Config;
use crate::domain::device::check_id;
use crate::domain::interchange::Kind;
use crate::provisioning::audit::config_changes;
use crate::provisioning::configs::check_parameters;
use crate::provisioning::new_id;
use crate::provisioning::store::{ConfigChange, StoreError};

impl Plan<'_> {
    /// Plans the config of a line.
    pub(super) async fn plan_config(&mut self, place: &Place, mut config: Config) -> Result<(), StoreError> {
        if let Err(why) = check(&config) {
            self.report.refuse(place, why);
            return Ok(());
        }
        if self.is_repeated(place, Kind::Config, &config.id) {
            return Ok(());
        }
        let stored = self.provisioning.store().config(&config.id).await?.map(Arc::unwrap_or_clone);
        match (&stored, self.mode()) {
            (Some(_), Mode::Create) => {
                self.report.refuse(place, format!("the id `{}` is already in use", config.id));
                return Ok(());
            }
            (None, Mode::Update) => {
                self.report.refuse(place, format!("there is no config `{}`", config.id));
                return Ok(());
            }
            _ => {}
        }
        config.revision = stored.as_ref().map_or(0, |stored| stored.revision);
        self.references.of_config(place, &config);
        self.plan_change(place, config, stored);
        Ok(())
    }

    fn plan_change(&mut self, place: &Place, config: Config, stored: Option<Config>) {
        let (action, done) = match &stored {
            None => (Action::Create, "created"),
            Some(stored) if *stored == config => (Action::Unchanged, ""),
            Some(_) => (Action::Update, "updated"),
        };
        let changes = config_changes(&stored.unwrap_or_default(), &config);
        if action != Action::Unchanged {
            let entry = AuditEntry::config(&self.import.actor, done, &config.id, changes.clone());
            let change = ConfigChange { unfinished: Some(new_id()), audit: vec![entry] };
            self.bulk.configs.push((config.clone(), change));
        }
        let change = Change { line: place.line, kind: "config", id: Some(config.id), action, changes };
        self.report.note(Kind::Config, change);
    }
}

/// What can be known of a config by itself.
fn check(config: &Config) -> Result<(), String> {
    if config.id.is_empty() {
        return Err("id: needed, for devices and other configs name a config by it".to_owned());
    }
    check_id(&config.id).map_err(|error| format!("id: {error}"))?;
    check_parameters(config).map_err(|error| error.to_string())
}
