//! A server that answers a little, records what it is asked, and is gone with its test.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::cli::client::MEDIA_TYPE;
use crate::cli::plugin::Action;
use crate::cli::{ClientCommand, Failure, Output, PluginCommand, Style, execute, execute_plugin};

#[derive(Debug, Parser)]
pub(super) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Client(ClientCommand),
    Plugin(PluginCommand),
}

impl Cli {
    /// As it is written to a pipe.
    pub(super) async fn execute(self) -> Result<Output, Failure> {
        let style = Style { width: None, colour: false };
        match self.command {
            Command::Client(command) => execute(command, style).await,
            Command::Plugin(PluginCommand { connection, action: Action::Server(action) }) => {
                execute_plugin(action, &connection, style).await
            }
            Command::Plugin(_) => panic!("nothing is asked of a server"),
        }
    }
}

/// Answers `Büro`'s device and little else; keeps method, path and body of each request.
#[derive(Clone, Default)]
pub(super) struct Server {
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
    let typed = parts.headers.get("content-type").is_some_and(|kind| kind == MEDIA_TYPE);
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
        "GET /0.2/dev_mgr/devices?recurse=true&fields=config,last_error" => document(&json!({"devices": [
            {"id": "x", "config": "a", "last_error": "no"}, {"id": "y", "config": "heir", "last_error": "no"},
            {"id": "z", "config": "other", "last_error": "no"}, {"id": "fine", "config": "a"},
        ]})),
        "GET /0.2/cfg_mgr/configs?fields=parent_ids" => document(&json!({"configs": [
            {"id": "a", "parent_ids": ["x"]}, {"id": "heir", "parent_ids": ["a"]}, {"id": "other", "parent_ids": []},
        ]})),
        "GET /0.2/dev_mgr/remote_states" => {
            document(&json!({"remote_states": [{"device": "Büro", "state": "current"}]}))
        }
        "GET /0.2/dev_mgr/remote_states?outdated=true" => document(&json!({"remote_states": []})),
        "GET /0.2/dev_mgr/devices/B%C3%BCro/remote_state" => {
            document(&json!({"remote_state": {"device": "Büro", "state": "current", "files_revision": 3}}))
        }
        "GET /0.2/dev_mgr/devices/a/files" => document(&json!({"files": [{"path": "A b/c.cfg", "size": 2}]})),
        "POST /0.2/dev_mgr/devices/B%C3%BCro/preview" => {
            document(&json!({"preview": {"error": "no line", "files": []}}))
        }
        "GET /0.2/dev_mgr/waiting" => document(&json!({"waiting": [
            {"id": "made", "mac": "00:08:5d:00:00:03"}, {"id": "refused"},
        ]})),
        "POST /0.2/dev_mgr/waiting/made/approve" => {
            (StatusCode::CREATED, json!({"id": "made"}).to_string()).into_response()
        }
        "POST /0.2/dev_mgr/waiting/refused/approve" => (StatusCode::BAD_REQUEST, "not now").into_response(),
        "POST /0.2/dev_mgr/synchronize" => {
            (StatusCode::CREATED, [(header::LOCATION, "/0.2/dev_mgr/synchronize/7")]).into_response()
        }
        "POST /0.2/dev_mgr/synchronizations" => {
            let location = [(header::LOCATION, "/0.2/dev_mgr/synchronizations/8")];
            (StatusCode::CREATED, location, json!({"devices": 2}).to_string()).into_response()
        }
        "POST /0.2/pg_mgr/install/install" => created("/0.2/pg_mgr/install/install/7"),
        "POST /0.2/pg_mgr/install/upgrade?dry_run=true&tolerate=5" => {
            created("/0.2/pg_mgr/install/upgrade/8")
        }
        "POST /0.2/pg_mgr/install/uninstall" => StatusCode::NO_CONTENT.into_response(),
        "GET /0.2/configure" => document(
            &json!({"params": [{"id": "NAT", "value": 1, "description": "Behind NAT", "links": []}]}),
        ),
        "GET /0.2/configure/NAT" => document(&json!({"param": {"value": 1}})),
        "GET /0.2/dev_mgr/synchronize/7" | "GET /0.2/operations/7" | "GET /0.2/pg_mgr/install/install/7" => {
            server.operation(7)
        }
        "GET /0.2/dev_mgr/synchronizations/8"
        | "GET /0.2/operations/8"
        | "GET /0.2/pg_mgr/install/upgrade/8" => server.operation(8),
        "PUT /0.2/cfg_mgr/configs/slow" | "DELETE /0.2/cfg_mgr/configs/slow" => {
            (StatusCode::NO_CONTENT, [(header::LOCATION, "/0.2/operations/8")]).into_response()
        }
        "GET /0.2/cfg_mgr/configs/slow" => document(&json!({"config": {"parent_ids": [], "raw_config": {}}})),
        "DELETE /0.2/cfg_mgr/configs/elsewhere" => {
            (StatusCode::NO_CONTENT, [(header::LOCATION, "http://192.0.2.1/0.2/operations/8")])
                .into_response()
        }
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
        "GET /0.2/tokens" => document(&json!({"tokens": [{"id": "0a", "name": "wallboard"}]})),
        "POST /0.2/tokens" => document(&json!({"id": "0c", "token": "provd_made"})),
        "POST /0.2/tenants" => document(&json!({"id": "u"})),
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
    pub(super) async fn start() -> (Server, String) {
        let server = Server::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (server, url)
    }

    /// An operation that goes on when it is first looked at. 7 succeeds, 8 fails.
    fn operation(&self, number: u64) -> Response {
        let path = format!("/{number}");
        let looks = self.asked.lock().unwrap().iter().filter(|(asked, _)| asked.ends_with(&path)).count();
        let going_on = json!({"number": number, "what": "tell", "state": "progress", "current": 1, "end": 2});
        let failures = [json!({"device": "x", "reason": "no answer"})];
        document(&match (looks, number) {
            (..=1, _) => going_on,
            (_, 7) => json!({"number": 7, "what": "tell", "state": "success", "reason": "202 Accepted"}),
            _ => {
                json!({"number": 8, "what": "tell", "state": "fail", "reason": "1 of 2 phones could not be told",
                "failed": 1, "failures": failures})
            }
        })
    }

    /// The last thing that was to change something.
    pub(super) fn last(&self) -> (String, Value) {
        let asked = self.asked.lock().unwrap();
        asked.iter().rfind(|(asked, _)| !asked.starts_with("GET ")).unwrap().clone()
    }
}

fn created(location: &'static str) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, location)]).into_response()
}

pub(super) async fn run(url: &str, token: &str, arguments: &str) -> Result<Output, Failure> {
    let arguments = format!("provd {arguments} --url {url} --token {token}");
    let cli = Cli::try_parse_from(arguments.split_whitespace()).unwrap();
    cli.execute().await
}

pub(super) async fn text(url: &str, arguments: &str) -> String {
    String::from_utf8(run(url, "secret", arguments).await.unwrap().to_bytes()).unwrap()
}

/// Of what is done, but not well: what was shown, and why.
pub(super) async fn in_part(url: &str, arguments: &str) -> (String, String) {
    let failure = run(url, "secret", arguments).await.unwrap_err();
    assert_eq!(failure.exit_code(), 1, "{failure}");
    let Failure::InPart { output, why } = failure else { panic!("{failure}") };
    (String::from_utf8(output.to_bytes()).unwrap(), why)
}
