//! Commands from their arguments to their output, against a server that records what it is asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use clap::{CommandFactory as _, Parser};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{ClientCommand, Failure, Output, Style, execute};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: ClientCommand,
}

/// Answers `Büro`'s device and little else; keeps method, path and body of each request.
#[derive(Clone, Default)]
struct Server {
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = format!("{} {}", parts.method, parts.uri);
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    server.asked.lock().unwrap().push((asked.clone(), serde_json::from_slice(&body).unwrap_or_default()));
    if parts.headers.get("x-auth-token").is_none_or(|token| token != "secret") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let typed = parts.headers.get("content-type").is_some_and(|kind| kind == super::client::MEDIA_TYPE);
    assert!(body.is_empty() || typed, "{asked}");
    match asked.as_str() {
        "GET /0.2/dev_mgr/devices?recurse=true" => document(&json!({"devices": [{"id": "Büro"}]})),
        "GET /0.2/dev_mgr/devices/B%C3%BCro" => {
            document(&json!({"device": {"id": "Büro", "options": {"a": 1}, "last_error": "no line"}}))
        }
        "GET /0.2/dev_mgr/devices?recurse=true&q=%7B%22mac%22%3A%2200%3A08%3A5d%3A23%3A74%3A29%22%7D" => {
            document(&json!({"devices": [{"id": "Büro"}]}))
        }
        "GET /0.2/dev_mgr/devices?recurse=true&q=%7B%22mac%22%3A%2200%3A08%3A5d%3A00%3A00%3A02%22%7D" => {
            document(&json!({"devices": [{"id": "one"}, {"id": "two"}]}))
        }
        "GET /0.2/dev_mgr/devices?recurse=true&q=%7B%22config%22%3A%22a%22%7D" => document(
            &json!({"devices": [{"id": "x", "last_error": "no"}, {"id": "y", "last_error": "no"}, {"id": "z"}]}),
        ),
        asked if asked.starts_with("GET /0.2/dev_mgr/devices?recurse=true&q=") => {
            document(&json!({"devices": []}))
        }
        "GET /0.2/dev_mgr/devices/made" => document(&json!({"device": {"id": "made", "configured": true}})),
        "GET /0.2/dev_mgr/devices/a/files/A%20b/c.cfg" => b"\0\xff".as_slice().into_response(),
        "GET /0.2/cfg_mgr/configs/a" => document(&json!({"config": {"parent_ids": ["x"], "raw_config": {}}})),
        "POST /0.2/dev_mgr/devices" | "POST /0.2/cfg_mgr/configs" => {
            (StatusCode::CREATED, json!({"id": "made"}).to_string()).into_response()
        }
        "POST /0.2/pg_mgr/plugins/p/restart" => document(&json!({"state": "ready", "pid": 7})),
        "GET /0.2/pg_mgr/states" => "not JSON".into_response(),
        "DELETE /0.2/cfg_mgr/configs/base" => (StatusCode::FORBIDDEN, "not deletable\n").into_response(),
        "POST /0.2/dev_mgr/reconfigure" => StatusCode::NO_CONTENT.into_response(),
        asked if asked.starts_with("PUT ") || asked.starts_with("DELETE ") => {
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn document(document: &Value) -> Response {
    document.to_string().into_response()
}

impl Server {
    async fn start() -> (Server, String) {
        let server = Server::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (server, url)
    }

    /// The last thing that was to change something.
    fn last(&self) -> (String, Value) {
        let asked = self.asked.lock().unwrap();
        asked.iter().rfind(|(asked, _)| !asked.starts_with("GET ")).unwrap().clone()
    }
}

async fn run(url: &str, token: &str, arguments: &str) -> Result<Output, Failure> {
    let arguments = format!("provd {arguments} --url {url} --token {token}");
    let cli = Cli::try_parse_from(arguments.split_whitespace()).unwrap();
    execute(cli.command, Style { width: None, colour: false }).await
}

async fn text(url: &str, arguments: &str) -> String {
    String::from_utf8(run(url, "secret", arguments).await.unwrap().to_bytes()).unwrap()
}

#[test]
fn the_arguments_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn help_teaches() {
    for command in ["device", "config", "plugin"] {
        let help = Cli::try_parse_from(["provd", command, "--help"]).unwrap_err().to_string();
        for part in ["Examples:", "Exit codes:", "PROVD_URL", "PROVD_TOKEN", "--json"] {
            assert!(help.contains(part), "{command}: {help}");
        }
    }
}

#[test]
fn wrong_arguments_are_refused() {
    for arguments in [
        "provd device",
        "provd device show",
        "provd device create --set mac",
        "provd config create --unset a..b",
        "provd plugin restart",
    ] {
        assert!(Cli::try_parse_from(arguments.split_whitespace()).is_err(), "{arguments}");
    }
}

#[tokio::test]
async fn what_a_server_shows_is_printed_for_people_or_programs() {
    let (_, url) = Server::start().await;
    assert!(text(&url, "device list").await.contains("Büro"));
    let json: Value = serde_json::from_str(&text(&url, "device list --json").await).unwrap();
    assert_eq!(json, json!({"devices": [{"id": "Büro"}]}));
    assert!(text(&url, "device --json show Büro").await.starts_with("{\n"));
    assert!(text(&url, "device show Büro").await.contains("options.a   1\n"));
    assert_eq!(
        text(&url, "plugin restart p").await,
        "Plugin p is ready, process 7. If its templates changed, its phones are configured anew.\n"
    );
}

#[tokio::test]
async fn files_are_printed_as_they_are() {
    let (_, url) = Server::start().await;
    let arguments =
        ["provd", "device", "files", "a", "A b/c.cfg", "--url", &url, "--token", "secret", "--json"];
    let cli = Cli::try_parse_from(arguments).unwrap();
    let output = execute(cli.command, Style { width: None, colour: false }).await.unwrap();
    assert_eq!(output.to_bytes(), b"\0\xff");
}

#[tokio::test]
async fn documents_are_made_from_assignments() {
    let (server, url) = Server::start().await;
    let said = text(&url, "device create --set mac=00:08:5d:23:74:29 --set version=1.0 --set X_n=1").await;
    assert_eq!(said, "Device made is created.\n");
    let device = json!({"mac": "00:08:5d:23:74:29", "version": "1.0", "X_n": 1});
    assert_eq!(server.last(), ("POST /0.2/dev_mgr/devices".to_owned(), json!({"device": device})));

    assert_eq!(
        text(&url, "device update Büro --set options.b=x --unset last_error").await,
        "Device Büro is updated, but not configured: no line\n"
    );
    let device = json!({"id": "Büro", "options": {"a": 1, "b": "x"}});
    assert_eq!(server.last(), ("PUT /0.2/dev_mgr/devices/B%C3%BCro".to_owned(), json!({"device": device})));

    assert_eq!(
        text(&url, "config create --parent a --parent b --set raw.locale=fr_FR").await,
        "Config made is created.\n"
    );
    let config = json!({"parent_ids": ["a", "b"], "raw_config": {"locale": "fr_FR"}});
    assert_eq!(server.last(), ("POST /0.2/cfg_mgr/configs".to_owned(), json!({"config": config})));

    let said = text(&url, "config update a --set raw.vlan_id=7").await;
    assert_eq!(said, "Config a is updated. 2 devices with it are not configured: see `provd device list`.\n");
    let config = json!({"parent_ids": ["x"], "raw_config": {"vlan_id": 7}});
    assert_eq!(server.last(), ("PUT /0.2/cfg_mgr/configs/a".to_owned(), json!({"config": config})));
    assert_eq!(text(&url, "config delete b").await, "Config b is deleted.\n");
}

#[tokio::test]
async fn programs_are_told_what_was_done() {
    let (_, url) = Server::start().await;
    for (arguments, pointer, value) in [
        ("device create --set sn=1", "", json!({"id": "made"})),
        ("device update Büro --set config=nope", "/device/last_error", json!("no line")),
        ("device delete Büro", "", json!({"id": "Büro", "deleted": true})),
        ("config update a --set raw.vlan_id=7", "/config/parent_ids", json!(["x"])),
        ("config delete a", "", json!({"id": "a", "deleted": true})),
    ] {
        let document: Value =
            serde_json::from_str(&text(&url, &format!("{arguments} --json")).await).unwrap();
        assert_eq!(document.pointer(pointer), Some(&value), "{arguments}");
    }
}

#[tokio::test]
async fn a_device_may_be_named_by_its_address() {
    let (server, url) = Server::start().await;
    assert!(text(&url, "device show 0008.5D23.7429").await.contains("options.a   1\n"));
    assert_eq!(text(&url, "device delete 00085d237429").await, "Device Büro is deleted.\n");
    assert_eq!(server.last().0, "DELETE /0.2/dev_mgr/devices/B%C3%BCro");
}

#[test]
fn examples_fit_a_terminal() {
    for command in ["device", "config", "plugin"] {
        let help = Cli::try_parse_from(["provd", command, "--help"]).unwrap_err().to_string();
        let examples = help.split("Examples:").nth(1).unwrap();
        assert!(examples.lines().all(|line| line.chars().count() < 80), "{examples}");
    }
}

#[tokio::test]
async fn each_failure_has_its_exit_code() {
    let (_, url) = Server::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = format!("http://{closed}");
    for (url, token, arguments, code, said) in [
        (url.as_str(), "secret", "config delete base", 1, "not deletable (HTTP status 403)"),
        (&url, "secret", "device show unknown", 1, "Not Found (HTTP status 404)"),
        (&url, "secret", "device reconfigure Büro", 1, "Büro could not be configured: no line"),
        (
            &url,
            "secret",
            "device show 00:08:5d:00:00:01",
            1,
            "no device has the MAC address 00:08:5d:00:00:01",
        ),
        (&url, "secret", "device delete 00-08-5D-00-00-02", 1, "one, two"),
        (&url, "secret", "device update unknown", 2, "--set"),
        (&url, "secret", "config update unknown", 2, "--parent"),
        (&url, "secret", "device update Büro --set id.x=1", 2, "`id` is no object"),
        (&closed, "secret", "device list", 3, "Is it running?"),
        (&url, "secret", "plugin list", 3, "is not provd"),
        (&url, "guess", "device list", 4, "admin.token"),
    ] {
        let failure = run(url, token, arguments).await.unwrap_err();
        assert_eq!(failure.exit_code(), code, "{arguments}: {failure}");
        assert!(failure.to_string().contains(said), "{arguments}: {failure}");
        assert!(!failure.to_string().contains("guess"));
    }
}
