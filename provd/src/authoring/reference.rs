//! `provd plugin reference`: what a plugin can be written with, as a page or as the schema for editors.
//!
//! All of it is told by the code that reads `plugin.toml` and renders templates. `docs/plugins/reference.md` is this page.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use provd_plugin_runner::declarative::reference::{self, Variable, Word};
use serde_json::{Value, json};

use crate::packages;

mod keys;

/// How the page begins.
const BEGINNING: &str = "\
# Reference of plugins

Every key of `plugin.toml`, and everything that templates know. It is made from the code, by `provd plugin reference`.
[plugins.md](../plugins.md) shows how a plugin is written, [declarative.md](declarative.md) says how its parts work together.

`provd plugin reference --json > plugin.schema.json` writes the same keys as a JSON Schema. Editors that know TOML (Taplo, Even
Better TOML) complete and check a `plugin.toml` by it if its first line names it, relative to the file:

    #:schema ../plugin.schema.json
";

/// Prints the page, or the schema.
pub(super) fn execute(json: bool) -> ExitCode {
    let text = if json { format!("{:#}\n", schema()) } else { page() };
    // That there is nobody to read it is not a failure.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// What any `plugin.toml` may hold: that of a plugin which is only data, or of one with a program.
fn schema() -> Value {
    let mut program = packages::schema();
    if let Some(Value::Array(required)) = program.get_mut("required") {
        required.push("command".into());
    }
    let mut alternatives = [reference::schema(), program];
    for (alternative, title) in alternatives.iter_mut().zip(["only data", "with a program"]) {
        if let Some(keys) = alternative.as_object_mut() {
            keys.shift_remove("$schema");
            keys.insert("title".to_owned(), title.into());
        }
    }
    json!({"$schema": "http://json-schema.org/draft-07/schema#", "title": "plugin.toml", "anyOf": alternatives})
}

/// The page, in Markdown.
fn page() -> String {
    let mut page = BEGINNING.to_owned();
    page.push_str("\n## plugin.toml of plugins that are only data\n");
    keys::write(&reference::schema(), &mut page);
    page.push_str("\n### Every key in use\n\n```toml\n");
    page.push_str(reference::EXAMPLE);
    page.push_str("```\n\n## plugin.toml of plugins with a program\n");
    keys::write(&packages::schema(), &mut page);
    page.push_str("\n## Templates\n\n### Variables\n\n");
    page.push_str(
        "Parameters, and the keys of lines and function keys: [raw-config.md](../raw-config.md).\n\n",
    );
    write_variables(&mut page);
    write_words(&mut page, "Filters", reference::filters());
    write_words(&mut page, "Functions", reference::functions());
    write_words(&mut page, "Filters of the template engine", reference::builtin());
    page.push_str("\nTheir arguments: [minijinja](https://docs.rs/minijinja/latest/minijinja/filters/).\n");
    write_words(&mut page, "Tests of the template engine", reference::tests());
    page
}

fn write_variables(page: &mut String) {
    page.push_str("| Variable | Holds |\n|---|---|\n");
    for Variable { path, what } in reference::variables() {
        let _ = writeln!(page, "| `{path}` | {} |", cell(what));
    }
}

fn write_words<'a>(page: &mut String, heading: &str, words: impl IntoIterator<Item = &'a Word>) {
    let _ =
        write!(page, "\n### {heading}\n\n| Name | What it does | Example | Result |\n|---|---|---|---|\n");
    for Word { signature, what, example, result } in words {
        let result = if result.is_empty() { "nothing".to_owned() } else { code(result) };
        let _ = writeln!(page, "| {} | {} | {} | {result} |", code(signature), cell(what), code(example));
    }
}

/// Text in a cell of a table, where a bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_this_page() {
        let committed = include_str!("../../../docs/plugins/reference.md");
        assert!(
            committed == page(),
            "run `provd plugin reference > docs/plugins/reference.md` and read what changed"
        );
    }

    #[test]
    fn the_schema_has_both_kinds_of_plugins() {
        let schema = schema();
        let required =
            |kind: usize| schema["anyOf"][kind]["required"].as_array().cloned().unwrap_or_default();
        assert!(
            required(0).contains(&"family".into()) && required(1).contains(&"command".into()),
            "{schema:#}"
        );
        assert_eq!(schema["anyOf"][0]["additionalProperties"], false);
        assert_eq!(
            schema["anyOf"][0]["properties"]["model"]["items"]["properties"]["lines"]["type"],
            "integer"
        );
    }
}
