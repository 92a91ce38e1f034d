//! Creating, changing and deleting configs, and what becomes of the phones that inherit from them.

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::operation::{failure_lines, failures_of, follow, has_failed, number_of};
use super::super::output::Output;
use super::super::table::{field, harmless};
use super::heirs::unconfigured;
use super::{CONFIGS, Changes, KIND, Patience, path_of};

pub(super) async fn create(
    changes: &Changes,
    patience: Patience,
    client: &Client,
) -> Result<Output, Failure> {
    let mut config = changes.edits.read(&KIND)?.unwrap_or_default();
    config.entry("parent_ids").or_insert_with(|| json!([]));
    config.entry("raw_config").or_insert_with(|| json!({}));
    changes.apply(&mut config)?;
    let document = client.post(CONFIGS, &json!({"config": config})).await?;
    let id = field(&document, "id");
    let text = format!("Config {id} is created.");
    // Phones may have named it before it was there.
    consequence(&id, None, patience, document, text, client).await
}

pub(super) async fn update(
    id: &str,
    changes: &Changes,
    patience: Patience,
    client: &Client,
) -> Result<Output, Failure> {
    if changes.edits.is_empty() && changes.parents.is_empty() {
        let why = "nothing to change: say what with --set, --unset, --parent or --file";
        return Err(Failure::Usage(why.to_owned()));
    }
    let operation = match changes.edits.read(&KIND)? {
        Some(mut config) => {
            changes.apply(&mut config)?;
            client.put(&path_of(id), &json!({"config": config})).await?
        }
        None => client.change(&path_of(id), "config", |config| changes.apply(config)).await?,
    };
    let document = client.get(&path_of(id)).await?;
    consequence(id, operation, patience, document, format!("Config {id} is updated."), client).await
}

pub(super) async fn delete(id: &str, patience: Patience, client: &Client) -> Result<Output, Failure> {
    let operation = client.delete(&path_of(id)).await?;
    let document = json!({"id": id, "deleted": true});
    consequence(id, operation, patience, document, format!("Config {id} is deleted."), client).await
}

/// A change is stored even if phones cannot follow it: then somebody should know which, and why. `operation` is where to
/// see how far they are, if they take long.
async fn consequence(
    id: &str,
    operation: Option<String>,
    patience: Patience,
    mut document: Value,
    text: String,
    client: &Client,
) -> Result<Output, Failure> {
    let why = match (&operation, patience.no_wait) {
        (Some(path), true) => {
            let number = number_of(path);
            let text = format!(
                "{text} Phones that inherit from it are configured anew: see `provd operation watch {number}`."
            );
            note(&mut document, client.get(path).await?);
            return Ok(Output::Document { document, text });
        }
        (None, true) => None,
        (Some(path), false) => {
            let operation = follow(path, client).await?;
            let why = has_failed(&operation).then(|| reasons(&operation));
            note(&mut document, operation);
            why
        }
        (None, false) => failed_heirs(&unconfigured(id, client).await?),
    };
    let output = Output::Document { document, text };
    match why {
        None => Ok(output),
        Some(why) => Err(Failure::in_part(output, why)),
    }
}

fn note(document: &mut Value, operation: Value) {
    if let Some(document) = document.as_object_mut() {
        document.insert("operation".to_owned(), operation);
    }
}

fn reasons(operation: &Value) -> String {
    let reason = harmless(&field(operation, "reason"));
    [vec![reason], failures_of(operation)].concat().join("\n")
}

fn failed_heirs(failed: &[(String, String)]) -> Option<String> {
    let headline = match failed.len() {
        0 => return None,
        1 => "1 device with it is not configured:".to_owned(),
        number => format!("{number} devices with it are not configured:"),
    };
    Some([vec![headline], failure_lines(failed, failed.len())].concat().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_that_cannot_follow_are_named() {
        let failed = |number: usize| {
            let failed: Vec<_> =
                (0..number).map(|number| (format!("d{number}"), "no line".to_owned())).collect();
            failed_heirs(&failed)
        };
        assert_eq!(failed(0), None);
        assert_eq!(failed(1).unwrap(), "1 device with it is not configured:\n  d0: no line");
        let many = failed(30).unwrap();
        assert!(many.starts_with("30 devices") && many.ends_with("  and 10 more"), "{many}");
    }
}
