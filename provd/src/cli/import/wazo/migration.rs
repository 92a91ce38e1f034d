//! One run of a migration: everything is looked at and tried out, then plugins, files, parameters and documents are taken over,
//! in this order, for each rests on those before it, and read back.

use super::WazoCommand;
use super::comparison::{compare_addresses, compare_configs, compare_devices, here, only_here};
use super::documents::Kind;
use super::files;
use super::inventory::Inventory;
use super::next;
use super::origin::Origin;
use super::parameters::Parameters;
use super::placing::Overrides;
use super::plugins::{Plugin, Plugins};
use super::references::Known;
use super::report::{FileKind, Outcome, Report};
use super::storing::{self, Line, Stored};
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::operation::follow;

/// One run.
pub(super) struct Migration<'a> {
    command: &'a WazoCommand,
    client: &'a Client,
    plugins: Plugins<'a>,
    parameters: Parameters<'a>,
    overrides: Overrides,
    inventory: Inventory,
}

impl<'a> Migration<'a> {
    /// Finds out what this server has already.
    pub(super) async fn prepare(
        command: &'a WazoCommand,
        inventory: Inventory,
        client: &'a Client,
    ) -> Result<Migration<'a>, Failure> {
        Ok(Migration {
            plugins: Plugins::of(client, command.key.as_deref()).await?,
            parameters: Parameters::new(client, &command.connection.0)?,
            overrides: Overrides::of(command.connection.0.data_dir()),
            client,
            command,
            inventory,
        })
    }

    /// Does it, unless it is but a trial.
    pub(super) async fn run(self, origin: Origin) -> Result<Report, Failure> {
        let is_trial = self.command.dry_run;
        let mut report = Report { from: origin.storage, dry_run: is_trial, ..Report::default() };
        report.problems.clone_from(&self.inventory.problems);
        report.mapped = self.inventory.mapped();
        report.settings = self.inventory.settings.lines();
        let (files, tried) = storing::try_out(self.lines(), self.client).await?;
        self.look(&tried, &mut report).await?;
        if is_trial || self.command.strict {
            self.move_in(true, &mut report).await?;
            self.inventory.count(&tried, &mut report);
        }
        let may_begin = !self.command.strict || report.is_flawless();
        if may_begin && !is_trial {
            self.carry_out(files, &tried, &mut report).await?;
        }
        report.next = next::steps(&report);
        Ok(report)
    }

    async fn carry_out(
        &self,
        files: Vec<Vec<Line>>,
        tried: &Stored,
        report: &mut Report,
    ) -> Result<(), Failure> {
        self.move_in(false, report).await?;
        let mut stored = storing::store(files, self.client).await?;
        report.problems.append(&mut stored.problems);
        stored.configs.refused += tried.configs.refused;
        stored.devices.refused += tried.devices.refused;
        stored.refused.extend(tried.refused.iter().cloned());
        self.inventory.count(&stored, report);
        report.applied = true;
        self.verify(&stored, report).await
    }

    /// All documents, configs first: devices name them.
    fn lines(&self) -> Vec<Line> {
        let Inventory { configs, devices, .. } = &self.inventory;
        let line = |kind, id: &String, document| Line { kind, id: id.clone(), document };
        let configs = configs.iter().map(|(id, config)| line(Kind::Config, id, config.shown.clone()));
        configs.chain(devices.iter().map(|(id, device)| line(Kind::Device, id, device.line()))).collect()
    }

    /// What can be said before anything is changed.
    async fn look(&self, tried: &Stored, report: &mut Report) -> Result<(), Failure> {
        let Inventory { configs, devices, settings, .. } = &self.inventory;
        let problems = &mut report.problems;
        problems.extend(tried.problems.iter().cloned());
        let configs_here = here(Kind::Config, "id,role", self.client).await?;
        let devices_here = here(Kind::Device, "id", self.client).await?;
        let known = Known {
            configs: tried.taken(Kind::Config, configs).map(|(id, _)| id.clone()).collect(),
            configs_here: configs_here.keys().cloned().collect(),
            plugins: self.plugins_then(),
        };
        for (id, config) in tried.taken(Kind::Config, configs) {
            known.check_config(id, config, problems);
        }
        for (id, device) in tried.taken(Kind::Device, devices) {
            known.check_device(id, device, problems);
        }
        let has_template = configs.iter().any(|(_, config)| config.is_template());
        let ids = configs.iter().map(|(id, _)| id);
        report.only_here = only_here(Kind::Config, ids, has_template, &configs_here, problems);
        let ids = devices.iter().map(|(id, _)| id);
        report.only_here.extend(only_here(Kind::Device, ids, false, &devices_here, problems));
        problems.extend(compare_addresses(settings, self.client).await?);
        Ok(())
    }

    /// The plugins there are when all is done.
    fn plugins_then(&self) -> std::collections::HashSet<String> {
        let sound = self.inventory.plugins.iter().filter(|plugin| plugin.foreign.is_ok());
        sound.map(|plugin| &plugin.id).chain(self.plugins.ids()).cloned().collect()
    }

    /// Plugins with their files, then parameters: what documents rest on.
    async fn move_in(&self, is_trial: bool, report: &mut Report) -> Result<(), Failure> {
        (report.plugins, report.files, report.left) = Default::default();
        for plugin in &self.inventory.plugins {
            let line = self.plugins.take(plugin, is_trial).await?;
            let is_here = line.outcome != Outcome::Failed;
            report.plugins.push(line);
            let has_new_templates = self.move_files(plugin, is_trial, report);
            if has_new_templates && is_here && !is_trial {
                report.problems.extend(self.plugins.restart(&plugin.id).await?);
            }
        }
        if !is_trial {
            let denied = self.plugins.denied(&report.plugins).await?;
            report.problems.extend(denied);
        }
        report.parameters = self.parameters.take_over(&self.inventory.parameters, is_trial).await?;
        Ok(())
    }

    /// Says whether templates changed.
    fn move_files(&self, plugin: &Plugin, is_trial: bool, report: &mut Report) -> bool {
        let sorted = files::sort(&plugin.folder, &self.inventory.phones, &plugin.files());
        let mut has_new_templates = false;
        for file in &sorted.taken {
            let line = self.overrides.take(&plugin.id, file, is_trial);
            let is_changed = matches!(line.outcome, Outcome::New | Outcome::Replaced);
            has_new_templates |= is_changed && line.kind == FileKind::Template;
            report.files.push(line);
        }
        report.left.extend(sorted.left_of(&plugin.id));
        has_new_templates
    }

    /// Waits for the phones to be configured, and reads everything back.
    async fn verify(&self, stored: &Stored, report: &mut Report) -> Result<(), Failure> {
        if !self.command.no_wait {
            for path in &stored.operations {
                report.operation = Some(follow(path, self.client).await?);
            }
        }
        let Inventory { configs, devices, .. } = &self.inventory;
        let documents = here(Kind::Config, "", self.client).await?;
        compare_configs(stored.taken(Kind::Config, configs), &documents, &mut report.problems);
        let documents = here(Kind::Device, "", self.client).await?;
        let taken = stored.taken(Kind::Device, devices);
        compare_devices(taken, &documents, !self.command.no_wait, &mut report.problems);
        Ok(())
    }
}
