//! The way of a request on a real database, with plugins that read facts out of the path: `/mac=…/model=…`.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Map, json};

use super::{Pipeline, PipelineSettings, RequestHandler};
use crate::domain::answer::{Answer, Content, ServedFile};
use crate::domain::audit::Actor;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::headers::Headers;
use crate::domain::parameter::{NAT, Parameter};
use crate::domain::plugin::{Configuration, FileReference, GeneratedFile, Support};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::{HttpRequest, Request, RequestKind};
use crate::domain::synchronization::SynchronizationMethod;
use crate::provisioning::many::{Running, ended};
use crate::provisioning::plugins::{FileAnswer, PluginError, Plugins, Shape, Vote, Votes};
use crate::provisioning::{PluginEvent, Provisioning};
use crate::storage::Database;

mod recollection;
mod url_key;

const PLUGIN: &str = "family-1.0";
const MAC: &str = "00:08:5d:00:00:01";

/// One plugin that knows every phone with a vendor, and generates `phone.cfg` for those with a MAC address.
#[derive(Default)]
struct Family {
    away: AtomicBool,
    configured: AtomicUsize,
    changes: AtomicU64,
    /// The URL that was last put into a file.
    url: Mutex<Option<serde_json::Value>>,
}

impl Family {
    fn unless_away<T>(&self, answer: T) -> Result<T, PluginError> {
        if self.away.load(Ordering::SeqCst) {
            let (plugin, why) = (PLUGIN.to_owned(), "it crashed".to_owned());
            return Err(PluginError::Unavailable { plugin, why, retry_after: Duration::from_secs(1) });
        }
        Ok(answer)
    }
}

fn facts(path: &str) -> DeviceInfo {
    let mut info = DeviceInfo::default();
    for (name, value) in path.split('/').filter_map(|segment| segment.split_once('=')) {
        let text = Some(value.to_owned());
        match name {
            "mac" => info.mac = value.parse().ok(),
            "vendor" => info.vendor = text,
            "model" => info.model = text,
            "version" => info.version = text,
            "sn" => info.sn = text,
            _ => {}
        }
    }
    info
}

#[async_trait]
impl Plugins for Family {
    fn installed(&self) -> Vec<String> {
        vec![PLUGIN.to_owned()]
    }

    fn is_installed(&self, plugin: &str) -> bool {
        plugin == PLUGIN
    }

    fn is_available(&self, _plugin: &str) -> bool {
        !self.away.load(Ordering::SeqCst)
    }

    async fn extract(&self, request: &Request) -> Votes {
        let info = facts(request.kind.path().unwrap_or_default());
        Votes {
            votes: [Vote { plugins: self.installed(), info }].into(),
            complete: true,
            may_be_remembered: true,
        }
    }

    fn shape(&self, request: &Request) -> Option<Shape> {
        let text = request.kind.path().unwrap_or_default().to_owned();
        Some(Shape { changes: self.changes(), text })
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    async fn associate(&self, _plugin: &str, info: &DeviceInfo) -> Result<Support, PluginError> {
        Ok(if info.vendor.is_some() { Support::Complete } else { Support::Unknown })
    }

    async fn configure_common(&self, _: &str, _: &RawConfig) -> Result<Configuration, PluginError> {
        Ok(Configuration::default())
    }

    async fn configure(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, PluginError> {
        self.configured.fetch_add(1, Ordering::SeqCst);
        let Some(mac) = device.info.mac else {
            return Err(PluginError::Refused("no MAC address".to_owned()));
        };
        *self.url.lock().unwrap() = raw_config.document().get("http_base_url").cloned();
        let lines = raw_config.document().get("sip_lines");
        let username = lines.and_then(|lines| lines["1"]["username"].as_str()).unwrap_or_default();
        let file = GeneratedFile {
            path: "phone.cfg".to_owned(),
            content: Bytes::from(format!("{mac} {username}")),
            media_type: None,
            sensitive: true,
        };
        let trigger_path = Some("phone.cfg".to_owned());
        self.unless_away(Configuration { files: vec![file], trigger_path, warnings: vec![] })
    }

    async fn deconfigure(&self, _plugin: &str, _device: &Device) -> Result<(), PluginError> {
        Ok(())
    }

    async fn synchronize(&self, _: &Device, _: &RawConfig) -> Result<SynchronizationMethod, PluginError> {
        Err(PluginError::Refused("no phone is told here".to_owned()))
    }

    async fn serve_file(&self, _: &str, _: &Device, request: &Request) -> Result<FileAnswer, PluginError> {
        let path = request.kind.path().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let reference = FileReference::Generated(name.to_owned());
        self.unless_away(FileAnswer { reference, may_be_remembered: true })
    }

    fn open_served(&self, _plugin: &str, _path: &str) -> Option<ServedFile> {
        None
    }

    fn open_firmware(&self, _plugin: &str, _path: &str) -> Option<ServedFile> {
        None
    }

    fn is_sensitive(&self, _plugin: &str, _base_name: &str) -> bool {
        false
    }
}

struct Site {
    pipeline: Arc<Pipeline>,
    provisioning: Arc<Provisioning>,
    family: Arc<Family>,
    _data: tempfile::TempDir,
}

impl Site {
    async fn new(settings: PipelineSettings) -> Site {
        Site::built(settings, |provisioning| provisioning).await
    }

    async fn built(settings: PipelineSettings, build: fn(Provisioning) -> Provisioning) -> Site {
        let data = tempfile::tempdir().unwrap();
        let store = Arc::new(Database::open(&data.path().join("provd.sqlite")).await.unwrap());
        let family = Arc::new(Family::default());
        let base = Map::from_iter([("http_base_url".to_owned(), "http://192.0.2.1:8667".into())]);
        let provisioning = Arc::new(build(Provisioning::new(store, family.clone(), base)));
        provisioning.seed("192.0.2.1").await.unwrap();
        let pipeline = Arc::new(Pipeline::new(provisioning.clone(), settings, Arc::default()));
        Site { pipeline, provisioning, family, _data: data }
    }

    async fn ask(&self, ip: &str, path: &str) -> Answer {
        self.pipeline.handle(request(ip, path)).await
    }

    async fn set(&self, name: &str, tenant: Option<&str>, value: &str) -> Option<Running> {
        let parameter = Parameter::named(name).unwrap();
        let value = Some(value.to_owned());
        self.provisioning.set_parameter(parameter, tenant, value, &Actor::Server).await.unwrap()
    }

    async fn devices(&self) -> Vec<Device> {
        self.provisioning.store().devices().await.unwrap()
    }

    async fn only_device(&self) -> Device {
        let mut devices = self.devices().await;
        assert_eq!(devices.len(), 1, "{devices:#?}");
        devices.remove(0)
    }
}

fn request(ip: &str, path: &str) -> Request {
    let http = HttpRequest {
        method: "GET",
        path: path.to_owned(),
        query: String::new(),
        headers: Headers::default(),
    };
    Request { ip: ip.parse().unwrap(), kind: RequestKind::Http(http) }
}

fn content(answer: Answer) -> String {
    match answer {
        Answer::File(ServedFile { content: Content::Bytes(bytes), .. }) => {
            String::from_utf8(bytes.to_vec()).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_phone_is_a_device_with_files() {
    let site = Site::new(PipelineSettings::default()).await;
    let file = content(site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await);
    let device = site.only_device().await;
    assert!(device.configured && device.plugin.as_deref() == Some(PLUGIN), "{device:?}");
    assert_eq!(device.info.ip, Some("192.0.2.7".parse().unwrap()));
    let username = device.remote_state_sip_username.unwrap();
    assert_eq!(file, format!("{MAC} {username}"));
}

#[tokio::test]
async fn nothing_is_created_of_an_address_alone() {
    let site = Site::new(PipelineSettings::default()).await;
    assert!(matches!(site.ask("192.0.2.7", "/phone.cfg").await, Answer::NotFound));
    assert!(site.devices().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_first_requests_make_one_device() {
    let site = Arc::new(Site::new(PipelineSettings::default()).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let site = site.clone();
        tasks.spawn(async move {
            content(site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await)
        });
    }
    assert_eq!(tasks.join_all().await.len(), 40);
    site.only_device().await;
    assert_eq!(site.family.configured.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn asking_again_writes_nothing() {
    let site = Site::new(PipelineSettings::default()).await;
    for _ in 0..2 {
        site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await;
    }
    let before = site.only_device().await;
    site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await;
    assert_eq!(site.only_device().await, before);
}

#[tokio::test]
async fn a_device_known_by_address_learns_who_it_is() {
    let site = Site::new(PipelineSettings::default()).await;
    site.ask("192.0.2.7", "/vendor=V/model=M/common.cfg").await;
    let provisional = site.only_device().await;
    assert!(provisional.is_provisional() && !provisional.configured);
    assert_eq!(provisional.last_error.map(|failure| failure.reason).as_deref(), Some("no MAC address"));
    content(site.ask("192.0.2.7", &format!("/mac={MAC}/phone.cfg")).await);
    let known = site.only_device().await;
    assert!(known.id == provisional.id && known.configured && known.last_error.is_none(), "{known:?}");
}

#[tokio::test]
async fn a_phone_that_moved_leaves_no_junk() {
    let site = Site::new(PipelineSettings::default()).await;
    site.ask("192.0.2.7", "/vendor=V/model=M/common.cfg").await;
    site.ask("192.0.2.7", &format!("/mac={MAC}/phone.cfg")).await;
    let device = site.only_device().await;
    let configs = site.provisioning.store().configs().await.unwrap().len();
    site.ask("192.0.2.8", "/vendor=V/model=M/version=2/common.cfg").await;
    assert_eq!(site.devices().await.len(), 2);
    site.ask("192.0.2.8", &format!("/mac={MAC}/phone.cfg")).await;
    let moved = site.only_device().await;
    assert_eq!((moved.id, moved.info.ip), (device.id, Some("192.0.2.8".parse().unwrap())));
    assert_eq!(site.provisioning.store().configs().await.unwrap().len(), configs);
}

#[tokio::test]
async fn another_phone_at_the_address_is_not_taken_for_this_one() {
    let site = Site::new(PipelineSettings::default()).await;
    site.ask("192.0.2.7", "/vendor=V/model=M/common.cfg").await;
    site.ask("192.0.2.7", &format!("/vendor=V/model=OTHER/mac={MAC}/phone.cfg")).await;
    let device = site.only_device().await;
    assert_eq!(device.info.model.as_deref(), Some("OTHER"), "the one nothing can find any more is gone");
}

#[tokio::test]
async fn behind_nat_phones_share_an_address() {
    let site = Site::new(PipelineSettings::default()).await;
    assert!(site.set(NAT, None, "1").await.is_none());
    for mac in [MAC, "00:08:5d:00:00:02"] {
        site.ask("192.0.2.7", &format!("/vendor=V/mac={mac}/phone.cfg")).await;
    }
    let addressed = async || site.devices().await.iter().filter(|device| device.info.ip.is_some()).count();
    assert_eq!(addressed().await, 2);
    // Which of the two this is nobody can tell.
    assert!(matches!(site.ask("192.0.2.7", "/phone.cfg").await, Answer::NotFound));

    site.set(NAT, None, "0").await;
    site.ask("192.0.2.7", &format!("/vendor=V/mac={}/phone.cfg", "00:08:5d:00:00:03")).await;
    assert_eq!(addressed().await, 1, "without NAT an address is one phone's");
}

#[tokio::test]
async fn what_was_generated_is_served_while_the_plugin_is_away() {
    let site = Site::new(PipelineSettings::default()).await;
    let path = format!("/vendor=V/mac={MAC}/phone.cfg");
    let file = content(site.ask("192.0.2.7", &path).await);
    site.family.away.store(true, Ordering::SeqCst);
    assert_eq!(content(site.ask("192.0.2.7", "/phone.cfg").await), file);
    let unknown = site.ask("192.0.2.7", "/other.cfg").await;
    assert!(matches!(unknown, Answer::Unavailable { .. }), "{unknown:?}");
}

#[tokio::test]
async fn a_changed_config_reaches_its_heirs_and_a_refused_one_nobody() {
    let site = Site::new(PipelineSettings::default()).await;
    let path = format!("/vendor=V/mac={MAC}/phone.cfg");
    site.ask("192.0.2.7", &path).await;
    let mut device = site.only_device().await;
    let own = json!({"parent_ids": ["base"], "raw_config": {"sip_lines": {"1": {"username": "alice"}}}});
    let mut config = Config::from_document(own.as_object().unwrap().clone()).unwrap();
    config.id = "alice".to_owned();
    site.provisioning.insert_config(config.clone(), &Actor::Server).await.unwrap();
    let left = device.config.replace("alice".to_owned()).unwrap();
    site.provisioning.update_device(device, None, &Actor::Server).await.unwrap();
    assert_eq!(content(site.ask("192.0.2.7", &path).await), format!("{MAC} alice"));
    assert_eq!(
        site.provisioning.store().config(&left).await.unwrap(),
        None,
        "a transient config nobody uses"
    );

    let renamed = json!({"1": {"username": "bob"}});
    config.raw_config.insert("sip_lines".to_owned(), renamed);
    let (_, running) = site.provisioning.update_config(config.clone(), None, &Actor::Server).await.unwrap();
    ended(running.unwrap()).await;
    assert_eq!(content(site.ask("192.0.2.7", &path).await), format!("{MAC} bob"));

    config.raw_config.insert("sip_proxy_port".to_owned(), json!(70_000));
    let refused = site.provisioning.update_config(config, None, &Actor::Server).await.unwrap_err();
    assert_eq!(refused.to_string(), "raw_config.sip_proxy_port: 70000 is not a port (1 to 65535)");
    assert_eq!(content(site.ask("192.0.2.7", &path).await), format!("{MAC} bob"));
}

#[tokio::test]
async fn a_device_that_waits_to_be_configured_is_not_told_that_its_file_does_not_exist() {
    let site = Site::new(PipelineSettings::default()).await;
    site.family.away.store(true, Ordering::SeqCst);
    let path = format!("/vendor=V/mac={MAC}/phone.cfg");
    assert!(matches!(site.ask("192.0.2.7", &path).await, Answer::Unavailable { .. }));
    site.family.away.store(false, Ordering::SeqCst);
    let waiting = site.ask("192.0.2.7", &path).await;
    assert!(matches!(waiting, Answer::Unavailable { .. }), "{waiting:?}");
    let event = PluginEvent::Ready { plugin: PLUGIN.to_owned(), version: "1".to_owned() };
    site.provisioning.on_plugin_event(event).await;
    content(site.ask("192.0.2.7", &path).await);
}

#[tokio::test]
async fn a_deleted_config_takes_its_files_along() {
    let site = Site::new(PipelineSettings::default()).await;
    let path = format!("/vendor=V/mac={MAC}/phone.cfg");
    content(site.ask("192.0.2.7", &path).await);
    let config = site.only_device().await.config.unwrap();
    let running = site.provisioning.delete_config(&config, None, &Actor::Server).await.unwrap();
    ended(running.unwrap()).await;
    assert!(matches!(site.ask("192.0.2.7", &path).await, Answer::NotFound));
    let device = site.only_device().await;
    assert!(!device.configured && device.last_error.unwrap().reason.contains("does not exist"));
}

#[tokio::test]
async fn two_records_of_one_phone_become_one() {
    let site = Site::new(PipelineSettings::default()).await;
    site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await;
    site.ask("192.0.2.8", "/vendor=V/sn=S1/phone.cfg").await;
    assert_eq!(site.devices().await.len(), 2);
    site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/sn=S1/phone.cfg")).await;
    let device = site.only_device().await;
    assert_eq!((device.info.mac, device.info.sn.as_deref()), (MAC.parse().ok(), Some("S1")));
}

#[tokio::test]
async fn of_two_records_the_administrators_stays() {
    let site = Site::new(PipelineSettings::default()).await;
    let info = DeviceInfo { sn: Some("S1".to_owned()), ..DeviceInfo::default() };
    let prepared = Device { id: "prepared".to_owned(), info, ..Device::default() };
    site.provisioning.insert_device(prepared, &Actor::Server).await.unwrap();
    site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await;
    site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/sn=S1/phone.cfg")).await;
    let device = site.only_device().await;
    assert_eq!(
        (device.id.as_str(), device.info.mac, device.configured),
        ("prepared", MAC.parse().ok(), true)
    );
}

#[tokio::test]
async fn a_device_that_cannot_be_configured_is_not_written_again_for_it() {
    let site = Site::new(PipelineSettings::default()).await;
    site.family.away.store(true, Ordering::SeqCst);
    site.ask("192.0.2.7", &format!("/vendor=V/mac={MAC}/phone.cfg")).await;
    let before = site.only_device().await;
    let after = site.provisioning.reconfigure_device(&before.id).await.unwrap();
    assert!(!before.configured && after == before, "{after:?}");
    site.family.away.store(false, Ordering::SeqCst);
    site.provisioning.configure_waiting().await;
    assert!(site.only_device().await.configured);
}
