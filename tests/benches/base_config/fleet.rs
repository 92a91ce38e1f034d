//! All phones, one after the other on a few connections at a time: to become known, and to be asked what they got.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use provd_tests::{Database, Handset, Home, Server};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Phones that ask at the same time.
const AT_ONCE: usize = 24;

/// What each phone has: its account, and its own file.
type Stored = BTreeMap<String, (String, Vec<u8>)>;

/// Has each phone ask for its own file.
pub(crate) async fn ask_once(server: &Server, devices: u32) -> Result<Vec<(Handset, Vec<u8>)>> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut requests = JoinSet::new();
    for handset in (1..=devices).map(Handset::new) {
        let place = places.clone().acquire_owned().await?;
        let mut phone = server.http_phone(1).user_agent(&handset.user_agent(Handset::FIRMWARE));
        requests.spawn(async move {
            let _place = place;
            let response = phone.get(&handset.path()).await?;
            ensure!(response.status == 200, "{}: {}", handset.path(), response.status);
            Ok((handset, response.body))
        });
    }
    requests.join_all().await.into_iter().collect()
}

/// Makes sure that every stored file names the time server and the phone's own account, and that each phone gets its own.
pub(crate) async fn check(server: &Server, home: &Home, devices: u32, time_server: &str) -> Result<()> {
    let stored = stored(home).await?;
    ensure!(stored.len() == devices as usize, "{} devices", stored.len());
    let expected = format!("time server1: {time_server}\n");
    for (mac, (username, file)) in &stored {
        let text = String::from_utf8_lossy(file);
        ensure!(text.contains(&expected), "{mac} has the time server of before");
        ensure!(text.contains(&format!("user name: {username}\n")), "{mac} has another's account");
    }
    for (handset, file) in ask_once(server, devices).await? {
        let (_, own) = stored.get(&handset.mac()).context("a phone without a device")?;
        ensure!(*own == file, "{} got another file than its own", handset.mac());
    }
    Ok(())
}

async fn stored(home: &Home) -> Result<Stored> {
    let query = "select mac, json_extract(raw_config, '$.sip_lines.1.username'), content from devices \
                 join configs on configs.id = devices.config join device_files on device = devices.id";
    let rows: Vec<(String, String, Vec<u8>)> = Database::of(home).await?.rows(query).await?;
    Ok(rows.into_iter().map(|(mac, username, file)| (mac, (username, file))).collect())
}
