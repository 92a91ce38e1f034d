//! Phones that are looked for while all connections are busy: each gets its own answer, whoever reads it.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::Fixture;
use crate::domain::device::Device;
use crate::domain::mac::Mac;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::provisioning::store::{DeviceChange, DeviceKey, Store as _};

fn mac(number: u8) -> Mac {
    Mac::from_octets([0, 8, 0x5d, 0, 0, number]).unwrap()
}

async fn add(fixture: &Fixture, id: &str, number: u8) {
    let mut device = Device { id: id.to_owned(), ..Device::default() };
    device.info.mac = Some(mac(number));
    let file = GeneratedFile {
        path: "own.cfg".to_owned(),
        content: id.to_owned().into_bytes().into(),
        media_type: None,
        sensitive: false,
    };
    let files = Some(Configuration { files: vec![file], ..Configuration::default() });
    fixture.database.change_device(DeviceChange { device, files, ..DeviceChange::default() }).await.unwrap();
}

/// Looks for phones while no connection is free, and for none that is wished away.
async fn ids(fixture: &Fixture, numbers: impl Iterator<Item = u8>) -> Vec<Result<Vec<String>, String>> {
    let database = &fixture.database;
    let held = fixture.busy().await;
    let find = async |number| {
        let found = database.find_devices(&DeviceKey::Mac(mac(number))).await;
        let ids =
            |devices: Vec<std::sync::Arc<Device>>| devices.iter().map(|device| device.id.clone()).collect();
        found.map(ids).map_err(|error| error.to_string())
    };
    let release = async {
        // All of them wait by now: they were begun before this.
        tokio::task::yield_now().await;
        drop(held);
    };
    tokio::join!(join_all(numbers.map(find)), release).0
}

#[tokio::test]
async fn each_gets_its_own_in_few_readings() {
    let fixture = Fixture::new().await;
    for number in 1..=39 {
        add(&fixture, &format!("d{number}"), number).await;
    }
    add(&fixture, "twin", 7).await;
    let reads = || fixture.database.metrics().readings();
    let before = reads();
    let found = ids(&fixture, 1..=40).await;
    for (number, ids) in (1..).zip(found) {
        let expected = match number {
            7 => vec!["d7".to_owned(), "twin".to_owned()],
            40 => vec![],
            number => vec![format!("d{number}")],
        };
        assert_eq!(ids, Ok(expected));
    }
    // Four were held, and forty phones are three times sixteen at most.
    assert_eq!(reads() - before, 4 + 3);
    for number in 1..=39 {
        let stored = fixture.database.device_file(&format!("d{number}"), "own.cfg").await.unwrap().unwrap();
        assert_eq!(stored.file.content, format!("d{number}"));
    }
    assert_eq!(reads() - before, 4 + 3, "their files were read with them");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_the_trouble_of_one() {
    let fixture = Fixture::new().await;
    for number in 1..=3 {
        add(&fixture, &format!("d{number}"), number).await;
    }
    fixture.meddle("update devices set ip = 'nowhere' where id = 'd2'").await;
    let found = ids(&fixture, 1..=3).await;
    assert_eq!((&found[0], &found[2]), (&Ok(vec!["d1".to_owned()]), &Ok(vec!["d3".to_owned()])));
    assert!(found[1].as_ref().unwrap_err().contains("device `d2`"), "{found:?}");
}

#[tokio::test]
async fn who_gives_up_takes_nobody_along() {
    let fixture = Fixture::new().await;
    for number in 1..=20 {
        add(&fixture, &format!("d{number}"), number).await;
    }
    let database = &fixture.database;
    for moment in 0..50_u64 {
        // Devices that were read are not read again, so that each time is the first.
        fixture.meddle("update devices set model = 'm'").await;
        let held = fixture.busy().await;
        let find = |number: u8| {
            let database = database.clone();
            tokio::spawn(async move { database.devices_by_mac(mac(number)).await.unwrap().len() })
        };
        let mut waiting: Vec<_> = (1..=20).map(find).collect();
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(held);
        tokio::time::sleep(Duration::from_micros(20 * moment)).await;
        waiting.drain(..10).for_each(|gone| gone.abort());
        for found in waiting {
            assert_eq!(timeout(Duration::from_secs(5), found).await.unwrap().unwrap(), 1);
        }
        assert!(database.gathering.is_empty(), "nobody waits any more");
    }
}
