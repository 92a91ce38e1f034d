//! `provd tenant`: the tenants whose phones are kept apart.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::table::{Style, cell, field, table};

const TENANTS: &str = "/tenants";

const EXAMPLES: &str = "\
A token of a tenant sees the phones of that tenant and of those below it. All
tenants are below the master tenant, to which new phones belong.

Examples:
  provd tenant create Acme
  provd tenant create 'Acme Paris' \\
      --parent 5a7e0f5c-6b1d-4e8f-9d1e-000000000001
  provd tenant list
  provd token create acme --permission 'provd.dev_mgr.#' \\
      --tenant 5a7e0f5c-6b1d-4e8f-9d1e-000000000001";

const LIST: Columns =
    Columns { headings: &["UUID", "NAME", "PARENT"], dispensable: &["PARENT"], breaks: None };

/// `provd tenant`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct TenantCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: TenantAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum TenantAction {
    /// Register a tenant, and print its UUID
    Create {
        /// Its name, for people
        name: String,
        /// Its UUID, which only the master tenant chooses [default: a random one]
        #[arg(long, value_name = "UUID")]
        uuid: Option<String>,
        /// The tenant it is below [default: that of the token]
        #[arg(long, value_name = "UUID")]
        parent: Option<String>,
    },
    /// List tenants
    List,
    /// Forget a tenant that has neither phones, nor tokens, nor tenants below it
    Delete {
        /// Its UUID
        uuid: String,
    },
}

pub(super) async fn execute(action: TenantAction, client: &Client, style: Style) -> Result<Output, Failure> {
    match action {
        TenantAction::Create { name, uuid, parent } => {
            let mut tenant = Map::from_iter([("name".to_owned(), name.into())]);
            let optional = [("uuid", uuid), ("parent_uuid", parent)];
            tenant.extend(
                optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))),
            );
            let document = client.post(TENANTS, &json!({ "tenant": tenant })).await?;
            let text = field(&document, "id");
            Ok(Output::Document { document, text })
        }
        TenantAction::List => {
            let document = client.get(TENANTS).await?;
            let tenants = document.get("tenants").and_then(Value::as_array);
            let text = render(tenants.ok_or_else(|| client.not_provd("it lists no tenants"))?, style);
            Ok(Output::Document { document, text })
        }
        TenantAction::Delete { uuid } => {
            client.delete(&format!("{TENANTS}/{}", segment(&uuid))).await?;
            Ok(Output::deleted(&uuid, format!("Tenant {uuid} is forgotten.")))
        }
    }
}

fn render(tenants: &[Value], style: Style) -> String {
    let row = |tenant: &Value| ["uuid", "name", "parent_uuid"].map(|key| cell(&field(tenant, key))).into();
    table(style, &LIST, tenants.iter().map(row).collect(), "No tenants are registered.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_line() {
        let tenants = [json!({"uuid": "u", "name": "Acme", "parent_uuid": "p"})];
        let style = Style { width: None, colour: false };
        assert_eq!(render(&tenants, style), "UUID  NAME  PARENT\nu     Acme  p");
        assert_eq!(render(&[], style), "No tenants are registered.");
    }
}
