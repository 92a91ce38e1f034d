//! One plugin that only pretends, and its administration.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{NEW_PLUGIN, PLUGIN};
use crate::domain::answer::ServedFile;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::dhcp::DhcpHint;
use crate::domain::mac::{Mac, canonical_path};
use crate::domain::plugin::{
    Configuration, Crash, FileReference, GeneratedFile, PluginLog, PluginState, PluginStatus, Support,
};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::Request;
use crate::domain::sandbox::{MissingWall, Need, SandboxLevel, SandboxStatus};
use crate::domain::synchronization::SynchronizationMethod;
use crate::provisioning::PluginEvent;
use crate::provisioning::installation::{InstallationError, PlacedPlugin, PluginOffer, SentPackage};
use crate::provisioning::operations::Worker;
use crate::provisioning::plugins::{
    FileAnswer, PluginAdministration, PluginError, Plugins, Shape, Trial, Vote, Votes,
};
use crate::provisioning::repositories::{PluginRepositories, Updated};

/// Generates one file that tells the time zone, for devices that have a MAC address, and knows a phone by its name.
pub(super) struct FakePlugins;

/// The file of a phone.
fn file_of(mac: Mac) -> String {
    format!("Aastra/{}.cfg", mac.to_string().replace(':', "").to_uppercase())
}

#[async_trait]
impl Plugins for FakePlugins {
    fn installed(&self) -> Vec<String> {
        vec![PLUGIN.to_owned()]
    }
    fn is_installed(&self, plugin: &str) -> bool {
        plugin == PLUGIN
    }

    fn is_available(&self, _plugin: &str) -> bool {
        true
    }
    async fn extract(&self, request: &Request) -> Votes {
        let name = request.kind.path().and_then(|path| path.strip_prefix("/Aastra/")?.strip_suffix(".cfg"));
        let Some(mac) = name.and_then(|name| name.parse().ok()) else {
            return Votes { votes: [].into(), complete: true, may_be_remembered: false };
        };
        let vendor = Some("Aastra".to_owned());
        let info = DeviceInfo { mac: Some(mac), vendor, ..DeviceInfo::default() };
        Votes {
            votes: [Vote { plugins: vec![PLUGIN.to_owned()], info }].into(),
            complete: true,
            may_be_remembered: false,
        }
    }
    fn shape(&self, _: &Request) -> Option<Shape> {
        None
    }
    fn changes(&self) -> u64 {
        0
    }
    async fn associate(&self, _: &str, info: &DeviceInfo) -> Result<Support, PluginError> {
        Ok(match (info.vendor.as_deref(), info.model.as_deref()) {
            (Some("Aastra"), Some("6731i")) => Support::Exact,
            (Some("Aastra"), _) => Support::Probable,
            _ => Support::Unknown,
        })
    }
    async fn configure_common(&self, _: &str, _: &RawConfig) -> Result<Configuration, PluginError> {
        Ok(Configuration::default())
    }
    async fn configure(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, PluginError> {
        let Some(mac) = device.info.mac else {
            return Err(PluginError::Refused("the device has no MAC address".to_owned()));
        };
        let zone = raw_config.document().get("timezone").unwrap_or(&Value::Null);
        let file = GeneratedFile {
            path: file_of(mac),
            content: format!("zone: {zone}\n").into(),
            media_type: None,
            sensitive: true,
        };
        let trigger_path = Some(file.path.clone());
        Ok(Configuration { files: vec![file], trigger_path, ..Configuration::default() })
    }
    async fn deconfigure(&self, _: &str, _: &Device) -> Result<(), PluginError> {
        Ok(())
    }
    async fn synchronize(&self, _: &Device, _: &RawConfig) -> Result<SynchronizationMethod, PluginError> {
        Ok(SynchronizationMethod::SipNotify { event: "check-sync".to_owned(), headers: vec![] })
    }
    async fn serve_file(
        &self,
        _: &str,
        device: &Device,
        request: &Request,
    ) -> Result<FileAnswer, PluginError> {
        let own = device.info.mac.map(file_of);
        let asked = request.kind.path().map(canonical_path);
        let reference = match own {
            Some(own) if asked == Some(canonical_path(&own)) => FileReference::Generated(own),
            _ => FileReference::NotFound,
        };
        Ok(FileAnswer { reference, may_be_remembered: false })
    }
    fn open_served(&self, _: &str, _: &str) -> Option<ServedFile> {
        None
    }
    fn open_firmware(&self, _: &str, _: &str) -> Option<ServedFile> {
        None
    }
    fn is_sensitive(&self, _: &str, _: &str) -> bool {
        false
    }
}

/// One plugin that crashed once, of which a newer version is offered, and another that is not installed.
#[derive(Default)]
pub(in crate::api) struct FakeAdministration {
    restarts: Mutex<u64>,
    upgraded: AtomicBool,
    removed: AtomicBool,
    pub(in crate::api) repositories: Mutex<Vec<String>>,
}

fn offer(id: &str, is_installed: bool) -> PluginOffer {
    let (version, description) = ("1.3".to_owned(), "Aastra phones".to_owned());
    PluginOffer {
        id: id.to_owned(),
        version,
        description,
        capabilities: Map::new(),
        is_installed,
        origin: None,
    }
}

#[async_trait]
impl PluginAdministration for FakeAdministration {
    async fn statuses(&self) -> Vec<PluginStatus> {
        self.overview()
    }
    fn overview(&self) -> Vec<PluginStatus> {
        if self.removed.load(Ordering::SeqCst) {
            return Vec::new();
        }
        let crash = Crash {
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250),
            reason: "killed by SIGKILL".to_owned(),
            log: vec!["the last words".to_owned()],
        };
        let capabilities = json!({"Aastra, 6731i, 3.2.2": {"lines": 6}});
        vec![PluginStatus {
            id: PLUGIN.to_owned(),
            version: "1.2".to_owned(),
            description: "Aastra phones".to_owned(),
            state: PluginState::Ready,
            reason: None,
            pid: Some(4711),
            ready_since: Some(SystemTime::UNIX_EPOCH),
            starts: 2 + *self.restarts.lock().unwrap(),
            resident_bytes: Some(1 << 20),
            calls: 3,
            failures: 1,
            p99: Some(Duration::from_millis(1)),
            previous_version: None,
            capabilities: capabilities.as_object().unwrap().clone(),
            sandbox: Some(SandboxStatus {
                level: SandboxLevel::Partial,
                landlock: 5,
                seccomp: true,
                missing: vec![MissingWall::Signals],
                granted: vec![Need::Processes],
                denied: vec![Need::Memory],
            }),
            crashes: vec![crash],
        }]
    }
    async fn status(&self, plugin: &str) -> Option<PluginStatus> {
        self.statuses().await.into_iter().find(|status| status.id == plugin)
    }
    fn log(&self, plugin: &str, seen: u64) -> Option<PluginLog> {
        let lines =
            ["one", "two"].into_iter().skip(usize::try_from(seen).unwrap()).map(str::to_owned).collect();
        (plugin == PLUGIN).then_some(PluginLog { lines, end: 2 })
    }
    fn dhcp_hints(&self) -> Vec<(String, Option<Vec<DhcpHint>>)> {
        let hint = json!({
            "vendor_classes": [],
            "vendor_class_prefixes": ["AastraIPPhone"],
            "mac_prefixes": ["00:08:5d"],
            "options": {"43": {"2": "{http}/Aastra", "3": false}},
        });
        let away = ("yealink".to_owned(), None);
        vec![(PLUGIN.to_owned(), Some(vec![serde_json::from_value(hint).unwrap()])), away]
    }
    async fn restart(&self, plugin: &str) -> Result<PluginStatus, PluginError> {
        *self.restarts.lock().unwrap() += 1;
        self.status(plugin).await.ok_or_else(|| PluginError::NotInstalled(plugin.to_owned()))
    }
    async fn offers(&self) -> Result<Vec<PluginOffer>, InstallationError> {
        Ok(vec![offer(PLUGIN, self.upgraded.load(Ordering::SeqCst)), offer(NEW_PLUGIN, false)])
    }
    async fn place(&self, package: SentPackage) -> Result<PlacedPlugin, InstallationError> {
        if package.signature.is_none() {
            return Err(InstallationError::Untrusted("it is not signed".to_owned()));
        }
        let version = String::from_utf8(package.bytes.to_vec()).unwrap();
        let (id, folder) = (PLUGIN.to_owned(), format!("{version}-0"));
        Ok(PlacedPlugin { id, is_installed: version == "1.2", version, folder, is_packaged: true })
    }
    async fn place_offered(&self, plugin: &str, _: &Arc<Worker>) -> Result<PlacedPlugin, InstallationError> {
        Ok(placed(plugin))
    }
    async fn previous(&self, plugin: &str) -> Result<PlacedPlugin, InstallationError> {
        if plugin == PLUGIN && self.upgraded.load(Ordering::SeqCst) {
            Ok(placed(plugin))
        } else {
            Err(InstallationError::NoPrevious(plugin.to_owned()))
        }
    }
    async fn try_out(&self, _: &PlacedPlugin) -> Result<Box<dyn Trial>, InstallationError> {
        Ok(Box::new(FakeTrial))
    }
    async fn install_placed(&self, placed: PlacedPlugin) -> Result<PluginEvent, InstallationError> {
        let plugin = placed.id;
        if plugin == NEW_PLUGIN {
            return Err(InstallationError::Failed("it did not become ready".to_owned()));
        }
        self.upgraded.store(true, Ordering::SeqCst);
        self.removed.store(false, Ordering::SeqCst);
        Ok(PluginEvent::Ready { plugin, version: "1.3".to_owned() })
    }
    async fn uninstall(&self, plugin: &str) -> Result<(), InstallationError> {
        if self.status(plugin).await.is_none() {
            return Err(InstallationError::NotInstalled(plugin.to_owned()));
        }
        self.removed.store(true, Ordering::SeqCst);
        Ok(())
    }
}

fn placed(plugin: &str) -> PlacedPlugin {
    PlacedPlugin {
        id: plugin.to_owned(),
        version: "1.3".to_owned(),
        folder: "1.3-0".to_owned(),
        is_installed: false,
        is_packaged: false,
    }
}

/// A version that generates nothing.
struct FakeTrial;

#[async_trait]
impl Trial for FakeTrial {
    async fn configure_common(&self, _: &RawConfig) -> Result<Configuration, PluginError> {
        Ok(Configuration::default())
    }
    async fn configure(&self, _: &Device, _: &RawConfig) -> Result<Configuration, PluginError> {
        Ok(Configuration::default())
    }
    async fn end(self: Box<Self>) {}
}

#[async_trait]
impl PluginRepositories for FakeAdministration {
    async fn repositories(&self) -> Result<Vec<String>, InstallationError> {
        Ok(self.repositories.lock().unwrap().clone())
    }
    async fn update(&self, repository: &str) -> Result<Updated, InstallationError> {
        if repository.starts_with("https") {
            return Err(InstallationError::Failed("nobody answered".to_owned()));
        }
        Ok(Updated { packages: 2, new: vec![format!("{NEW_PLUGIN} 1.3")] })
    }
}
