//! `provd doctor`: looks at everything that usually goes wrong, and says what to do about it. Changes nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::Args;
use serde_json::{Value, json};

use super::EXIT_CODES;
use super::client::Client;
use super::connection::Connection;
use super::dhcp_config::expected;
use super::failure::Failure;
use super::output::Output;
use super::paint::{Paint, paint};
use super::table::{Style, field, harmless};
use finding::{Finding, Verdict};

mod dhcp;
mod finding;
mod listening;
mod machine;
mod server;

const EXAMPLES: &str = "\
Examples:
  provd doctor
  provd doctor --dhcp eth1
  provd doctor --json | jq '.findings[] | select(.verdict == \"wrong\")'

It ends with 1 if something is wrong. What is only doubtful (!) may be meant so.";

/// `provd doctor`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct DoctorCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// Ask the DHCP server of the network at this interface what it would tell phones of each family; takes root and
    /// port 68, and no lease
    #[arg(long, value_name = "INTERFACE")]
    dhcp: Option<String>,
}

/// Looks at everything. What is wrong is said in the output, not as a failure of the command itself.
pub(super) async fn execute(command: DoctorCommand, style: Style) -> Result<Output, Failure> {
    let findings = examine(&command).await?;
    let wrong = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    let document = json!({ "findings": findings });
    let text = findings.iter().map(|finding| render(finding, style)).collect::<Vec<_>>().join("\n");
    let output = Output::Document { document, text };
    match wrong {
        0 => Ok(output),
        1 => Err(Failure::in_part(output, "one thing is wrong".to_owned())),
        _ => Err(Failure::in_part(output, format!("{wrong} things are wrong"))),
    }
}

async fn examine(command: &DoctorCommand) -> Result<Vec<Finding>, Failure> {
    let connection = &command.connection;
    let mut findings = machine::data_directory(connection.data_dir());
    findings.push(machine::clock());
    let client = match Client::new(connection) {
        Ok(client) => client,
        Err(Failure::NoToken { path, why }) => {
            let seen = format!("no token: {}: {why}", path.display());
            let advice = "set PROVD_TOKEN, or --data-dir to the server's data directory";
            findings.push(Finding::wrong("server", seen, advice));
            findings.extend(could_listen(connection));
            return Ok(findings);
        }
        Err(failure) => return Err(failure),
    };
    match server::reach(&client).await {
        Ok(finding) => findings.push(finding),
        Err(finding) => {
            findings.push(finding);
            findings.extend(could_listen(connection));
            return Ok(findings);
        }
    }
    findings.extend(running(command, &client).await?);
    Ok(findings)
}

/// Looks whether a server could be started on this machine, if none runs there.
fn could_listen(connection: &Connection) -> Vec<Finding> {
    if connection.listening().is_some() { Vec::new() } else { listening::ports() }
}

/// Looks at a server that runs.
async fn running(command: &DoctorCommand, client: &Client) -> Result<Vec<Finding>, Failure> {
    let mut findings = server::plugins(client).await;
    if let Some(document) = command.connection.listening() {
        findings.extend(listeners(client, &document).await);
    }
    match client.get("/pg_mgr/dhcp_hints").await {
        Ok(hints) => {
            findings.push(listening::advertised(client.http(), &field(&hints, "http")).await);
            findings.extend(at_dhcp(command, client, &hints).await?);
        }
        Err(failure) => {
            let seen = server::first_line(&failure);
            findings.push(Finding::skipped("advertised URL", seen, "use a token that may read plugins"));
        }
    }
    findings.extend(server::devices(client).await);
    Ok(findings)
}

/// Looks at what listens on this machine, as the server wrote it down.
async fn listeners(client: &Client, document: &Value) -> Vec<Finding> {
    let address = |key: &str| field(document, key).parse::<SocketAddr>().ok().map(reachable);
    let mut findings = Vec::new();
    findings.extend(document.get("pid").and_then(Value::as_u64).and_then(machine::descriptors));
    if let Some(address) = address("http") {
        findings.push(listening::http(client.http(), address).await);
    }
    if let Some(address) = address("tftp") {
        findings.extend(tokio::task::spawn_blocking(move || listening::tftp(address)).await.ok());
    }
    findings
}

async fn at_dhcp(command: &DoctorCommand, client: &Client, hints: &Value) -> Result<Vec<Finding>, Failure> {
    let Some(interface) = command.dhcp.clone() else {
        let advice = "provd doctor --dhcp INTERFACE, from a machine in the phones' network";
        return Ok(vec![Finding::skipped("DHCP", "nobody was asked", advice)]);
    };
    let expected = expected(hints, client)?;
    Ok(tokio::task::spawn_blocking(move || dhcp::look(&interface, &expected)).await.unwrap_or_default())
}

/// Who listens on all addresses is reached at this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn render(finding: &Finding, style: Style) -> String {
    let (mark, colour) = match finding.verdict {
        Verdict::Sound => ("ok", Paint::Green),
        Verdict::Doubtful => (" !", Paint::Strong),
        Verdict::Wrong => (" ✗", Paint::Red),
        Verdict::Skipped => (" -", Paint::Faint),
    };
    let line = format!("{}  {}: {}", paint(style, colour, mark), finding.about, harmless(&finding.seen));
    match &finding.advice {
        None => line,
        Some(advice) => format!("{line}\n      {}", paint(style, Paint::Faint, &harmless(advice))),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::response::{IntoResponse as _, Response};
    use clap::{CommandFactory as _, Parser};
    use tokio::net::TcpListener;

    use super::*;
    use crate::cli::ClientCommand;

    #[derive(Parser)]
    struct Doctor {
        #[command(flatten)]
        command: DoctorCommand,
    }

    #[derive(Parser)]
    struct Client {
        #[command(subcommand)]
        _command: ClientCommand,
    }

    /// A server with a device of each kind that needs somebody, and a plugin that is lost.
    async fn answer(request: Request) -> Response {
        if request.headers().get("x-auth-token").is_none_or(|token| token != "secret") {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let document = match request.uri().path() {
            "/0.2/status" => json!({}),
            "/0.2/pg_mgr/states" => json!({"states": [{"id": "a", "state": "quarantined"}]}),
            "/0.2/dev_mgr/devices" => json!({"devices": [{"id": "x"}, {"id": "y"}]}),
            "/0.2/dev_mgr/waiting" => json!({"waiting": [{"mac": "00:08:5d:23:74:29"}]}),
            "/0.2/requests" => json!({"requests": [{"path": "/a"}]}),
            _ => return (StatusCode::FORBIDDEN, "not with this token").into_response(),
        };
        document.to_string().into_response()
    }

    /// What is found of such a server by one who shows this token.
    async fn found(token: &str) -> (Vec<Value>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        let data = tempfile::tempdir().unwrap();
        let data_dir = data.path().to_str().unwrap();
        let arguments = ["doctor", "--url", &url, "--token", token, "--data-dir", data_dir];
        let command = Doctor::try_parse_from(arguments).unwrap_or_else(|error| panic!("{error}")).command;
        let Err(Failure::InPart { output, .. }) =
            execute(command, Style { width: None, colour: false }).await
        else {
            panic!("nothing is wrong")
        };
        let Output::Document { document, text } = *output else { panic!("no document") };
        (document["findings"].as_array().unwrap().clone(), text)
    }

    #[tokio::test]
    async fn each_command_that_is_advised_exists() {
        let (findings, _) = found("secret").await;
        let seen: Vec<String> = findings.iter().map(|finding| field(finding, "seen")).collect();
        for expected in ["2 not configured", "1 wait to be approved", "1 of the last requests were refused"] {
            assert!(seen.iter().any(|seen| seen == expected), "{expected}: {seen:?}");
        }
        let client = Client::command();
        for advice in findings.iter().map(|finding| field(finding, "advice")) {
            for said in advice.split("provd ").skip(1) {
                let mut words = said.split([' ', ';', ',']);
                let Some(command) = client.find_subcommand(words.next().unwrap_or_default()) else {
                    continue;
                };
                let action = words.next().unwrap_or_default();
                assert!(command.find_subcommand(action).is_some(), "{advice}");
            }
        }
    }

    #[tokio::test]
    async fn what_to_do_about_a_wrong_token_stands_below_it() {
        let (_, text) = found("guess").await;
        let after = text.lines().skip_while(|line| !line.contains("does not accept the token")).nth(1);
        assert!(after.is_some_and(|line| line.starts_with("      set PROVD_TOKEN")), "{text}");
    }

    #[test]
    fn advice_stands_below_what_was_seen() {
        let style = Style { width: None, colour: false };
        assert_eq!(render(&Finding::sound("disk", "2.0 GiB free"), style), "ok  disk: 2.0 GiB free");
        let shown = render(&Finding::wrong("disk", "0 B free", "make room"), style);
        assert_eq!(shown, " ✗  disk: 0 B free\n      make room");
    }
}
