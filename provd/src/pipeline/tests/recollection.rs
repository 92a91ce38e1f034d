//! What is answered at once is what would be answered anew, whatever changed in between.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use serde_json::json;

use super::{PLUGIN, Site, request};
use crate::domain::answer::{Answer, Content, ServedFile};
use crate::domain::audit::Actor;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::pipeline::{PipelineSettings, RequestHandler as _};
use crate::provisioning::many::ended;
use crate::provisioning::store::{ConfigChange, DeviceChange, StoreError};

/// What may happen between two requests.
#[derive(Debug, Clone)]
enum Event {
    /// A phone asks, by its MAC address or its serial number, from an address, with firmware of a version, for a file.
    Asked { phone: u8, by_serial: bool, ip: u8, version: u8, file: &'static str },
    /// A config that phones share becomes another.
    Renamed(u8),
    /// A phone gets that config.
    Joined(u8),
    /// A device is deleted.
    Deleted(u8),
    /// The files of a device become others.
    Generated(u8, u8),
    /// The common files become others.
    InCommon(u8),
    /// A record becomes another.
    Corrected(u8, u8),
    /// The plugin is started anew.
    Restarted,
    /// It goes away, or comes back.
    Away(bool),
}

fn event() -> impl Strategy<Value = Event> {
    let file = prop_oneof![Just("phone.cfg"), Just("other.cfg"), Just("common.cfg")];
    let asked = (0..3u8, any::<bool>(), 0..3u8, 0..2u8, file);
    prop_oneof![
        6 => asked.prop_map(|(phone, by_serial, ip, version, file)| Event::Asked { phone, by_serial, ip, version, file }),
        1 => (0..3u8).prop_map(Event::Renamed),
        1 => (0..3u8).prop_map(Event::Joined),
        1 => (0..3u8).prop_map(Event::Deleted),
        1 => (0..3u8, any::<u8>()).prop_map(|(phone, content)| Event::Generated(phone, content)),
        1 => any::<u8>().prop_map(Event::InCommon),
        1 => (0..3u8, 0..3u8).prop_map(|(phone, ip)| Event::Corrected(phone, ip)),
        1 => Just(Event::Restarted),
        1 => any::<bool>().prop_map(Event::Away),
    ]
}

fn path(phone: u8, by_serial: bool, version: u8, file: &str) -> String {
    let identity = if by_serial { format!("sn=S{phone}") } else { format!("mac=00:08:5d:00:00:0{phone}") };
    format!("/vendor=V/{identity}/version={version}/{file}")
}

/// Everything a phone can tell of an answer.
fn shown(answer: Answer) -> String {
    match answer {
        Answer::File(ServedFile { content: Content::Bytes(bytes), metadata }) => {
            format!("{bytes:?} {metadata:?}")
        }
        other => format!("{other:?}"),
    }
}

fn file(path: &str, content: u8) -> GeneratedFile {
    GeneratedFile { path: path.to_owned(), content: vec![content].into(), media_type: None, sensitive: false }
}

/// Hits of what is remembered.
#[derive(Default)]
struct Hits(u32);

impl Site {
    async fn put(&self, change: DeviceChange) {
        match self.provisioning.store().change_device(change).await {
            // Two records of one phone became one meanwhile.
            Ok(_) | Err(StoreError::Conflict(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn of(&self, phone: u8) -> Option<Device> {
        let (sn, mac) = (format!("S{phone}"), format!("00:08:5d:00:00:0{phone}").parse().ok());
        let is_it = |device: &Device| device.info.mac == mac || device.info.sn.as_ref() == Some(&sn);
        self.devices().await.into_iter().find(is_it)
    }

    async fn happens(&self, event: &Event, hits: &mut Hits) {
        match event {
            Event::Asked { phone, by_serial, ip, version, file } => {
                self.asked(&format!("192.0.2.{ip}"), &path(*phone, *by_serial, *version, file), hits).await;
            }
            Event::Renamed(name) => self.rename(&format!("n{name}")).await,
            Event::Joined(phone) => {
                if let Some(device) = self.of(*phone).await {
                    let device = Device { config: Some("shared".to_owned()), ..device };
                    // Refused while the plugin is away.
                    let _ = self.provisioning.update_device(device, None, &Actor::Server).await;
                }
            }
            Event::Deleted(phone) => {
                if let Some(device) = self.of(*phone).await {
                    self.provisioning.store().delete_device(&device.id, None, vec![]).await.unwrap();
                }
            }
            Event::Generated(phone, content) => {
                if let Some(device) = self.of(*phone).await {
                    let files = vec![file("phone.cfg", *content)];
                    let files = Some(Configuration { files, ..Configuration::default() });
                    self.put(DeviceChange { device, files, ..DeviceChange::default() }).await;
                }
            }
            Event::InCommon(content) => {
                let files = vec![file("common.cfg", *content)];
                self.provisioning.store().put_common_files(PLUGIN, files).await.unwrap();
            }
            Event::Corrected(phone, ip) => {
                if let Some(mut device) = self.of(*phone).await {
                    device.info.ip = format!("192.0.2.{ip}").parse().ok();
                    self.put(DeviceChange { device, takes_address: true, ..DeviceChange::default() }).await;
                }
            }
            Event::Restarted => {
                self.family.changes.fetch_add(1, Ordering::SeqCst);
            }
            Event::Away(away) => {
                self.family.away.store(*away, Ordering::SeqCst);
                self.family.changes.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    async fn rename(&self, name: &str) {
        let stored = self.provisioning.store().config("shared").await.unwrap();
        let document =
            json!({"parent_ids": ["base"], "raw_config": {"sip_lines": {"1": {"username": name}}}});
        let config = Config::from_document(document.as_object().unwrap().clone()).unwrap();
        let revision = stored.map_or(0, |stored| stored.revision);
        let config = Config { id: "shared".to_owned(), revision, ..config };
        if revision == 0 {
            self.provisioning.store().put_config(&config, ConfigChange::default()).await.unwrap();
        } else if let Ok((_, Some(running))) =
            self.provisioning.update_config(config, None, &Actor::Server).await
        {
            ended(running).await;
        }
    }

    /// Asks twice: what is remembered, if it is, and anew. Then once more, so that more is remembered.
    async fn asked(&self, ip: &str, path: &str, hits: &mut Hits) {
        for _ in 0..2 {
            let before = self.devices().await;
            let at_once = self.pipeline.handle_at_once(&request(ip, path));
            let anew = shown(self.pipeline.handle(request(ip, path)).await);
            if let Some(at_once) = at_once {
                hits.0 += 1;
                assert_eq!(shown(at_once), anew, "{ip} {path}");
                assert_eq!(self.devices().await, before, "{ip} {path}: there was nothing to change");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_answer_at_once_is_the_answer_anew(events in proptest::collection::vec(event(), 10..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let site = Site::new(PipelineSettings::default()).await;
            let mut hits = Hits::default();
            for event in &events {
                site.happens(event, &mut hits).await;
            }
            // The same phone asks until everything about it is known.
            site.happens(&Event::Away(false), &mut hits).await;
            for _ in 0..3 {
                site.asked("192.0.2.1", &path(1, false, 1, "common.cfg"), &mut hits).await;
            }
            site.provisioning.store().put_common_files(PLUGIN, vec![file("common.cfg", 0)]).await.unwrap();
            let before = hits.0;
            for _ in 0..3 {
                site.asked("192.0.2.1", &path(1, false, 1, "common.cfg"), &mut hits).await;
            }
            assert!(hits.0 > before, "nothing is ever remembered");
        });
    }
}

#[tokio::test]
async fn what_was_answered_at_once_is_told_of_like_any_other() {
    let site = Site::new(PipelineSettings::default()).await;
    let path = path(1, false, 1, "phone.cfg");
    let mut hits = Hits::default();
    site.asked("192.0.2.7", &path, &mut hits).await;
    site.asked("192.0.2.7", &path, &mut hits).await;
    assert!(site.pipeline.handle_at_once(&request("192.0.2.7", &path)).is_some());
    let last = site.pipeline.journal.requests().remove(0);
    let device = site.only_device().await;
    assert_eq!(last.concluded.device.as_ref(), Some(&device.id));
    assert_eq!(last.concluded.route.as_deref(), Some(PLUGIN));
    assert!(!last.outcome.is_refusal());
    let presence = site.provisioning.presence(&device.id).await.unwrap().unwrap();
    assert_eq!(presence.last_request, format!("HTTP {path}"));
    assert_eq!(presence.fetched_revision, Some(device.files_revision));
}
