//! Which plugins are installed, which could be, and changing that.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::super::client::Client;
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::operation::{follow, number_of, outcome};
use super::super::output::Output;
use super::super::table::{Style, cell, field, table};
use super::findings::with_findings;
use super::source::{Source, source};

const PACKAGES: Columns = Columns {
    headings: &["ID", "VERSION", "MODELS", "DESCRIPTION"],
    dispensable: &["MODELS", "DESCRIPTION"],
    breaks: Some("DESCRIPTION"),
};

/// A plugin that is to be there, or to be newer.
#[derive(Debug, Args)]
pub(in crate::cli) struct Wanted {
    /// Its id; or the file of a package, whose signature is expected beside it, with the end .minisig; or the folder of a
    /// plugin, as ./FOLDER. The folder or tar archive of a plugin of wazo-provd does as well
    #[arg(value_name = "ID|FILE|DIR")]
    id: String,
    /// Do not wait until it is done
    #[arg(long)]
    no_wait: bool,
}

/// A plugin that is to run in another version.
#[derive(Debug, Args)]
pub(in crate::cli) struct Change {
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    terms: Terms,
}

/// On what terms.
#[derive(Debug, Default, Args)]
struct Terms {
    /// Only show what would change for its phones
    #[arg(long)]
    dry_run: bool,
    /// Let the version in even if it cannot configure so many percent of the phones that are configured
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(..=100))]
    tolerate: u8,
}

impl Terms {
    /// As the query of a path.
    fn query(&self) -> String {
        format!("?dry_run={}&tolerate={}", self.dry_run, self.tolerate)
    }
}

pub(super) async fn installed(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get("/pg_mgr/install/installed").await?;
    let text = render(&document, style, "No plugins are installed.");
    Ok(Output::Document { document, text })
}

fn render(document: &Value, style: Style, empty: &str) -> String {
    let packages = document.get("pkgs").and_then(Value::as_object);
    let row = |(id, package): (&String, &Value)| {
        let models = package.get("capabilities").and_then(Value::as_object).map_or(0, serde_json::Map::len);
        let models = if models == 0 { String::new() } else { models.to_string() };
        vec![cell(id), cell(&field(package, "version")), cell(&models), cell(&field(package, "description"))]
    };
    table(style, &PACKAGES, packages.into_iter().flatten().map(row).collect(), empty)
}

pub(super) async fn install(wanted: &Wanted, client: &Client) -> Result<Output, Failure> {
    begin("install", wanted, "", client).await
}

/// `step` is `upgrade` or `rollback`.
pub(super) async fn change(step: &str, change: &Change, client: &Client) -> Result<Output, Failure> {
    begin(step, &change.wanted, &change.terms.query(), client).await
}

async fn begin(step: &str, wanted: &Wanted, query: &str, client: &Client) -> Result<Output, Failure> {
    let operation = match source(Path::new(&wanted.id))? {
        Some(Source { package, signature }) => {
            client.send_package(&format!("/pg_mgr/install/package{query}"), package, signature).await?
        }
        None => client.begin(&format!("/pg_mgr/install/{step}{query}"), &json!({"id": wanted.id})).await?.0,
    };
    if !wanted.no_wait {
        return Ok(with_findings(outcome(follow(&operation, client).await?)?));
    }
    let text = format!("To be followed by `provd operation watch {}`.", number_of(&operation));
    Ok(Output::Document { document: client.get(&operation).await?, text })
}

pub(super) async fn uninstall(id: &str, client: &Client) -> Result<Output, Failure> {
    client.post_only("/pg_mgr/install/uninstall", &json!({"id": id})).await?;
    let text = format!(
        "Plugin {id} is removed. Its phones keep it and are not configured any more; the files in its overrides are kept."
    );
    Ok(Output::deleted(id, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_listed_with_how_many_models_they_support() {
        let style = Style { width: None, colour: false };
        let document = json!({"pkgs": {
            "aastra-3.2": {"version": "1.2", "description": "Aastra phones", "capabilities": {"a": {}, "b": {}}},
            "program": {"version": "1", "description": "", "capabilities": {}},
        }});
        let shown = render(&document, style, "none");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1..], ["aastra-3.2  1.2      2       Aastra phones", "program     1"]);
        assert_eq!(render(&json!({"pkgs": {}}), style, "none"), "none");
    }
}
