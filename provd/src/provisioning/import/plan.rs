//! Going through a file: what each line would change, and what is wrong with it. Nothing is stored here.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::references::References;
use super::report::{Place, Report};
use super::{Import, Mode};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::interchange::{self, Kind, Line};
use crate::domain::mac::Mac;
use crate::provisioning::Provisioning;
use crate::provisioning::bulk::Bulk;
use crate::provisioning::store::StoreError;

/// Lines that are looked up in the database together.
const TOGETHER: usize = 500;

/// What an import would do.
pub(super) struct Plan<'a> {
    pub(super) provisioning: &'a Provisioning,
    pub(super) import: &'a Import,
    pub(super) report: Report,
    /// What is to be stored.
    pub(super) bulk: Bulk,
    /// Devices to configure when it is stored, besides those that inherit from a config that changes.
    pub(super) unconfigured: Vec<String>,
    /// Devices that lack something to be configured, which they say: nothing is left to be done for them.
    pub(super) settled: HashSet<String>,
    /// Devices that leave their plugin.
    pub(super) leaving: Vec<Device>,
    /// What lines name.
    pub(super) references: References,
    /// Which line each config and device is from.
    seen: HashMap<(Kind, String), u64>,
    /// Which line each MAC address is from, and whether that line names an identifier too.
    seen_macs: HashMap<Mac, (u64, bool)>,
}

/// A line that reads as a device.
pub(super) struct SentDevice {
    pub(super) place: Place,
    /// What it states.
    pub(super) document: Map<String, Value>,
    /// The same, as a device of its own.
    pub(super) device: Device,
}

/// A line that reads as a document.
enum Sent {
    Device(Box<SentDevice>),
    Config(Place, Box<Config>),
}

impl Plan<'_> {
    /// Looks at all lines.
    pub(super) async fn make<'a>(
        provisioning: &'a Provisioning,
        import: &'a Import,
    ) -> Result<Plan<'a>, StoreError> {
        let mut plan = Plan {
            provisioning,
            import,
            report: Report { dry_run: import.dry_run, ..Report::default() },
            bulk: Bulk::default(),
            unconfigured: Vec::new(),
            settled: HashSet::new(),
            leaving: Vec::new(),
            references: References::default(),
            seen: HashMap::new(),
            seen_macs: HashMap::new(),
        };
        let mut lines = interchange::read(&import.file, import.format);
        loop {
            let some: Vec<Line> = lines.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                break;
            }
            plan.look_at(some).await?;
        }
        if plan.report.lines == 0 {
            let place = Place { line: 1, kind: None, id: None };
            plan.report.refuse(&place, "the file holds neither devices nor configs".to_owned());
        }
        plan.check_references().await?;
        Ok(plan)
    }

    async fn look_at(&mut self, lines: Vec<Line>) -> Result<(), StoreError> {
        self.report.lines += lines.len() as u64;
        let sent: Vec<Sent> = lines.into_iter().filter_map(|line| self.read(line)).collect();
        let devices = sent.iter().filter_map(|sent| match sent {
            Sent::Device(sent) => Some(&sent.device),
            Sent::Config(..) => None,
        });
        let ids: Vec<String> =
            devices.clone().map(|device| device.id.clone()).filter(|id| !id.is_empty()).collect();
        let macs: Vec<Mac> = devices.filter_map(|device| device.info.mac).collect();
        let known = self.provisioning.store().known_devices(&ids, &macs).await?;
        for sent in sent {
            match sent {
                Sent::Device(sent) => self.plan_device(*sent, &known),
                Sent::Config(place, config) => self.plan_config(&place, *config).await?,
            }
        }
        Ok(())
    }

    /// The document of a line, unless something is wrong with it.
    fn read(&mut self, line: Line) -> Option<Sent> {
        let mut place = Place { line: line.number, kind: line.kind, id: None };
        let sent = line.document.and_then(|document| {
            place.id = document.get("id").and_then(Value::as_str).map(str::to_owned);
            if line.kind == Some(Kind::Config) {
                let config = Config::from_document(document).map_err(|error| error.to_string())?;
                return Ok(Sent::Config(place.clone(), Box::new(config)));
            }
            let device = Device::from_document(document.clone()).map_err(|_| wrong_with(&document))?;
            Ok(Sent::Device(Box::new(SentDevice { place: place.clone(), document, device })))
        });
        sent.map_err(|why| self.report.refuse(&place, why)).ok()
    }

    /// Whether an earlier line is of the same record.
    pub(super) fn is_repeated(&mut self, place: &Place, kind: Kind, id: &str) -> bool {
        let Some(earlier) = self.seen.insert((kind, id.to_owned()), place.line) else {
            return false;
        };
        self.report.refuse(place, format!("line {earlier} is of the same {}, `{id}`", kind.as_str()));
        true
    }

    /// Whether an earlier line has the same MAC address, and nothing else says that the two are different phones.
    pub(super) fn is_ambiguous(&mut self, place: &Place, mac: Mac, has_id: bool) -> bool {
        let Some((earlier, had_id)) = self.seen_macs.insert(mac, (place.line, has_id)) else {
            return false;
        };
        let reason = format!("line {earlier} has the same MAC address, {mac}");
        if has_id && had_id {
            self.report.warn(place, reason);
            return false;
        }
        self.report.refuse(place, format!("{reason}: name each phone once, or by its id"));
        true
    }

    pub(super) fn mode(&self) -> Mode {
        self.import.mode
    }

    /// Whether the file has a config.
    pub(super) fn brings_config(&self, id: &str) -> bool {
        self.seen.contains_key(&(Kind::Config, id.to_owned()))
    }
}

/// Everything that is wrong with the document of a device, key by key.
fn wrong_with(document: &Map<String, Value>) -> String {
    let alone = |(key, value): (&String, &Value)| {
        Device::from_document(Map::from_iter([(key.clone(), value.clone())])).err()
    };
    document.iter().filter_map(alone).map(|error| error.to_string()).collect::<Vec<_>>().join("; ")
}
