//! What must be true of the record, whatever phones and administrators did to it, and however the server ended.
//!
//! Some of it holds at every moment, also of what a killed server left behind; the rest as soon as everything has settled.

use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{Api, Database, Home, Server, eventually};

/// What holds at every moment, and the statement that finds what breaks it.
const ALWAYS: &[(&str, &str)] = &[
    ("the file is sound", "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'"),
    (
        "references lead somewhere",
        "select \"table\" || ' ' || coalesce(rowid, '') || ' to ' || parent from pragma_foreign_key_check",
    ),
    (
        "a configured device has files, a plugin and a config, and no error",
        "select id from devices where configured and (plugin is null or config is null or last_error is not null \
         or not exists (select 1 from device_files where device = id))",
    ),
    (
        "a device that is not configured says why",
        "select id from devices where not configured and (last_error is null or last_error_at is null)",
    ),
    (
        "requests make one device of one phone",
        "select mac from devices where added = 'auto' and mac is not null group by mac having count(*) > 1 \
         union select sn from devices where added = 'auto' and sn is not null group by sn having count(*) > 1",
    ),
    (
        "a config that was made for a device goes with it",
        "select id from configs where transient and id like 'autoprov%' \
         and not exists (select 1 from devices where devices.config = configs.id)",
    ),
    (
        "no two devices share an account",
        "select min(id) || ' and ' || max(id) from configs where id like 'autoprov_%' group by \
         json_extract(raw_config, '$.sip_lines.1.username') having count(*) > 1",
    ),
    (
        "who made a device is in the audit",
        "select id from devices where not exists (select 1 from audit where kind = 'device' \
         and subject = devices.id and action in ('created', 'approved'))",
    ),
    (
        "only what exists was seen",
        "select device from presences where not exists (select 1 from devices where id = presences.device)",
    ),
    (
        "no file is later than its device, and none was fetched before it was made",
        "select id from devices where files_revision < \
         (select coalesce(max(revision), 0) from device_files where device = id) \
         or files_revision < (select coalesce(fetched_revision, 0) from presences where device = id)",
    ),
    (
        "a device that asked to be known is not waiting too",
        "select id from waiting_devices where id in (select id from devices)",
    ),
];

/// What breaks an invariant that holds at every moment; empty if nothing does.
pub async fn broken(database: &mut Database) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (what, query) in ALWAYS {
        let found = database.texts(query).await?;
        broken.extend(found.into_iter().map(|found| format!("{what}: not {found}")));
    }
    Ok(broken)
}

/// Waits until nothing is under way any more, and nothing is left to do: what was stored is what would be generated now.
/// Then everything must hold.
pub async fn hold(server: &Server, home: &Home) -> Result<()> {
    let unsettled = Mutex::new(Vec::new());
    let look = || async {
        let mut found = under_way(server, home).await?;
        if found.is_empty() {
            found = out_of_date(server).await?;
        }
        let is_settled = found.is_empty();
        *unsettled.lock().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(is_settled.then_some(()))
    };
    let settled = eventually("everything to settle", look).await;
    ensure!(settled.is_ok(), "{settled:?}: {unsettled:#?}");
    let broken = broken(&mut Database::of(home).await?).await?;
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

/// Plugins that are not ready, operations that run, changes that are not finished.
async fn under_way(server: &Server, home: &Home) -> Result<Vec<String>> {
    let mut under_way = Vec::new();
    let plugins = server.api().get("/0.2/pg_mgr/plugins").await?.ok()?;
    for plugin in plugins["plugins"].as_object().into_iter().flat_map(|plugins| plugins.keys()) {
        let state = server.plugin(plugin).await?["state"].clone();
        if state != "ready" {
            under_way.push(format!("{plugin} is {state}"));
        }
    }
    let operations = server.api().get("/0.2/operations").await?.ok()?;
    let running = |operation: &&Value| operation["ended"].is_null();
    let running = operations["operations"].as_array().into_iter().flatten().filter(running);
    under_way.extend(running.map(|operation| format!("runs: {}", operation["what"])));
    let unfinished = "select 'unfinished change of ' || config from unfinished_changes";
    under_way.extend(Database::of(home).await?.texts(unfinished).await?);
    Ok(under_way)
}

/// Devices whose files are not those that would be generated now, or that are not configured though they could be.
async fn out_of_date(server: &Server) -> Result<Vec<String>> {
    let mut previews = JoinSet::new();
    let mut out_of_date = Vec::new();
    for device in server.devices().await? {
        previews.spawn(compare(server.api().clone(), device));
    }
    while let Some(preview) = previews.join_next().await {
        out_of_date.extend(preview??);
    }
    Ok(out_of_date)
}

async fn compare(api: Api, device: Value) -> Result<Option<String>> {
    let id = device["id"].as_str().unwrap_or_default();
    let preview = api.post(&format!("/0.2/dev_mgr/devices/{id}/preview"), &json!({})).await?.ok()?;
    let preview = &preview["preview"];
    if preview["error"].is_null() != (device["configured"] == true) {
        return Ok(Some(format!("{device} would be configured with {}", preview["error"])));
    }
    let files = preview["files"].as_array().into_iter().flatten();
    let changed: Vec<_> = files.filter(|file| file["change"] != "same").collect();
    let is_current = changed.is_empty() || device["configured"] != true;
    Ok((!is_current).then(|| format!("{device} would get {changed:#?}")))
}
