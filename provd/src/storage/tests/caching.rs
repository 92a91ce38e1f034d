//! What is kept in memory is read again when it must be, and only then. A row that is changed behind the back of the store
//! shows which of the two it was.

use std::time::SystemTime;

use super::Fixture;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::domain::remote_state::Presence;
use crate::provisioning::store::{ConfigChange, DeviceChange, DeviceKey, Store as _};

async fn add(fixture: &Fixture, id: &str) -> Device {
    let mut device = Device { id: id.to_owned(), ..Device::default() };
    device.info.sn = Some(format!("sn-{id}"));
    fixture.database.change_device(DeviceChange { device, ..DeviceChange::default() }).await.unwrap()
}

async fn put(fixture: &Fixture, id: &str, parents: &[&str]) -> Config {
    let parent_ids = parents.iter().map(|&parent| parent.to_owned()).collect();
    let config = Config { id: id.to_owned(), parent_ids, ..Config::default() };
    fixture.database.put_config(&config, ConfigChange::default()).await.unwrap()
}

async fn model(fixture: &Fixture) -> Option<String> {
    let key = DeviceKey::Sn("sn-a".to_owned());
    fixture.database.find_devices(&key).await.unwrap().remove(0).info.model.clone()
}

async fn role(fixture: &Fixture) -> Option<String> {
    fixture.database.lineage("leaf").await.unwrap()["base"].role.clone()
}

#[tokio::test]
async fn what_was_seen_of_phones_leaves_devices_in_memory() {
    let fixture = Fixture::new().await;
    add(&fixture, "a").await;
    assert_eq!(model(&fixture).await, None);
    fixture.meddle("update devices set model = 'behind the back'").await;
    let presence = Presence {
        device: "a".to_owned(),
        last_seen: SystemTime::now(),
        last_request: "DHCP".to_owned(),
        last_answer: "nothing".to_owned(),
        fetched_revision: None,
        fetched_at: None,
    };
    fixture.database.put_presences(vec![presence]).await.unwrap();
    fixture.database.set_parameter("p", Some("1")).await.unwrap();
    assert_eq!(model(&fixture).await, None);
}

#[tokio::test]
async fn a_device_is_read_again_when_it_was_written_and_not_when_another_was() {
    let fixture = Fixture::new().await;
    let device = add(&fixture, "a").await;
    assert_eq!(model(&fixture).await, None);
    fixture.meddle("update devices set model = 'behind the back'").await;
    add(&fixture, "b").await;
    assert_eq!(model(&fixture).await, None);
    let change = DeviceChange { device, ..DeviceChange::default() };
    assert_eq!(fixture.database.change_device(change).await.unwrap().info.model, None);
    assert_eq!(model(&fixture).await, None, "written as it was");
    let mut device = fixture.database.device("a").await.unwrap().unwrap();
    device.info.model = Some("new".to_owned());
    fixture.database.change_device(DeviceChange { device, ..DeviceChange::default() }).await.unwrap();
    assert_eq!(model(&fixture).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn who_takes_an_address_is_found_there_and_who_had_it_is_not() {
    let fixture = Fixture::new().await;
    let here = "192.0.2.7".parse().unwrap();
    for id in ["a", "b"] {
        let mut device = add(&fixture, id).await;
        device.info.ip = Some(here);
        let change = DeviceChange { device, takes_address: true, ..DeviceChange::default() };
        fixture.database.change_device(change).await.unwrap();
        let there = fixture.database.find_devices(&DeviceKey::Ip(here)).await.unwrap();
        assert_eq!(there.iter().map(|device| device.id.as_str()).collect::<Vec<_>>(), [id]);
    }
    let key = DeviceKey::Sn("sn-a".to_owned());
    assert_eq!(fixture.database.find_devices(&key).await.unwrap()[0].info.ip, None);
}

#[tokio::test]
async fn configs_stay_in_memory_while_devices_come_and_change() {
    let fixture = Fixture::new().await;
    put(&fixture, "base", &[]).await;
    put(&fixture, "leaf", &["base"]).await;
    assert_eq!(role(&fixture).await, None);
    fixture.meddle("update configs set role = 'behind the back'").await;
    let device = add(&fixture, "a").await;
    let new_config = Some(Config { id: "own".to_owned(), ..Config::default() });
    let change = DeviceChange { device, new_config, ..DeviceChange::default() };
    fixture.database.change_device(change).await.unwrap();
    assert_eq!(role(&fixture).await, None);
    assert!(fixture.database.delete_config("own", ConfigChange::default()).await.unwrap());
    assert_eq!(role(&fixture).await.as_deref(), Some("behind the back"));
}

#[tokio::test]
async fn a_config_that_comes_is_found_where_it_was_missing() {
    let fixture = Fixture::new().await;
    put(&fixture, "leaf", &["base"]).await;
    assert_eq!(fixture.database.lineage("leaf").await.unwrap().len(), 1);
    put(&fixture, "base", &[]).await;
    assert_eq!(fixture.database.lineage("leaf").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_device_that_is_found_brings_its_files_along_but_for_large_ones() {
    let fixture = Fixture::new().await;
    let mut device = add(&fixture, "a").await;
    let file = |path: &str, size: usize| GeneratedFile {
        path: path.to_owned(),
        content: vec![b'x'; size].into(),
        media_type: None,
        sensitive: false,
    };
    let files = vec![file("a.cfg", 7), file("large", 100_000)];
    let files = Some(Configuration { files, ..Configuration::default() });
    device = fixture
        .database
        .change_device(DeviceChange { device, files, ..DeviceChange::default() })
        .await
        .unwrap();
    assert_eq!(model(&fixture).await, None);
    fixture.meddle("update device_files set media_type = 'behind/back'").await;
    let media_type = async |path: &str| {
        let stored = fixture.database.device_file("a", path).await.unwrap().unwrap();
        stored.file.media_type.clone()
    };
    assert_eq!(media_type("a.cfg").await, None);
    assert_eq!(media_type("large").await.as_deref(), Some("behind/back"));
    let files = Some(Configuration { files: vec![file("a.cfg", 8)], ..Configuration::default() });
    fixture.database.change_device(DeviceChange { device, files, ..DeviceChange::default() }).await.unwrap();
    let stored = fixture.database.device_file("a", "a.cfg").await.unwrap().unwrap();
    assert_eq!(stored.file.content.len(), 8);
}
