//! Everything the other server has, as it is read from its disk, in the words of this one.

use uuid::Uuid;

use super::base;
use super::config::{self, MappedConfig};
use super::device::{self, MappedDevice, Masters};
use super::documents::{self, Document, Kind};
use super::generated::Phones;
use super::origin::Origin;
use super::parameters::{self, Parameter};
use super::plugins::{self, Plugin};
use super::report::{Counts, Mapped, Problem, Report};
use super::settings::Settings;
use super::storing::Stored;

/// Where that server keeps documents, unless its settings say otherwise.
const JSONDB: &str = "jsondb";

/// All of it.
pub(super) struct Inventory {
    pub(super) settings: Settings,
    pub(super) plugins: Vec<Plugin>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) configs: Vec<(String, MappedConfig)>,
    pub(super) devices: Vec<(String, MappedDevice)>,
    /// Whose files are not taken over.
    pub(super) phones: Phones,
    /// What is wrong with what was read.
    pub(super) problems: Vec<Problem>,
    /// Files of configs, and of devices.
    read: (u64, u64),
    added: Vec<Mapped>,
}

impl Inventory {
    /// Reads it. `master` is that server's master tenant, if it is known.
    pub(super) fn read(origin: &Origin, master: Option<Uuid>) -> Inventory {
        let mut problems = Vec::new();
        let settings = Settings::read(origin.settings.as_deref(), &mut problems);
        let jsondb = settings.text("database.json_db_dir").unwrap_or_else(|| JSONDB.to_owned());
        let jsondb = origin.storage.join(jsondb);
        let (configs, configs_read) = documents::read(&jsondb, Kind::Config, &mut problems);
        let (devices, devices_read) = documents::read(&jsondb, Kind::Device, &mut problems);
        let masters = Masters::of(master, &devices);
        let mut added = Vec::new();
        let mut configs = by_id(&configs, config::map);
        let additions = base::additions(&settings.base_raw_config);
        base::add(&additions, &mut configs, &mut added, &mut problems);
        Inventory {
            plugins: plugins::read(origin),
            parameters: parameters::read(&origin.storage, &settings, &masters, &mut problems),
            phones: Phones::of(&devices),
            devices: by_id(&devices, |document| device::map(document, &masters)),
            configs,
            settings,
            problems,
            read: (configs_read, devices_read),
            added,
        }
    }

    /// What is said otherwise here.
    pub(super) fn mapped(&self) -> Vec<Mapped> {
        let configs = self.configs.iter().map(|(id, config)| (Kind::Config, id, &config.changes));
        let devices = self.devices.iter().map(|(id, device)| (Kind::Device, id, &device.changes));
        let said = configs.chain(devices).flat_map(|(kind, id, changes)| {
            changes.iter().map(move |what| Mapped { kind: kind.name(), id: id.clone(), what: what.clone() })
        });
        said.chain(self.added.iter().cloned()).collect()
    }

    /// Adds up what became of the documents. Files that hold none are not taken over either.
    pub(super) fn count(&self, stored: &Stored, report: &mut Report) {
        let all = |counts: Counts, read: u64, documents: usize| {
            let unreadable = read.saturating_sub(documents as u64);
            Counts { read, refused: counts.refused + unreadable, ..counts }
        };
        report.configs = all(stored.configs, self.read.0, self.configs.len());
        report.devices = all(stored.devices, self.read.1, self.devices.len());
    }
}

fn by_id<T>(documents: &[Document], map: impl Fn(&Document) -> T) -> Vec<(String, T)> {
    documents.iter().map(|document| (document.id.clone(), map(document))).collect()
}
