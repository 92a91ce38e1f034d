//! A database that an earlier version wrote: nothing of it is lost, and what it lacks is filled in.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::Database;
use crate::domain::config::Config;
use crate::domain::device::{Device, Failure};
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::domain::provenance::Provenance;
use crate::provisioning::store::{DeviceChange, Store as _};

/// A database as the first step of the schema leaves it, with these rows in it.
async fn of_the_first_schema(rows: &'static str) -> (TempDir, Database) {
    let directory = tempfile::tempdir().unwrap();
    let steps = directory.path().join("migrations");
    fs::create_dir(&steps).unwrap();
    for step in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap() {
        let step = step.unwrap();
        if step.file_name().to_string_lossy().starts_with("0001_") {
            fs::copy(step.path(), steps.join(step.file_name())).unwrap();
        }
    }
    let path = directory.path().join("provd.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    Migrator::new(steps).await.unwrap().run(&mut connection).await.unwrap();
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    (directory, Database::open(&path).await.unwrap())
}

const ROWS: &str = "
    insert into configs (id, seq, raw_config, transient, extra, revision)
        values ('base', 1, '{\"ntp_enabled\":true}', false, '{}', 3), ('auto1', 2, '{}', true, '{}', 1);
    insert into config_parents values ('auto1', 0, 'base');
    insert into devices (id, seq, mac, ip, plugin, config, configured, last_error, added, extra, revision) values
        ('known', 1, '00:08:5d:00:00:01', '192.0.2.1', 'p', 'base', true, null, 'auto', '{}', 7),
        ('administered', 2, '00:08:5d:00:00:02', '192.0.2.2', 'p', 'base', false, 'no line', null, '{}', 2),
        ('provisional', 3, null, '192.0.2.3', 'p', 'auto1', true, null, 'auto', '{}', 1),
        ('described', 4, null, '192.0.2.4', 'p', 'auto1', true, null, 'auto', '{\"description\":\"lobby\"}', 1);
    insert into device_files values ('known', 'a.cfg', 'a.cfg', x'31', null, true, 'etag', 1700000000000000);
    insert into common_files values ('p', 'c.cfg', 'c.cfg', x'32', null, false, 'etag', 1700000000000000);
    insert into plugins values ('p', '1.0', '1.0-1', null);
    insert into parameters values ('proxy', 'null');";

#[tokio::test]
async fn nothing_is_lost() {
    let (_directory, database) = of_the_first_schema(ROWS).await;
    let known = database.device("known").await.unwrap().unwrap();
    let info = DeviceInfo {
        mac: Some("00:08:5d:00:00:01".parse().unwrap()),
        ip: Some("192.0.2.1".parse().unwrap()),
        ..DeviceInfo::default()
    };
    let text = |text: &str| Some(text.to_owned());
    let expected = Device {
        id: "known".to_owned(),
        info,
        plugin: text("p"),
        config: text("base"),
        configured: true,
        added: text("auto"),
        files_revision: 1,
        revision: 7,
        ..Device::default()
    };
    assert_eq!(known, expected);
    let file = database.device_file("known", "a.cfg").await.unwrap().unwrap();
    assert_eq!((file.file.content.as_ref(), file.revision), (b"1".as_slice(), 1));
    assert_eq!(database.common_file("p", "c.cfg").await.unwrap().unwrap().revision, 1);
    let lineage = database.lineage("auto1").await.unwrap();
    assert_eq!(lineage.values().map(|config: &Config| config.revision).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(database.plugins().await.unwrap().len(), 1);
    assert_eq!(database.parameter("proxy").await.unwrap().as_deref(), Some("null"));
}

#[tokio::test]
async fn what_is_not_known_of_old_records_harms_none_of_them() {
    let (_directory, database) = of_the_first_schema(ROWS).await;
    let device = async |id: &str| database.device(id).await.unwrap().unwrap();
    let administered = device("administered").await;
    assert_eq!(administered.provenance, Provenance { plugin_assigned: true, ..Provenance::default() });
    assert_eq!(administered.last_error, Some(Failure { reason: "no line".to_owned(), at: UNIX_EPOCH }));
    for (id, provisional) in [("known", false), ("provisional", true), ("described", false)] {
        let device = device(id).await;
        assert_eq!(
            (device.is_provisional(), device.provenance),
            (provisional, Provenance::default()),
            "{id}"
        );
    }
    assert_eq!(database.expired_devices(SystemTime::now()).await.unwrap(), []);
    assert_eq!(database.presences().await.unwrap(), []);
}

#[tokio::test]
async fn old_records_change_like_any_other() {
    let (_directory, database) = of_the_first_schema(ROWS).await;
    let device = database.device("known").await.unwrap().unwrap();
    let file = |content: &'static str| GeneratedFile {
        path: "a.cfg".to_owned(),
        content: content.into(),
        media_type: None,
        sensitive: true,
    };
    let files = Some(Configuration { files: vec![file("2")], ..Configuration::default() });
    let changed =
        database.change_device(DeviceChange { device, files, ..DeviceChange::default() }).await.unwrap();
    assert_eq!((changed.revision, changed.files_revision), (8, 2));
    assert_eq!(database.device_file("known", "a.cfg").await.unwrap().unwrap().revision, 2);
}
