//! The server as it says it is: whether it answers and knows the token, and how its plugins are.

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::table::{field, items};
use super::finding::Finding;
use super::listening::NO_FILE;

/// Devices with `{"configured": false}`.
const NOT_CONFIGURED: &str = "/dev_mgr/devices?q=%7B%22configured%22%3Afalse%7D&recurse=true&fields=id";

/// Asks the server for its status. Nothing else can be asked of one that fails here.
pub(super) async fn reach(client: &Client) -> Result<Finding, Finding> {
    const ABOUT: &str = "server";
    match client.get("/status").await {
        Ok(_) => Ok(Finding::sound(ABOUT, "answers, and accepts the token")),
        Err(failure @ Failure::Unauthorized { .. }) => Err(Finding::wrong(
            ABOUT,
            first_line(&failure),
            "set PROVD_TOKEN, or --data-dir to the server's data directory; it may be expired, or permit too little",
        )),
        Err(failure @ (Failure::Unreachable { .. } | Failure::NotProvd { .. })) => Err(Finding::wrong(
            ABOUT,
            first_line(&failure),
            "start it with `provd`, or say where its REST interface is with --url or PROVD_URL",
        )),
        Err(failure) => {
            Err(Finding::wrong(ABOUT, first_line(&failure), "look at the server's log: journalctl -u provd"))
        }
    }
}

/// Looks at the states of all plugins.
pub(super) async fn plugins(client: &Client) -> Vec<Finding> {
    const ABOUT: &str = "plugins";
    let document = match client.get("/pg_mgr/states").await {
        Ok(document) => document,
        Err(failure) => {
            return vec![Finding::skipped(ABOUT, first_line(&failure), "use a token that may read plugins")];
        }
    };
    let plugins = items(&document, "states");
    if plugins.is_empty() {
        let advice = "start provd without --plugins, or with a folder that has some";
        return vec![Finding::wrong(ABOUT, "none is installed", advice)];
    }
    let mut findings: Vec<Finding> = plugins
        .iter()
        .filter(|plugin| field(plugin, "state") != "ready")
        .map(|plugin| {
            let (id, state, reason) = (field(plugin, "id"), field(plugin, "state"), field(plugin, "reason"));
            let seen =
                if reason.is_empty() { format!("{id}: {state}") } else { format!("{id}: {state}: {reason}") };
            Finding::wrong(ABOUT, seen, format!("provd plugin logs {id}; then provd plugin restart {id}"))
        })
        .collect();
    let ready = plugins.len() - findings.len();
    if ready > 0 {
        findings.insert(0, Finding::sound(ABOUT, format!("{ready} of {} ready", plugins.len())));
    }
    findings
}

/// Looks for devices whose configuration failed, and for those that wait.
pub(super) async fn devices(client: &Client) -> Vec<Finding> {
    const ABOUT: &str = "devices";
    let mut findings = Vec::new();
    if let Ok(document) = client.get(NOT_CONFIGURED).await {
        match items(&document, "devices").len() {
            0 => {}
            count => findings.push(Finding::doubtful(
                ABOUT,
                format!("{count} not configured"),
                "provd device list --where configured=false, and provd device show ID for the reason",
            )),
        }
    }
    if let Ok(document) = client.get("/dev_mgr/waiting").await {
        match items(&document, "waiting").len() {
            0 => {}
            count => findings.push(Finding::doubtful(
                ABOUT,
                format!("{count} wait to be approved"),
                "provd device waiting; then provd device approve",
            )),
        }
    }
    if let Ok(document) = client.get("/requests?refused=true&limit=50").await {
        // What this command itself asked for does not count.
        let asked = items(&document, "requests").iter().map(|request| field(request, "path"));
        match asked.filter(|path| !path.ends_with(NO_FILE)).count() {
            0 => {}
            count => findings.push(Finding::doubtful(
                ABOUT,
                format!("{count} of the last requests were refused"),
                "provd request list --refused, and provd request explain N for the reason",
            )),
        }
    }
    findings
}

/// What matters of a failure; what to do is said apart.
pub(super) fn first_line(failure: &Failure) -> String {
    failure.to_string().lines().next().unwrap_or_default().to_owned()
}
