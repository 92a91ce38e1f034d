//! A plugin folder as a process of provd: the engine behind the contract, or a plugin that says why it cannot be one.

use std::path::Path;

use async_trait::async_trait;
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureRequest, ConfigureResponse, DescribeRequest,
    DescribeResponse, ServeFileRequest, ServeFileResponse,
};

use super::engine::Engine;
use crate::environment::Environment;
use crate::{Plugin, PluginError, ServeError, server};

/// Serves one target of a folder as provd started it: which one, and where the administrator's overrides are, the
/// environment says.
///
/// A folder that cannot be loaded is no failed start: it is served all the same, and Describe says what is wrong, so
/// that provd shows it to an administrator in place of starting the process again and again.
pub async fn run(folder: &Path) -> Result<(), ServeError> {
    let environment = Environment::from_process()?;
    match Engine::load(folder, Some(&environment.id), environment.overrides.as_deref()) {
        Ok(engine) => server::serve_in(environment, engine).await,
        Err(error) => server::serve_in(environment, Unusable(error.to_string())).await,
    }
}

/// A folder that did not load, and why.
struct Unusable(String);

impl Unusable {
    fn refuse<T>(&self) -> Result<T, PluginError> {
        Err(PluginError::FailedPrecondition(self.0.clone()))
    }
}

#[async_trait]
impl Plugin for Unusable {
    async fn describe(&self, _request: DescribeRequest) -> Result<DescribeResponse, PluginError> {
        self.refuse()
    }

    async fn associate(&self, _request: AssociateRequest) -> Result<AssociateResponse, PluginError> {
        self.refuse()
    }

    async fn configure(&self, _request: ConfigureRequest) -> Result<ConfigureResponse, PluginError> {
        self.refuse()
    }

    async fn serve_file(&self, _request: ServeFileRequest) -> Result<ServeFileResponse, PluginError> {
        self.refuse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_does_not_load_says_why_when_asked_what_it_is() {
        let empty = tempfile::tempdir().unwrap();
        let unusable = Unusable(Engine::load(empty.path(), None, None).map(drop).unwrap_err().to_string());
        let refused = unusable.describe(DescribeRequest::default()).await.unwrap_err();
        assert!(
            matches!(&refused, PluginError::FailedPrecondition(why) if why.contains("plugin.toml")),
            "{refused:?}"
        );
    }
}
