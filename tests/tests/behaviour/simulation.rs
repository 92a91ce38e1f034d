//! `provd simulate`: phones of all families boot from a real server; what is wrong is said, and nothing of it remains.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::Uri;
use axum::routing::get;
use provd_tests::{Home, Server, WebService, eventually, provd_binary, within};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::Command;

/// A server whose plugins are all ready.
async fn ready(home: &Home) -> Result<Server> {
    let server = home.start().await?;
    for id in [
        "aastra-3.2.2.1136",
        "cisco-sccp-8.5.2",
        "cisco-sccp-legacy",
        "cisco-spa-7.5.5",
        "cisco-spa3102-5.1.10",
        "digium-1.1.0.0",
    ] {
        server.ready(id).await?;
    }
    Ok(server)
}

fn step<'a>(document: &'a Value, family: &str, step: &str) -> Result<&'a Value> {
    let steps = document["simulation"]["steps"].as_array().context("no steps")?;
    let found = steps.iter().find(|one| one["family"] == family && one["step"] == step);
    found.with_context(|| format!("{family} {step} in {document:#}"))
}

#[tokio::test]
async fn phones_with_accounts_get_their_own_and_leave_nothing_behind() -> Result<()> {
    let home = Home::bundled()?;
    let server = ready(&home).await?;
    let arguments =
        ["simulate", "--family", "all", "--count", "50", "--boot", "50/s", "--dhcp", "--accounts", "--json"];
    let said = home.provd(&arguments).await?;
    assert!(said.code == Some(0), "{said:?}");
    let document = said.json()?;
    let simulation = &document["simulation"];
    assert_eq!(
        (&simulation["boots"]["right"], &simulation["failed"]),
        (&Value::from(50), &Value::from(0)),
        "{document:#}"
    );
    for (family, name) in [
        ("aastra", "HTTP /Aastra/{MAC}.cfg"),
        ("digium", "HTTP /Digium/{mac}-contacts.xml"),
        ("digium", "DHCP lease"),
        ("cisco-spa", "TFTP /spa3102.cfg"),
        ("cisco-sccp", "TFTP SEP{MAC}.cnf.xml"),
    ] {
        let step = step(&document, family, name)?;
        assert!(step["sent"].as_u64() > Some(0) && step["sent"] == step["right"], "{step:#}");
        assert!(step["milliseconds"]["max"].as_f64() > Some(0.0), "{step:#}");
    }
    assert_eq!(server.devices().await?, Vec::<Value>::new(), "they are removed");
    let configs = server.api().get("/0.2/cfg_mgr/configs").await?.ok()?;
    assert!(!configs.to_string().contains("sip_lines\":{\"1\":{\"proxy_ip"), "{configs:#}");
    Ok(())
}

#[tokio::test]
async fn new_phones_get_a_file_each_and_are_kept_as_devices() -> Result<()> {
    let home = Home::bundled()?;
    let server = ready(&home).await?;
    let arguments =
        ["simulate", "--family", "all", "--count", "20", "--boot", "20/s", "--rounds", "2", "--keep-alive"];
    let said = home.provd(&arguments).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert!(said.out.contains("40 of 40 boots were right") && said.out.contains("P99 MS"), "{}", said.out);
    assert!(!said.out.contains("DHCP"), "no leases were told: {}", said.out);
    assert_eq!(server.devices().await?.len(), 20, "in the second round they are known");
    Ok(())
}

#[tokio::test]
async fn a_server_that_gives_a_phone_anothers_file_is_found_out() -> Result<()> {
    let all_the_same = Router::new()
        .route("/Digium/{file}", get(|| async { "<phonebooks> /Digium/000000000000-contacts.xml" }))
        .fallback(|uri: Uri| async move { (axum::http::StatusCode::NOT_FOUND, uri.to_string()) });
    let service = WebService::plain(WebService::listener().await?, all_the_same)?;
    let url = format!("http://{}", service.address());
    let family = Home::with_families(&["digium"])?;
    let folder = family.families().join("digium");
    let boot = folder.join("tests/boot.toml");
    // The name of the contacts would give it away.
    fs::write(&boot, fs::read_to_string(&boot)?.replace("\"/Digium/{mac}-contacts.xml\",", ""))?;
    let folder = folder.to_str().context("a path that is no text")?;
    let arguments = ["simulate", "--family", folder, "--count", "3", "--boot", "100", "--url", &url];
    let said = family.provd(&arguments).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.out.contains("another phone's file") && said.out.contains("the same file as phone"),
        "{}",
        said.out
    );
    assert!(said.out.contains("1 of 3 boots were right"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn a_wrong_content_fails_with_what_was_expected_and_what_came() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    server.ready("digium-1.1.0.0").await?;
    let template = home.families().join("digium/tests/boot.toml");
    fs::write(&template, fs::read_to_string(&template)?.replace("<phonebooks>", "<no such thing>"))?;
    let folder = home.families().join("digium").display().to_string();
    let said =
        home.provd(&["simulate", "--family", &folder, "--count", "2", "--accounts", "--boot", "100"]).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("2 times: content is missing"), "{}", said.out);
    assert!(said.out.contains("expected a file with `<no such thing>`"), "{}", said.out);
    assert!(server.devices().await?.is_empty(), "accounts go whatever went wrong");
    Ok(())
}

#[tokio::test]
async fn an_interruption_shows_the_table_so_far_and_removes_the_accounts() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    server.ready("digium-1.1.0.0").await?;
    let mut command = Command::new(provd_binary()?);
    command.args([
        "simulate",
        "--family",
        "digium",
        "--count",
        "10",
        "--boot",
        "20",
        "--duration",
        "1h",
        "--accounts",
    ]);
    command.arg("--data-dir").arg(home.data_dir());
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pid =
        child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).context("it ended already")?;
    // Phones boot when their first file was asked for.
    server.logged(&["/Digium/", "-contacts.xml"]).await?;
    kill_process(pid, Signal::INT)?;
    let output = within("the end of the simulation", child.wait_with_output()).await??;
    let out = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("FAMILY") && out.contains("It was interrupted"), "{out}");
    eventually("the accounts to be removed", || async {
        Ok(server.devices().await?.is_empty().then_some(()))
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_simulated_is_said_before_anything_is_asked() -> Result<()> {
    let home = Home::bundled()?;
    for (arguments, word) in [
        (&["simulate", "--family", "yealonk"][..], "there is no family `yealonk`"),
        (&["simulate", "--family", "aastra"], "listening.json"),
        (&["simulate", "--family", "aastra", "--url", "https://provd"], "http:// only"),
        (&["simulate", "--family", "aastra", "--boot", "fast"], "50/s"),
        (&["simulate", "--family", "aastra", "--url", "http://127.0.0.1:1", "--accounts"], "listening.json"),
    ] {
        let said = home.provd(arguments).await?;
        assert!(said.code == Some(2) && said.err.contains(word), "{arguments:?}: {said:?}");
    }
    Ok(())
}
