//! Installing, upgrading and removing packages.

use serde_json::json;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::operation::{follow, number_of, outcome};
use super::super::output::Output;
use super::{Name, Wanted};

/// `step` is `install` or `upgrade`.
pub(super) async fn change(step: &str, wanted: &Wanted, client: &Client) -> Result<Output, Failure> {
    let Name { id, .. } = &wanted.package;
    let (operation, _) = client.begin(&wanted.package.step(step), &json!({"id": id})).await?;
    if !wanted.no_wait {
        return outcome(follow(&operation, client).await?);
    }
    let text = format!("To be followed by `provd operation watch {}`.", number_of(&operation));
    Ok(Output::Document { document: client.get(&operation).await?, text })
}

pub(super) async fn remove(package: &Name, client: &Client) -> Result<Output, Failure> {
    let Name { plugin, id } = package;
    client.post_only(&package.step("uninstall"), &json!({"id": id})).await?;
    Ok(Output::deleted(id, format!("Package {id} of plugin {plugin} is removed; phones find it no more.")))
}
