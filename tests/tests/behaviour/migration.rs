//! A whole wazo-provd server, taken over as it lies on a disk: documents, merged configs, parameters and files are then what
//! that server said they are, and its phones get what they got.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use provd_tests::client::Client;
use provd_tests::{Home, Said, Server};
use serde_json::{Map, Value, json};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/wazo-provd");
const PLUGIN: &str = "acme-ip100-1.2";
const MASTER: &str = "5e2f4ea1-0000-4000-8000-000000000001";
/// Documents that cannot be taken over.
const BAD: [&str; 4] = ["babel", "badmac", "base~", "broken"];
/// What nobody must ever see in a report or a log.
const SECRETS: [&str; 5] = ["-secret", "proxyuser", "office-key", "paris-key", "torn-sec"];

fn storage() -> PathBuf {
    Path::new(SAMPLE).join("var/lib/wazo-provd")
}

fn home() -> Result<Home> {
    let home = Home::with_families(&[])?.at_own_address();
    Ok(home.argument("--allow-unsigned").argument("--advertised-url").argument("http://192.0.2.10:8667"))
}

async fn import(home: &Home, flags: &[&str]) -> Result<Said> {
    let from = storage().display().to_string();
    home.provd(&[&["import", "wazo", "--from", &from], flags].concat()).await
}

/// The report of a run that did not end well, for some documents are bad.
fn report(said: &Said) -> Result<Value> {
    assert_eq!(said.code, Some(1), "{said:?}");
    let document: Value = serde_json::from_str(&said.out).with_context(|| format!("{said:?}"))?;
    Ok(document["migration"].clone())
}

fn answers() -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(Path::new(SAMPLE).join("answers.json"))?)?)
}

/// The answers of the other server about documents that could be taken over.
fn good<'a>(answers: &'a Value, kind: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let documents = answers[kind].as_object().into_iter().flatten();
    documents.filter(|(id, _)| !BAD.contains(&id.as_str()))
}

async fn shown(server: &Server, path: &str, key: &str) -> Result<Value> {
    Ok(server.api().get(&format!("/0.2/{path}")).await?.ok()?[key].clone())
}

/// What docs/migration.md says is different of a device, and nothing else.
fn as_here(device: &Value) -> Value {
    let mut device = device.as_object().cloned().unwrap_or_default();
    device.retain(|key, value| {
        let is_text = !["description", "options"].contains(&key.as_str());
        !(is_text && (value.is_null() || *value == ""))
    });
    if let Some(Value::Number(version)) = device.get("version").cloned() {
        device.insert("version".to_owned(), version.to_string().into());
    }
    if device.get("tenant_uuid").is_some_and(|tenant| tenant == MASTER) {
        device.insert("tenant_uuid".to_owned(), "00000000-0000-0000-0000-000000000000".into());
    }
    device.into()
}

async fn compare_devices(server: &Server, answers: &Value) -> Result<()> {
    for (id, there) in good(answers, "devices") {
        let mut here =
            shown(server, &format!("dev_mgr/devices/{}", id.replace(' ', "%20")), "device").await?;
        if let Some(here) = here.as_object_mut() {
            here.retain(|key, _| !key.starts_with("last_error"));
        }
        assert_eq!(here, as_here(there), "{id}");
    }
    assert_eq!(server.api().get("/0.2/dev_mgr/devices/badmac").await?.status, 404);
    Ok(())
}

async fn compare_configs(server: &Server, answers: &Value) -> Result<()> {
    for (id, there) in good(answers, "configs") {
        let mut there = there.clone();
        let path = format!("cfg_mgr/configs/{}", id.replace(' ', "%20"));
        if there["transient"] == false {
            there.as_object_mut().context("no object")?.shift_remove("transient");
        }
        // What the base raw config of the settings adds is in the configs that inherit from nobody.
        if there["parent_ids"] == json!([]) {
            there["raw_config"]["X_site"] = "north".into();
        }
        assert_eq!(shown(server, &path, "config").await?, there, "{id}");
        let mut merged = answers["raw"][id].clone();
        merged.as_object_mut().context("no object")?.shift_remove("X_comment");
        assert_eq!(shown(server, &format!("{path}/raw"), "raw_config").await?, merged, "{id}");
    }
    Ok(())
}

async fn compare_parameters(server: &Server, answers: &Value) -> Result<()> {
    for (tenant, there) in answers["parameters"].as_object().context("no parameters")? {
        let client = Client::new(server.api())?;
        let client = if tenant == MASTER { client } else { client.of_tenant(tenant) };
        for (name, value) in there.as_object().into_iter().flatten() {
            assert_eq!(client.params().get(name).await?["value"], *value, "{tenant}: {name}");
        }
    }
    Ok(())
}

/// A phone of the other server gets from this one what it got there, to the byte.
async fn compare_files(server: &Server) -> Result<()> {
    server.ready(PLUGIN).await?;
    let served = storage().join("plugins").join(PLUGIN).join("var/tftpboot");
    for (mac, model, files) in [
        (
            "02ac3e000001",
            "IP100",
            &["02AC3E000001.cfg", "ip100.cfg", "firmware/ip100-1.2.bin", "tones/bell.wav"] as &[&str],
        ),
        ("02ac3e000002", "IP200", &["02AC3E000002.cfg", "ip200.cfg"]),
        ("02ac3e000009", "IP200", &["02AC3E000009.cfg"]),
    ] {
        let mut phone = server.http_phone(3).user_agent(&format!("Acme {model} 1.2 {mac}"));
        for file in files {
            let answer = phone.get(&format!("/{file}")).await?;
            assert_eq!(
                (answer.status, answer.text()),
                (200, fs::read_to_string(served.join(file))?),
                "{file}"
            );
        }
        assert_eq!(phone.get("/02AC3E0000EE.cfg").await?.status, 404, "of a phone that is gone");
    }
    Ok(())
}

fn ids(report: &Value, list: &str, taken: bool) -> Vec<String> {
    let listed = report[list].as_array().into_iter().flatten();
    let mut ids: Vec<String> = listed
        .filter(|one| one["taken"] == taken)
        .filter_map(|one| Some(one["id"].as_str()?.to_owned()))
        .collect();
    ids.sort();
    ids
}

fn paths(report: &Value, list: &str) -> Vec<String> {
    let listed = report[list].as_array().into_iter().flatten();
    let mut paths: Vec<String> = listed.filter_map(|one| Some(one["path"].as_str()?.to_owned())).collect();
    paths.sort();
    paths
}

/// All that a server says of itself but for what changes by itself.
async fn state(server: &Server) -> Result<Map<String, Value>> {
    let mut state = Map::new();
    for path in ["dev_mgr/devices?recurse=true", "cfg_mgr/configs", "configure", "pg_mgr/install/installed"] {
        state.insert(path.to_owned(), server.api().get(&format!("/0.2/{path}")).await?.ok()?);
    }
    state.insert("audit".to_owned(), server.api().get("/0.2/audit?limit=1").await?.ok()?);
    Ok(state)
}

fn assert_no_secrets(text: &str) {
    for secret in SECRETS {
        let found = text.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
}

#[tokio::test]
async fn a_server_is_taken_over_as_it_was() -> Result<()> {
    let (home, answers) = (home()?, answers()?);
    let server = home.start().await?;
    let before = state(&server).await?;
    let trial = import(&home, &["--dry-run", "--json"]).await?;
    assert_eq!(state(&server).await?, before, "a trial changes nothing");
    assert!(!home.data_dir().join("overrides").join(PLUGIN).exists());

    let done = import(&home, &["--json"]).await?;
    let (trial, done) = ((report(&trial)?, trial), (report(&done)?, done));
    compare_devices(&server, &answers).await?;
    compare_configs(&server, &answers).await?;
    compare_parameters(&server, &answers).await?;
    for (report, said) in [&trial, &done] {
        assert_no_secrets(&format!("{}{}", said.out, said.err));
        assert_eq!(ids(report, "problems", false), BAD, "{report:#}");
        let gone = ["d0000000000000000000000000000003", "d0000000000000000000000000000004", "orphan"];
        assert_eq!(ids(report, "problems", true), gone, "{report:#}");
        let taken = ["served/firmware/ip100-1.2.bin", "served/tones/bell.wav", "templates/IP200.tpl"];
        assert_eq!(paths(report, "files"), taken);
        assert!(paths(report, "left").iter().any(|path| path.ends_with("02AC3E0000EE.cfg")), "{report:#}");
        assert_eq!((&report["devices"]["read"], &report["devices"]["created"]), (&json!(10), &json!(9)));
    }
    for key in ["plugins", "files", "configs", "mapped", "left", "settings", "only_here"] {
        assert_eq!(trial.0[key], done.0[key], "{key}");
    }

    let before = state(&server).await?;
    let again = report(&import(&home, &["--json"]).await?)?;
    assert_eq!(state(&server).await?, before, "a second run changes nothing");
    for (list, key) in [("files", "outcome"), ("parameters", "outcome")] {
        let all = again[list].as_array().context("no list")?;
        assert!(all.iter().all(|one| one[key] == "present"), "{again:#}");
    }
    assert_eq!((&again["devices"]["unchanged"], &again["configs"]["unchanged"]), (&json!(9), &json!(13)));
    assert_eq!(again["operation"], Value::Null);
    compare_files(&server).await?;
    assert_no_secrets(&server.log()?);
    Ok(())
}

#[tokio::test]
async fn strictly_nothing_is_taken_over_if_anything_is_wrong() -> Result<()> {
    let home = home()?;
    let server = home.start().await?;
    let before = state(&server).await?;
    let said = import(&home, &["--strict"]).await?;
    assert!(said.code == Some(1) && said.err.contains("nothing is changed"), "{said:?}");
    for shown in ["broken", "JSON", "badmac", "babel", "raw_config.locale", "acme-half-0.9", "wazo-gone-1.0"]
    {
        assert!(said.out.contains(shown), "{shown}: {said:?}");
    }
    assert_no_secrets(&said.out);
    assert_eq!(state(&server).await?, before);
    assert!(!home.data_dir().join("overrides").join(PLUGIN).exists());
    Ok(())
}

#[tokio::test]
async fn what_is_in_the_way_is_said_and_the_rest_is_done() -> Result<()> {
    let home = Home::with_families(&[])?;
    let server = home.start().await?;
    fs::remove_dir_all(home.data_dir().join("overrides"))?;
    fs::write(home.data_dir().join("overrides"), "no folder")?;
    let said = import(&home, &[]).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    for shown in
        ["--allow-unsigned", "--data-dir", "it is not there", "phones were told http://192.0.2.10:8667"]
    {
        assert!(said.out.contains(shown), "{shown}: {said:?}");
    }
    assert_eq!(server.devices().await?.len(), 5, "those of the master tenant");
    assert!(server.stop().await?.success());

    let nowhere = home.provd(&["import", "wazo", "--from", "/nonexistent"]).await?;
    assert!(nowhere.code == Some(2) && nowhere.err.contains("/nonexistent"), "{nowhere:?}");
    let mixed = home.provd(&["import", "--dry-run", "wazo", "--from", "/nonexistent"]).await?;
    assert_eq!(mixed.code, Some(2), "a flag that would mean nothing is refused: {mixed:?}");
    Ok(())
}
