//! Making a token.

use clap::{ArgGroup, Args};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Style, field};
use super::{TOKENS, expiry};

pub(super) const HELP: &str = "\
A permission is `provd.`, the words of a path, and read, create, update or
delete: `GET /0.2/dev_mgr/devices` needs provd.dev_mgr.devices.read. In a
pattern `*` stands for any characters but a dot, and `#` for any characters; one
that begins with `!` denies what it matches. Reading includes the passwords in
configs and files. No token makes another that may do more.

Examples:
  provd token create dhcp --permission provd.dev_mgr.dhcpinfo.create
  provd token create wallboard \\
      --permission provd.dev_mgr.remote_states.read --expires-in 90d
  provd token create helpdesk --permission 'provd.#' \\
      --permission '!provd.tokens.#' --expires 2027-01-31
  PROVD_TOKEN=$(provd token create ci --permission 'provd.#' --expires-in 1h)";

/// Which token.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("until").args(["expires_in", "expires"]))]
pub(in crate::cli) struct Wanted {
    /// Who or what is to hold it; the audit speaks of `token NAME`
    name: String,
    /// Pattern of what it grants; repeated, each grants, or denies
    #[arg(long = "permission", value_name = "PATTERN", required = true)]
    permissions: Vec<String>,
    /// The tenant it belongs to, by its UUID [default: that of the token that makes it]
    #[arg(long, value_name = "UUID")]
    tenant: Option<String>,
    /// For how long it is good: 12h, 90d, 1y [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = |text: &str| expiry::after(text, Timestamp::now()))]
    expires_in: Option<Timestamp>,
    /// From which date or moment on it is good for nothing: 2027-01-31
    #[arg(long, value_name = "WHEN", value_parser = expiry::at)]
    expires: Option<Timestamp>,
}

pub(super) async fn create(wanted: Wanted, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.post(TOKENS, &json!({"token": wanted.document()})).await?;
    let token = field(&document, "token");
    if token.is_empty() {
        return Err(client.not_provd("it made a token but does not tell it"));
    }
    // Whoever pipes it into a file or a variable wants nothing else.
    let on_terminal = style.width.is_some();
    let text = if on_terminal { format!("{token}\n\nKeep it: it is shown this once.") } else { token };
    Ok(Output::Document { document, text })
}

impl Wanted {
    fn document(self) -> Map<String, Value> {
        let expires = self.expires_in.or(self.expires).map(|moment| moment.to_string());
        let mut document = Map::from_iter([
            ("name".to_owned(), self.name.into()),
            ("permissions".to_owned(), self.permissions.into()),
        ]);
        let optional = [("tenant_uuid", self.tenant), ("expires", expires)];
        document
            .extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))));
        document
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        wanted: Wanted,
    }

    #[test]
    fn what_is_wanted_is_sent() {
        let arguments =
            "create ci --permission provd.# --permission !provd.tokens.# --expires 2027-01-31 --tenant t";
        let wanted = Cli::try_parse_from(arguments.split_whitespace()).unwrap().wanted;
        let expected = json!({"name": "ci", "permissions": ["provd.#", "!provd.tokens.#"], "tenant_uuid": "t",
            "expires": "2027-01-31T00:00:00Z"});
        assert_eq!(Value::Object(wanted.document()), expected);
        for wrong in [
            "create ci",
            "create --permission a",
            "create a --permission b --expires-in 1d --expires 2027-01-31",
        ] {
            assert!(Cli::try_parse_from(wrong.split_whitespace()).is_err(), "{wrong}");
        }
    }
}
