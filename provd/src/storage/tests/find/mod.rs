//! Finding: what a client sees is what comparing every document would give, and the database reads little more than that.

mod plans;
mod property;
mod walking;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Fixture;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::listing::{Listing, Sort};
use crate::domain::selector::Selector;
use crate::provisioning::find::{FindError, Findable, Finding, Owners, Query};
use crate::provisioning::store::{ConfigChange, DeviceChange, Store as _};

/// Another master tenant than the nil UUID, as the interface may show it.
const MASTER: &str = "5a7e0f5c-6b1d-4e8f-9d1e-0000000000ff";

fn describe_device(device: &Device) -> Map<String, Value> {
    let mut document = device.to_document();
    let is_new = Owners::Only { tenants: [].into(), unclaimed: true }.include(device.tenant_uuid.as_deref());
    document.insert("is_new".to_owned(), is_new.into());
    if is_new {
        document.insert("tenant_uuid".to_owned(), MASTER.into());
    }
    document
}

fn query(selector: Value) -> Query {
    Query { selector: Selector::read(selector).unwrap(), ..Query::default() }
}

fn sorted(query: Query, key: &str, descending: bool) -> Query {
    let sort = Some(Sort { key: key.to_owned(), descending });
    Query { listing: Listing { sort, ..query.listing }, ..query }
}

fn limited(query: Query, skip: usize, limit: usize) -> Query {
    Query { listing: Listing { skip, limit: Some(limit), ..query.listing }, ..query }
}

async fn all<R: Findable>(
    fixture: &Fixture,
    query: Query,
    describe: fn(&R) -> Map<String, Value>,
) -> Result<Vec<Map<String, Value>>, FindError> {
    let store = Arc::new(fixture.database.clone());
    let mut finding = Finding::begin(store, query, Box::new(describe)).await?;
    let mut found = Vec::new();
    loop {
        let documents = finding.next().await?;
        if documents.is_empty() {
            return Ok(found);
        }
        found.extend(documents);
    }
}

async fn device_ids(fixture: &Fixture, query: Query) -> Vec<String> {
    let found = all(fixture, query, describe_device).await.unwrap();
    found.iter().map(|document| document["id"].as_str().unwrap().to_owned()).collect()
}

async fn add_device(fixture: &Fixture, document: Value, tenant: Option<&str>, configured: bool) {
    let Value::Object(document) = document else { panic!("not an object") };
    let mut device = Device::from_document(document).unwrap();
    device.tenant_uuid = tenant.map(str::to_owned);
    device.configured = configured;
    fixture.database.change_device(DeviceChange { device, ..DeviceChange::default() }).await.unwrap();
}

async fn add_config(fixture: &Fixture, document: Value) {
    let Value::Object(document) = document else { panic!("not an object") };
    let config = Config::from_document(document).unwrap();
    fixture.database.put_config(&config, ConfigChange::default()).await.unwrap();
}

/// Devices `0` to `count - 1`. Every third has no MAC address, the others have it in descending order.
async fn with_devices(count: usize) -> Fixture {
    let fixture = Fixture::new().await;
    for number in 0..count {
        let mac = (number % 3 > 0)
            .then(|| format!("00:08:5d:00:{:02x}:{:02x}", 200 - number / 250, 250 - number % 250));
        let plugin = if number % 2 == 0 { "even" } else { "odd" };
        let document = json!({"id": number.to_string(), "mac": mac, "plugin": plugin, "model": (number % 7).to_string(),
            "X_n": number});
        add_device(&fixture, document, None, false).await;
    }
    fixture
}
