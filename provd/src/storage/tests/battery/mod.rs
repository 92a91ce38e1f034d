//! What every implementation of [`Store`] must do, whatever it stores in.
//!
//! A test takes an empty store. [`battery`] makes a test of each for one implementation.

mod audit;
mod bulk;
mod changes;
mod concurrency;
mod configs;
mod devices;
mod files;
mod plugins;
mod presences;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::Fixture;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::provisioning::store::{ConfigChange, DeviceChange, Store};

/// Makes a test of each function, each with a store of its own. `$open` gives a store and what must outlive it.
macro_rules! battery {
    ($open:path; $($module:ident: $($test:ident),+;)+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let (store, _keep) = $open().await;
                super::super::$module::$test(store).await;
            })+
        })+
    };
}

mod sqlite {
    use super::{Arc, Fixture, Store};

    pub(super) async fn open() -> (Arc<dyn Store>, Fixture) {
        let fixture = Fixture::new().await;
        (Arc::new(fixture.database.clone()), fixture)
    }

    battery! { super::open;
        devices: every_field_survives, each_fact_finds, oldest_come_first, users_of_configs_and_plugins_are_found,
            the_time_of_creation_stays, what_networks_created_is_counted, what_is_not_there_is_nothing;
        changes: revisions_count_from_one, a_stale_revision_is_refused, a_taken_id_is_refused,
            a_failed_change_leaves_nothing, an_address_is_taken_from_others, a_provisional_device_is_absorbed,
            a_device_that_moved_on_is_not_absorbed, a_device_that_moved_on_is_not_deleted, what_is_discovered_must_be_unknown,
            files_of_a_config_that_changed_meanwhile_are_refused, a_transient_config_goes_with_its_last_device,
            a_config_that_is_left_goes_if_transient_and_unused, deleting_takes_files_and_transient_config;
        bulk: a_bulk_is_stored_whole, a_bulk_with_one_wrong_record_leaves_nothing,
            many_devices_are_found_by_ids_and_addresses;
        configs: every_field_survives, changes_count_and_collide, parents_are_replaced_in_order,
            a_lineage_meets_each_config_once, descendants_need_not_exist_at_the_top, the_oldest_of_a_role_counts,
            deleting_leaves_the_children, a_lineage_follows_changes,
            a_change_is_unfinished_until_it_is_finished, the_last_change_of_a_config_is_the_one_to_finish;
        files: a_file_is_found_by_every_spelling, unchanged_bytes_keep_their_time,
            files_no_longer_generated_go, common_files_belong_to_their_plugin,
            absent_files_stay_as_they_are, the_revision_moves_exactly_when_bytes_do,
            a_caller_cannot_move_the_revision, common_files_have_the_revision_they_came_with;
        plugins: a_plugin_is_replaced, the_last_twenty_crashes_stay, parameters_come_and_go;
        audit: the_newest_come_first, only_what_is_asked_for_is_given, what_is_old_or_too_much_is_forgotten,
            thousands_are_forgotten_at_once, what_did_not_happen_leaves_no_entry,
            deleting_leaves_its_entry_and_those_before, who_loses_an_address_to_whom_is_told;
        presences: the_last_counts_and_what_was_fetched_stays, a_presence_goes_with_its_device,
            a_presence_is_no_change_of_the_record, any_number_of_presences_is_written,
            devices_known_by_nothing_but_an_address_expire, devices_that_wait_come_and_go;
        concurrency: one_change_wins_each_revision, one_of_many_inserts_wins, reads_see_whole_changes;
    }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("not an object: {value}") };
    object
}

fn device(id: &str) -> Device {
    Device { id: id.to_owned(), ..Device::default() }
}

fn at_address(id: &str, ip: &str) -> Device {
    let info = DeviceInfo { ip: Some(ip.parse().unwrap()), ..DeviceInfo::default() };
    Device { info, ..device(id) }
}

/// A device that a request from this address created, and of which nothing else is known.
fn discovered(id: &str, ip: &str) -> Device {
    Device { origin: Some("192.0.2.0/24".to_owned()), ..at_address(id, ip) }
}

fn using(id: &str, config: &str) -> Device {
    Device { config: Some(config.to_owned()), ..device(id) }
}

fn config(id: &str, parents: &[&str]) -> Config {
    Config {
        id: id.to_owned(),
        parent_ids: parents.iter().map(|&parent| parent.to_owned()).collect(),
        raw_config: object(json!({"ntp_enabled": true})),
        ..Config::default()
    }
}

fn transient(id: &str) -> Config {
    Config { transient: true, ..config(id, &[]) }
}

fn generated(path: &str, content: &str) -> GeneratedFile {
    GeneratedFile {
        path: path.to_owned(),
        content: content.to_owned().into(),
        media_type: None,
        sensitive: false,
    }
}

fn configuration(files: &[(&str, &str)]) -> Configuration {
    Configuration {
        files: files.iter().map(|(path, content)| generated(path, content)).collect(),
        ..Configuration::default()
    }
}

/// A change of nothing but the record.
fn change(device: Device) -> DeviceChange {
    DeviceChange { device, ..DeviceChange::default() }
}

async fn add(store: &Arc<dyn Store>, device: Device) -> Device {
    store.change_device(change(device)).await.unwrap()
}

async fn delete(store: &Arc<dyn Store>, id: &str) -> bool {
    store.delete_device(id, None, Vec::new()).await.unwrap()
}

async fn put(store: &Arc<dyn Store>, config: &Config) -> Config {
    store.put_config(config, ConfigChange::default()).await.unwrap()
}

async fn delete_config(store: &Arc<dyn Store>, id: &str) -> bool {
    store.delete_config(id, ConfigChange::default()).await.unwrap()
}

/// A moment so many microseconds after 1970: what every store can keep.
fn micros(since_1970: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(since_1970)
}

async fn ids(store: &Arc<dyn Store>) -> Vec<String> {
    store.devices().await.unwrap().into_iter().map(|device| device.id).collect()
}
