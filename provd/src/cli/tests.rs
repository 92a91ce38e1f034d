//! Commands from their arguments to their output, against a server that records what it is asked.

use clap::{CommandFactory as _, Parser as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use server::{Cli, Server, in_part, run, text};

mod changed_meanwhile;
mod not_provd;
mod server;

/// Commands whose `--help` teaches by examples.
const COMMANDS: [&str; 12] = [
    "device",
    "config",
    "plugin",
    "parameter",
    "request",
    "audit",
    "operation",
    "token",
    "tenant",
    "import",
    "export",
    "apply",
];

#[test]
fn the_arguments_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn help_teaches() {
    for command in COMMANDS {
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
        "provd device approve",
        "provd device approve --all a",
        "provd device dismiss",
        "provd device synchronize",
        "provd device files a b --output c",
        "provd request explain x",
        "provd operation watch",
        "provd plugin install",
        "provd parameter set NAT",
        "provd parameter unset",
    ] {
        assert!(Cli::try_parse_from(arguments.split_whitespace()).is_err(), "{arguments}");
    }
}

#[tokio::test]
async fn what_a_server_shows_is_printed_for_people_or_programs() {
    let (_, url) = Server::start().await;
    assert!(text(&url, "device list").await.contains("Büro"));
    let json: Value = serde_json::from_str(&text(&url, "device list --json").await).unwrap();
    let state = json!({"device": "Büro", "state": "current"});
    assert_eq!(json, json!({"devices": [{"id": "Büro", "remote_state": state}]}));
    assert_eq!(text(&url, "device list --outdated").await, "There are no such devices.\n");
    assert!(text(&url, "device --json show Büro").await.starts_with("{\n"));
    let shown = text(&url, "device show Büro").await;
    assert!(shown.contains("options.a   1\n") && shown.contains("What was seen of it\nState "), "{shown}");
    let json: Value = serde_json::from_str(&text(&url, "device show Büro --json").await).unwrap();
    assert_eq!((&json["device"]["id"], &json["remote_state"]["state"]), (&json!("Büro"), &json!("current")));
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
    let output = cli.execute().await.unwrap();
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

    let (said, why) = in_part(&url, "config update a --set raw.vlan_id=7").await;
    assert_eq!(said, "Config a is updated.\n");
    assert_eq!(why, "2 devices with it are not configured:\n  x: no\n  y: no");
    let config = json!({"parent_ids": ["x"], "raw_config": {"vlan_id": 7}});
    assert_eq!(server.last(), ("PUT /0.2/cfg_mgr/configs/a".to_owned(), json!({"config": config})));
    assert_eq!(text(&url, "config delete b").await, "Config b is deleted.\n");
}

#[tokio::test]
async fn parameters_are_set_as_text_and_unset_by_null() {
    let (server, url) = Server::start().await;
    let put = |value: Value| ("PUT /0.2/configure/NAT".to_owned(), json!({"param": {"value": value}}));
    assert_eq!(text(&url, "parameter set NAT 1").await, "Parameter NAT is set.\n");
    assert_eq!(server.last(), put(json!("1")));
    assert_eq!(text(&url, "parameter unset NAT").await, "Parameter NAT is not set any more.\n");
    assert_eq!(server.last(), put(Value::Null));
    assert_eq!(text(&url, "parameter show NAT").await, "1\n");
    let listed = text(&url, "parameter list").await;
    assert!(listed.ends_with("NAT   1      Behind NAT\n"), "{listed}");
}

#[tokio::test]
async fn an_installation_is_followed_to_its_end() {
    let (server, url) = Server::start().await;
    assert_eq!(text(&url, "plugin install p").await, "tell: 202 Accepted.\n");
    assert_eq!(server.last(), ("POST /0.2/pg_mgr/install/install".to_owned(), json!({"id": "p"})));
    let (_, why) = in_part(&url, "plugin upgrade p --dry-run").await;
    assert!(why.starts_with("tell: 1 of 2 phones"), "{why}");
}

#[tokio::test]
async fn programs_are_told_what_was_done() {
    let (_, url) = Server::start().await;
    for (arguments, pointer, value) in [
        ("device create --set sn=1", "", json!({"id": "made"})),
        ("device update Büro --set config=nope", "/device/last_error", json!("no line")),
        ("device delete Büro", "", json!({"id": "Büro", "deleted": true})),
        ("config update a --set raw.vlan_id=7 --no-wait", "/config/parent_ids", json!(["x"])),
        ("config delete b", "", json!({"id": "b", "deleted": true})),
        ("device files a", "", json!([{"path": "A b/c.cfg", "size": 2}])),
        ("device dismiss made", "", json!({"dismissed": ["made"]})),
        ("device approve 0008.5D00.0003", "", json!({"approved": ["made"]})),
        ("device synchronize Büro --no-wait", "/number", json!(7)),
        ("plugin install p --no-wait", "/number", json!(7)),
        ("plugin uninstall p", "", json!({"id": "p", "deleted": true})),
        ("parameter set NAT 1", "/param/value", json!(1)),
    ] {
        let document: Value =
            serde_json::from_str(&text(&url, &format!("{arguments} --json")).await).unwrap();
        assert_eq!(document.pointer(pointer), Some(&value), "{arguments}");
    }
}

#[tokio::test]
async fn a_change_that_takes_long_is_followed() {
    let (_, url) = Server::start().await;
    let (said, why) = in_part(&url, "config update slow --set raw.vlan_id=7").await;
    assert_eq!(said, "Config slow is updated.\n");
    assert_eq!(why, "1 of 2 phones could not be told\n  x: no answer");
    let (said, _) = in_part(&url, "config delete slow --json").await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["deleted"], &said["operation"]["failed"]), (&json!(true), &json!(1)));
    let said = text(&url, "config update slow --set raw.vlan_id=7 --no-wait").await;
    assert!(said.contains("`provd operation watch 8`"), "{said}");
}

#[tokio::test]
async fn nothing_is_followed_to_another_server() {
    let (_, url) = Server::start().await;
    let failure = run(&url, "secret", "config delete elsewhere").await.unwrap_err();
    assert_eq!(failure.exit_code(), 3, "{failure}");
}

#[tokio::test]
async fn phones_are_told_and_waited_for() {
    let (server, url) = Server::start().await;
    assert_eq!(text(&url, "device synchronize Büro").await, "tell: 202 Accepted.\n");
    assert_eq!(server.last(), ("POST /0.2/dev_mgr/synchronize".to_owned(), json!({"id": "Büro"})));
    let (said, why) = in_part(&url, "device synchronize --plugin p --at-once 1").await;
    assert_eq!((said.as_str(), why.as_str()), ("", "tell: 1 of 2 phones could not be told\n  x: no answer"));
    let wanted = json!({"synchronization": {"plugin": "p", "at_once": 1}});
    assert_eq!(server.last(), ("POST /0.2/dev_mgr/synchronizations".to_owned(), wanted));
    assert_eq!(text(&url, "operation watch 7").await, "tell: 202 Accepted.\n");
}

#[tokio::test]
async fn one_that_is_refused_keeps_no_other_from_being_approved() {
    let (_, url) = Server::start().await;
    let (said, why) = in_part(&url, "device approve --all").await;
    assert_eq!(said, "Device made is approved.\n");
    assert_eq!(why, "device refused is not approved: not now (HTTP status 400)");
}

#[tokio::test]
async fn a_preview_says_why_there_is_none() {
    let (server, url) = Server::start().await;
    let (said, why) = in_part(&url, "device preview Büro --json").await;
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["preview"]["error"], "no line");
    assert_eq!(why, "device Büro could not be configured: no line");
    assert_eq!(server.last().1, json!({}));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"vlan_id": 7}"#).unwrap();
    let (said, _) = in_part(&url, &format!("device preview Büro --config {}", file.path().display())).await;
    assert_eq!(said, "The file is taken for parameters alone, with the parents of the phone's config.\n");
    assert_eq!(server.last().1, json!({"config": {"raw_config": {"vlan_id": 7}}}));
}

#[tokio::test]
async fn files_are_written_below_a_folder() {
    let (_, url) = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let said = text(&url, &format!("device files a --output {}", folder.path().display())).await;
    let written = folder.path().join("A b/c.cfg");
    assert_eq!(said, format!("Written: {}\n", written.display()));
    assert_eq!(std::fs::read(written).unwrap(), b"\0\xff");
}

#[tokio::test]
async fn what_was_seen_of_a_phone_is_not_stored_in_it() {
    let (server, url) = Server::start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"id": "Büro", "remote_state": {"state": "current"}}"#).unwrap();
    let update = format!("device update Büro --file {}", file.path().display());
    text(&url, &update).await;
    assert_eq!(server.last().1, json!({"device": {"id": "Büro"}}));
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
    let commands = COMMANDS.iter().map(|command| vec![*command]);
    let below = ["list", "files", "preview", "explain", "synchronize", "approve"];
    for command in commands.chain(below.iter().map(|action| vec!["device", action])) {
        let arguments = [vec!["provd"], command, vec!["--help"]].concat();
        let help = Cli::try_parse_from(arguments).unwrap_err().to_string();
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
        (&url, "secret", "device approve other", 1, "`provd device waiting`"),
        (&url, "secret", "device list --where a=1 --where a=2", 2, "--where a"),
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

#[tokio::test]
async fn a_token_is_printed_by_itself_and_found_by_its_name() {
    let (server, url) = Server::start().await;
    let made = text(&url, "token create wallboard --permission provd.#.read --tenant t").await;
    assert_eq!(made, "provd_made\n");
    let token = json!({"name": "wallboard", "permissions": ["provd.#.read"], "tenant_uuid": "t"});
    assert_eq!(server.last(), ("POST /0.2/tokens".to_owned(), json!({"token": token})));
    assert_eq!(text(&url, "token revoke wallboard").await, "Token wallboard is revoked.\n");
    assert_eq!(server.last().0, "DELETE /0.2/tokens/0a");
    assert_eq!(text(&url, "token revoke 0b").await, "Token 0b is revoked.\n");
    assert_eq!(server.last().0, "DELETE /0.2/tokens/0b");
    assert_eq!(text(&url, "tenant create Acme --parent t").await, "u\n");
    let tenant = json!({"tenant": {"name": "Acme", "parent_uuid": "t"}});
    assert_eq!(server.last(), ("POST /0.2/tenants".to_owned(), tenant));
}
