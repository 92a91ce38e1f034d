//! Plugins that have no firmware.

use async_trait::async_trait;
use axum::body::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use crate::provisioning::firmware::{
    FirmwareAdministration, FirmwareError, FirmwarePackage, FirmwareProxies, FirmwareWatching,
    ImportedFirmware, PreparedFirmware,
};

/// No plugin has a package, and no file is needed.
pub(super) struct NoFirmware;

#[async_trait]
impl FirmwareAdministration for NoFirmware {
    async fn packages(&self, _: &str) -> Result<Vec<FirmwarePackage>, FirmwareError> {
        Ok(Vec::new())
    }

    async fn all_packages(&self) -> Vec<FirmwarePackage> {
        Vec::new()
    }

    async fn prepare(&self, plugin: &str, package: &str, _: bool) -> Result<PreparedFirmware, FirmwareError> {
        Err(FirmwareError::NotFound { plugin: plugin.to_owned(), package: package.to_owned() })
    }

    async fn install(
        &self,
        _: PreparedFirmware,
        _: FirmwareProxies,
        _: FirmwareWatching,
    ) -> Result<(), FirmwareError> {
        Ok(())
    }

    async fn uninstall(&self, _: &str, package: &str) -> Result<(), FirmwareError> {
        Err(FirmwareError::NotInstalled(package.to_owned()))
    }

    async fn forget_plugin(&self, _: &str) -> Result<(), FirmwareError> {
        Ok(())
    }

    async fn import(
        &self,
        mut content: BoxStream<'static, Result<Bytes, String>>,
    ) -> Result<ImportedFirmware, FirmwareError> {
        while content.next().await.is_some() {}
        Err(FirmwareError::Unwanted { sha256: "00".to_owned(), sha1: "00".to_owned() })
    }
}
