//! The description of the interface is sound, and the server answers as it says, whatever is sent.
//!
//! Both are judged by programs that others wrote: openapi-spec-validator and schemathesis.

mod site;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use provd_tests::{Python, Server};
use serde_json::{Value, json};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Longest time until everything was tried. It takes a minute or two.
const DEADLINE: Duration = Duration::from_mins(15);

async fn described(server: &Server, name: &str) -> Result<Value> {
    server.api().with_token("none").get(&format!("/0.2/api/{name}")).await?.ok()
}

#[tokio::test]
async fn the_description_is_sound_in_both_versions() -> Result<()> {
    let (home, server) = site::populated().await?;
    let python = Python::with(REQUIREMENTS).await?;
    for (name, version) in [("openapi.json", "3.1"), ("api.yml", "2.0")] {
        let file = home.root().join(name);
        fs::write(&file, described(&server, name).await?.to_string())?;
        python
            .run("openapi-spec-validator", DEADLINE, |command| {
                command.args(["--schema", version]).arg(&file);
            })
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn whatever_is_sent_is_answered_as_described() -> Result<()> {
    let (home, server) = site::populated().await?;
    let python = Python::with(REQUIREMENTS).await?;
    let mut description = described(&server, "openapi.json").await?;
    forbid_what_is_not_said(&mut description);
    leave_out_what_cannot_be_tried(&mut description);
    let file = home.root().join("description.json");
    fs::write(&file, description.to_string())?;
    let settings: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi/schemathesis.toml");
    let said = python
        .run("schemathesis", DEADLINE, |command| {
            command.arg("--config-file").arg(settings).args([
                "--no-color",
                "run",
                "--url",
                server.api().base(),
            ]);
            command.arg(&file).current_dir(home.root()).env("PROVD_TOKEN", server.api().token());
        })
        .await;
    println!("{}", said.context("what is not as it is described")?);
    Ok(())
}

/// Lets the description promise that answers hold no key that it does not name. It promises no such thing to clients, who
/// are to live with new keys; but here a new one is one that somebody forgot to describe.
fn forbid_what_is_not_said(description: &mut Value) {
    let mut parts = BTreeSet::new();
    find_parts(description, &mut parts);
    let schemas = description["components"]["schemas"].as_object_mut().into_iter().flatten();
    for (name, schema) in schemas {
        let is_open = schema.get("additionalProperties").is_some()
            || schema.get("allOf").is_some()
            || parts.contains(&format!("#/components/schemas/{name}"));
        if schema["properties"].is_object() && !is_open {
            schema["additionalProperties"] = json!(false);
        }
    }
}

/// What is only a part of something else, which has keys of its own.
fn find_parts(schema: &Value, parts: &mut BTreeSet<String>) {
    let names = schema["allOf"].as_array().into_iter().flatten().filter_map(|part| part["$ref"].as_str());
    parts.extend(names.map(str::to_owned));
    let below: Box<dyn Iterator<Item = &Value>> = match schema {
        Value::Object(object) => Box::new(object.values()),
        Value::Array(list) => Box::new(list.iter()),
        _ => return,
    };
    below.for_each(|schema| find_parts(schema, parts));
}

/// Leaves out what the generator cannot send or would wait for: JSON Lines, what is compressed, and the stream of events,
/// which ends after an hour. Other tests try them.
fn leave_out_what_cannot_be_tried(description: &mut Value) {
    let contents = &mut description["paths"]["/0.2/import"]["post"]["requestBody"]["content"];
    contents.as_object_mut().and_then(|contents| contents.remove("application/jsonl"));
    let contents = &mut description["paths"]["/0.2/pg_mgr/install/package"]["post"]["requestBody"]["content"];
    contents.as_object_mut().and_then(|contents| contents.remove("application/gzip"));
    description["paths"].as_object_mut().and_then(|paths| paths.remove("/0.2/events"));
}
