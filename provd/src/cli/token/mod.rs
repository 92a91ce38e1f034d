//! `provd token`: who may use the server's REST interface, for what, and until when.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::Value;

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::failure::Failure;
use super::moment::{ago, ago_exactly, second};
use super::output::Output;
use super::table::{Mood, Style, cell, field, items, mood, pairs, table, text_of};
use create::Wanted;

mod create;
mod expiry;

const TOKENS: &str = "/tokens";

const EXAMPLES: &str = "\
Examples:
  provd token create dhcp --permission provd.dev_mgr.dhcpinfo.create
  provd token create wallboard \\
      --permission provd.dev_mgr.remote_states.read --expires-in 90d
  provd token create acme --permission 'provd.dev_mgr.#' \\
      --tenant 5a7e0f5c-6b1d-4e8f-9d1e-000000000001
  provd token list
  provd token revoke wallboard";

const LIST: Columns = Columns {
    headings: &["ID", "NAME", "PERMISSIONS", "TENANT", "CREATED", "EXPIRES (UTC)", "LAST USED"],
    dispensable: &["CREATED", "ID", "TENANT", "EXPIRES (UTC)", "LAST USED"],
    breaks: Some("PERMISSIONS"),
};

/// `provd token`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct TokenCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: TokenAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenAction {
    /// Make a token and print it, this once: the server keeps only what it needs to know it again
    #[command(after_help = create::HELP)]
    Create(Wanted),
    /// List tokens, and when each was last used
    List,
    /// Show all that is known of a token, which is not the token itself
    Show(Named),
    /// Make a token good for nothing, at once
    Revoke(Named),
}

/// Which token.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its id or name
    // Not `token`: that is what the command itself shows.
    #[arg(value_name = "ID|NAME")]
    named: String,
}

pub(super) async fn execute(action: TokenAction, client: &Client, style: Style) -> Result<Output, Failure> {
    let now = Timestamp::now();
    match action {
        TokenAction::Create(wanted) => create::create(wanted, client, style).await,
        TokenAction::List => {
            let document = client.get(TOKENS).await?;
            let text = render_list(listed(&document, client)?, style, now);
            Ok(Output::Document { document, text })
        }
        TokenAction::Show(Named { named }) => {
            let id = id_of(&named, client).await?;
            let document = client.get(&path_of(&id)).await?;
            let text = render(document.get("token").unwrap_or(&document), style, now);
            Ok(Output::Document { document, text })
        }
        TokenAction::Revoke(Named { named }) => {
            let id = id_of(&named, client).await?;
            client.delete(&path_of(&id)).await?;
            Ok(Output::deleted(&id, format!("Token {named} is revoked.")))
        }
    }
}

fn path_of(id: &str) -> String {
    format!("{TOKENS}/{}", segment(id))
}

/// What is no name is an id, known or not.
async fn id_of(named: &str, client: &Client) -> Result<String, Failure> {
    let document = client.get(TOKENS).await?;
    let tokens = listed(&document, client)?;
    let has = |key: &'static str| tokens.iter().find(move |token| field(token, key) == named);
    let found = has("id").or_else(|| has("name"));
    Ok(found.map_or_else(|| named.to_owned(), |token| field(token, "id")))
}

fn listed<'a>(document: &'a Value, client: &Client) -> Result<&'a [Value], Failure> {
    let tokens = document.get("tokens").and_then(Value::as_array);
    Ok(tokens.ok_or_else(|| client.not_provd("it lists no tokens"))?)
}

fn render_list(tokens: &[Value], style: Style, now: Timestamp) -> String {
    let row = |token: &Value| {
        vec![
            cell(&field(token, "id")),
            cell(&field(token, "name")),
            cell(&permissions(token).join(" ")),
            cell(&field(token, "tenant_uuid")),
            cell(&ago(&field(token, "created"), now)),
            expires(token, now),
            cell(&ago(&field(token, "last_used"), now)),
        ]
    };
    let empty = "There are no tokens but the one in the server's data directory.";
    table(style, &LIST, tokens.iter().map(row).collect(), empty)
}

fn render(token: &Value, style: Style, now: Timestamp) -> String {
    let last_used = Some(field(token, "last_used")).filter(|at| !at.is_empty());
    let last_used = last_used.map_or_else(|| "never".to_owned(), |at| ago_exactly(&at, now));
    let rows = vec![
        ("Token", cell(&field(token, "id"))),
        ("Name", cell(&field(token, "name"))),
        ("Permissions", cell(&permissions(token).join("\n"))),
        ("Tenant", cell(&field(token, "tenant_uuid"))),
        ("Created", cell(&ago_exactly(&field(token, "created"), now))),
        ("Expires (UTC)", expires(token, now)),
        ("Last used", cell(&last_used)),
    ];
    pairs(style, rows)
}

fn permissions(token: &Value) -> Vec<String> {
    items(token, "permissions").iter().map(text_of).collect()
}

fn expires(token: &Value, now: Timestamp) -> comfy_table::Cell {
    let expires = field(token, "expires");
    match expires.parse::<Timestamp>() {
        Ok(moment) if moment <= now => mood(&second(&expires), Mood::Bad),
        Ok(_) => cell(&second(&expires)),
        Err(_) => cell("never"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn token() -> Value {
        json!({"id": "0a", "name": "wallboard", "permissions": ["provd.#.read", "!provd.tokens.#"],
            "tenant_uuid": "t", "created": "2026-03-01T11:00:00Z", "expires": "2026-05-30T11:00:00Z",
            "last_used": null})
    }

    #[test]
    fn a_list_tells_what_each_may_and_until_when() {
        let shown = render_list(&[token()], PIPE, now());
        let line = shown.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(line, "0a wallboard provd.#.read !provd.tokens.# t 1 h ago 2026-05-30 11:00:00");
        assert!(render_list(&[], PIPE, now()).starts_with("There are no tokens"));
    }

    #[test]
    fn one_is_shown_with_its_permissions_below_each_other() {
        let shown = render(&token(), PIPE, now());
        assert!(shown.contains("Permissions    provd.#.read\n               !provd.tokens.#\n"), "{shown}");
        assert!(shown.ends_with("Last used      never"), "{shown}");
    }
}
