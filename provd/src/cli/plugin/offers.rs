//! Which plugins could be installed, and asking repositories for more.

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::operation::{follow, outcome};
use super::super::output::Output;
use super::super::table::{Style, cell, field, table};

const OFFERS: Columns = Columns {
    headings: &["ID", "VERSION", "MODELS", "CHANNEL", "FROM", "DESCRIPTION"],
    dispensable: &["MODELS", "CHANNEL", "FROM", "DESCRIPTION"],
    breaks: Some("DESCRIPTION"),
};

pub(super) async fn available(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get("/pg_mgr/install/installable").await?;
    let text = render(&document, style);
    Ok(Output::Document { document, text })
}

/// Has the server ask its repositories, and says what is new.
pub(super) async fn update(client: &Client) -> Result<Output, Failure> {
    let (operation, _) = client.begin("/pg_mgr/install/update", &json!({})).await?;
    outcome(follow(&operation, client).await?)
}

fn render(document: &Value, style: Style) -> String {
    let packages = document.get("pkgs").and_then(Value::as_object);
    let row = |(id, package): (&String, &Value)| {
        let models = package.get("capabilities").and_then(Value::as_object).map_or(0, serde_json::Map::len);
        let models = if models == 0 { String::new() } else { models.to_string() };
        let origin = package.get("origin").unwrap_or(&Value::Null);
        vec![
            cell(id),
            cell(&field(package, "version")),
            cell(&models),
            cell(&field(origin, "channel")),
            cell(&from(origin)),
            cell(&field(package, "description")),
        ]
    };
    let empty = "Nothing new is offered: all plugins are installed, in their latest version. `provd plugin update` asks the \
                 repositories for more.";
    table(style, &OFFERS, packages.into_iter().flatten().map(row).collect(), empty)
}

/// Where a plugin comes from, and what is to be said against it.
fn from(origin: &Value) -> String {
    let is = |key: &str| origin.get(key).and_then(Value::as_bool);
    let repository = field(origin, "repository");
    match (is("foreign"), is("signed")) {
        (None, _) => "the program".to_owned(),
        (Some(true), _) => format!("{repository} (of wazo-provd, not signed)"),
        (_, Some(false)) => format!("{repository} (not signed)"),
        _ => repository,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_listed_with_where_they_come_from() {
        let style = Style { width: None, colour: false };
        let origin = |signed: bool, foreign: bool| json!({"repository": "https://h/", "channel": "testing", "signed": signed, "foreign": foreign});
        let document = json!({"pkgs": {
            "a": {"version": "1.2", "description": "A phones", "capabilities": {"a": {}, "b": {}}},
            "b": {"version": "1", "description": "", "capabilities": {}, "origin": origin(true, false)},
            "c": {"version": "1", "description": "", "capabilities": {}, "origin": origin(false, false)},
            "d": {"version": "1", "description": "", "capabilities": {}, "origin": origin(false, true)},
        }});
        let shown = render(&document, style);
        let lines: Vec<String> =
            shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines[1..],
            [
                "a 1.2 2 the program A phones",
                "b 1 testing https://h/",
                "c 1 testing https://h/ (not signed)",
                "d 1 testing https://h/ (of wazo-provd, not signed)",
            ]
        );
        assert!(render(&json!({"pkgs": {}}), style).starts_with("Nothing new is offered"));
    }
}
