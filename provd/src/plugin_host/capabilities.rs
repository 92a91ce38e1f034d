//! What the models of a plugin can do, read out of its files before it ever ran. Only a plugin that is data can be asked so;
//! one that is a program says it when it is started.

use std::sync::Arc;

use provd_plugin_runner::Plugin as _;
use provd_plugin_runner::declarative;
use provd_proto::v1::DescribeRequest;
use serde_json::{Map, Value};
use tokio::task::spawn_blocking;

use super::convert;
use super::installation::Family;
use crate::packages::Engine;

/// Capabilities of the models of one plugin of a family, as the REST API spells them; none if they cannot be known.
pub(super) async fn capabilities(family: &Arc<Family>, id: &str) -> Map<String, Value> {
    if family.manifest.engine != Engine::Declarative {
        return Map::new();
    }
    let (of, target) = (family.clone(), id.to_owned());
    let engine = match spawn_blocking(move || load(&of, &target)).await {
        Ok(Ok(engine)) => engine,
        Ok(Err(why)) => {
            tracing::warn!("What the offered plugin {id} supports is not known: {why}");
            return Map::new();
        }
        Err(_) => return Map::new(),
    };
    let description = engine.describe(DescribeRequest::default()).await;
    description.map(|description| convert::capabilities(&description.supported_devices)).unwrap_or_default()
}

/// The files are laid out as they would be installed: the plugin is read as its runner reads it.
fn load(family: &Family, id: &str) -> Result<declarative::Engine, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    family.write(folder.path()).map_err(|error| error.to_string())?;
    declarative::Engine::load(folder.path(), Some(id), None).map_err(|error| error.to_string())
}
