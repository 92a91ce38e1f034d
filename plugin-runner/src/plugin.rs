//! The one trait a plugin implements. Arguments and results are the messages of the contract, whose comments in
//! `plugin.proto` say what the core does with each answer.

use async_trait::async_trait;
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureCommonRequest, ConfigureCommonResponse, ConfigureRequest,
    ConfigureResponse, DeconfigureRequest, DeconfigureResponse, DescribeRequest, DescribeResponse,
    ExtractRequest, ExtractResponse, ServeFileRequest, ServeFileResponse, SynchronizeRequest,
    SynchronizeResponse,
};

use crate::PluginError;

/// A family of phones in one firmware version.
///
/// Calls come in parallel, and a call whose deadline passed is dropped at its next await. Work that occupies a
/// processor for more than a millisecond belongs in [`tokio::task::spawn_blocking`], so that health checks are
/// answered meanwhile.
#[async_trait]
pub trait Plugin: Send + Sync + 'static {
    /// Says what this plugin is: equal answers for the life of the process.
    async fn describe(&self, request: DescribeRequest) -> Result<DescribeResponse, PluginError>;

    /// Reads facts about the phone out of a request. By default none: for plugins whose filters are empty.
    async fn extract(&self, _request: ExtractRequest) -> Result<ExtractResponse, PluginError> {
        Ok(ExtractResponse::default())
    }

    /// Says how well this plugin supports a phone of which these facts are known.
    async fn associate(&self, request: AssociateRequest) -> Result<AssociateResponse, PluginError>;

    /// Generates the files shared by all devices of this plugin. By default there are none.
    async fn configure_common(
        &self,
        _request: ConfigureCommonRequest,
    ) -> Result<ConfigureCommonResponse, PluginError> {
        Ok(ConfigureCommonResponse::default())
    }

    /// Generates the files of one device. Equal input must give equal bytes.
    async fn configure(&self, request: ConfigureRequest) -> Result<ConfigureResponse, PluginError>;

    /// Forgets what the plugin itself keeps about a device. By default it keeps nothing.
    async fn deconfigure(&self, _request: DeconfigureRequest) -> Result<DeconfigureResponse, PluginError> {
        Ok(DeconfigureResponse::default())
    }

    /// Says how this phone is told to fetch its files again. By default it cannot be told.
    async fn synchronize(&self, _request: SynchronizeRequest) -> Result<SynchronizeResponse, PluginError> {
        Err(PluginError::Unimplemented(
            "phones of this family cannot be told to fetch their files again".into(),
        ))
    }

    /// Answers a request of a device that is routed to this plugin.
    async fn serve_file(&self, request: ServeFileRequest) -> Result<ServeFileResponse, PluginError>;
}
